"""Settings: intake refuses to start without its keyring."""

import base64

import pytest
from pydantic import ValidationError

from intake.settings import IntakeSettings

KEY = base64.b64encode(b"k" * 32).decode()
NEEDED = {
    "KAFKA_BOOTSTRAP": "localhost:9092",
    "KAFKA_USERNAME": "intake",
    "KAFKA_PASSWORD": "secret",
    "DATABASE_URL": "postgresql://intake:secret@localhost/intake",
    "KEYRING_URL": "postgresql://keyring:secret@localhost/keyring",
    "KEYRING_KEY": KEY,
    "IDEMPOTENCY_KEY": KEY,
    "TOKEN_PUBLIC_KEY": "{}",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Set what intake needs."""
    for name, value in NEEDED.items():
        monkeypatch.setenv(f"CIVICLOOP_{name}", value)
    return monkeypatch


def test_the_defaults_are_those_of_the_city(environment: pytest.MonkeyPatch) -> None:
    """Jurisdiction and list have defaults; both can be set."""
    assert IntakeSettings().jurisdiction == "4101"
    environment.setenv("CIVICLOOP_JURISDICTION", "1101")
    assert IntakeSettings().jurisdiction == "1101"


@pytest.mark.parametrize("name", ["KEYRING_URL", "KEYRING_KEY"])
def test_the_keyring_is_needed(environment: pytest.MonkeyPatch, name: str) -> None:
    """Without it no report could be taken in."""
    environment.delenv(f"CIVICLOOP_{name}")
    with pytest.raises(ValidationError, match=name.lower()):
        IntakeSettings()


def test_a_jurisdiction_is_digits(environment: pytest.MonkeyPatch) -> None:
    """A name instead of a code is refused at start, not at the first report."""
    environment.setenv("CIVICLOOP_JURISDICTION", "Zhengzhou")
    with pytest.raises(ValidationError, match="jurisdiction"):
        IntakeSettings()
