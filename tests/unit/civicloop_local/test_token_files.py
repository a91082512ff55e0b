"""Token files: short-lived, private, replaced before the token ends."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_local.credentials import load_credentials
from civicloop_local.layout import Layout
from civicloop_local.token_files import RENEW_AFTER_S, TOKEN_HOURS, TokenFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def token(tmp_path: Path) -> TokenFile:
    """The adapter's token, not yet written."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    return TokenFile(
        path=layout.run / "own.token",
        credentials=load_credentials(layout),
        subject="department-adapter",
    )


def _claims(token: TokenFile) -> dict[str, Any]:
    key = OKPKey.import_key(token.credentials.token_key)
    return jwt.decode(token.path.read_text(), key, algorithms=["Ed25519"]).claims


def _age(token: TokenFile, seconds: float) -> None:
    written = time.time() - seconds
    os.utime(token.path, (written, written))


def test_a_token_names_its_service_and_is_short_lived(token: TokenFile) -> None:
    """A leaked one is of no use after an hour; nobody else may read the file."""
    token.write()
    claims = _claims(token)
    assert (claims["sub"], claims["roles"]) == ("department-adapter", ["service"])
    assert claims["exp"] - claims["iat"] == 3600
    assert token.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("age_s", "is_renewed"),
    [(0, False), (RENEW_AFTER_S - 60, False), (RENEW_AFTER_S + 1, True), (-3600, True)],
)
def test_an_old_token_is_renewed(token: TokenFile, age_s: float, *, is_renewed: bool) -> None:
    """And one of the future, which was written before the clock was set back."""
    token.path.write_text("old")
    _age(token, age_s)
    token.renew()
    assert (token.path.read_text() != "old") is is_renewed


def test_a_lost_token_is_made_again(token: TokenFile) -> None:
    """At the next look."""
    token.renew()
    assert _claims(token)["sub"] == "department-adapter"


def test_two_renewals_may_fail_before_a_token_ends() -> None:
    """What is renewed late is still good."""
    assert 3 * RENEW_AFTER_S <= TOKEN_HOURS * 3600
