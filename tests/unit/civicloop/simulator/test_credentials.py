"""Webhook secrets in a file."""

import os
import stat
from pathlib import Path

import pytest

from civicloop.simulator.credentials import Secrets, keep_secret, read_secrets
from civicloop_local.errors import StackError


def test_secrets_are_kept_beside_each_other(tmp_path: Path) -> None:
    """A new one replaces the same department's only; only the owner reads them."""
    path = tmp_path / "deep" / "secrets.json"
    keep_secret(path, "water", "whsec_1")
    keep_secret(path, "power", "whsec_2")
    keep_secret(path, "water", "whsec_3")
    assert read_secrets(path) == {"water": "whsec_3", "power": "whsec_2"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_rotated_secret_is_noticed(tmp_path: Path) -> None:
    """No restart is needed."""
    path = tmp_path / "secrets.json"
    secrets = Secrets({}, path)
    assert secrets.secret("water") is None
    keep_secret(path, "water", "whsec_1")
    assert secrets.secret("water") == "whsec_1"
    keep_secret(path, "water", "whsec_another")
    os.utime(path, ns=(1, 1))
    assert secrets.secret("water") == "whsec_another"


def test_a_given_secret_comes_first(tmp_path: Path) -> None:
    """Whoever gives one means it."""
    path = tmp_path / "secrets.json"
    keep_secret(path, "water", "whsec_file")
    secrets = Secrets({"water": "whsec_given"}, path)
    assert secrets.secret("water") == "whsec_given"


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_another_file_is_refused_with_its_fix(tmp_path: Path, text: str) -> None:
    """One line that names it."""
    path = tmp_path / "secrets.json"
    path.write_text(text)
    with pytest.raises(StackError, match="name another file"):
        read_secrets(path)
