"""Tokens: verifiable, for known roles, limited in time."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_local.credentials import Credentials, load_credentials
from civicloop_local.errors import StackError
from civicloop_local.layout import Layout
from civicloop_local.tokens import make_token, public_key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    """A fresh stack's credentials."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    return load_credentials(layout)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("role", ["channel", "operator", "department:water", "service"])
def test_a_token_verifies_with_the_public_key(credentials: Credentials, role: str) -> None:
    """The claims say who, what, from when and until when."""
    token = make_token(credentials, role=role, subject="ann", hours=2)
    key = OKPKey.import_key(json.loads(public_key(credentials)))
    claims = jwt.decode(token, key, algorithms=["Ed25519"]).claims
    assert (claims["sub"], claims["roles"], claims["iss"]) == ("ann", [role], "civicloop")
    assert claims["exp"] - claims["iat"] == 7200
    assert claims["iat"] <= time.time()


@pytest.mark.parametrize("role", ["channel", "operator", "department:water", "service"])
def test_a_token_for_nobody_in_particular_names_its_role(
    credentials: Credentials, role: str
) -> None:
    """Two departments are two callers, and neither is the operator."""
    key = OKPKey.import_key(json.loads(public_key(credentials)))
    token = make_token(credentials, role=role, hours=1)
    assert jwt.decode(token, key, algorithms=["Ed25519"]).claims["sub"] == role


@pytest.mark.parametrize("role", ["verifier", "superior"])
def test_who_judges_the_work_of_others_has_a_name(credentials: Credentials, role: str) -> None:
    """It matters who verifies and who decides: the message names the option."""
    with pytest.raises(StackError, match=f"a {role} is somebody.*--sub NAME"):
        make_token(credentials, role=role, hours=1)


def test_the_public_key_tells_nothing_private(credentials: Credentials) -> None:
    """Services can verify tokens, not make them."""
    assert "d" in credentials.token_key
    assert "d" not in json.loads(public_key(credentials))


@pytest.mark.parametrize("role", ["", "root", "department:", "department:Water", "channel "])
def test_an_unknown_role_is_refused(credentials: Credentials, role: str) -> None:
    """The message lists the roles."""
    with pytest.raises(StackError, match="department:<code>"):
        make_token(credentials, role=role, subject="ann", hours=1)


def test_a_token_that_is_over_is_refused(credentials: Credentials) -> None:
    """Nobody gets a token that cannot be used."""
    with pytest.raises(StackError, match="--hours"):
        make_token(credentials, role="channel", subject="ann", hours=0)
