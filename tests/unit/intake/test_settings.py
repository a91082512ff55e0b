"""Settings: intake refuses to start without its keyring."""

import base64
from datetime import timedelta

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


def test_only_the_standards_of_the_city_are_used(environment: pytest.MonkeyPatch) -> None:
    """Demonstrations and samples are listed, and no channel may report them unless it is said."""
    assert IntakeSettings().used_standards == {
        "gbt-47678.5-2026",
        "local-emergency",
        "local-food-safety",
    }
    environment.setenv("CIVICLOOP_STANDARDS", "demo,local-emergency")
    assert IntakeSettings().used_standards == {"demo", "local-emergency"}


@pytest.mark.parametrize("value", ["", "Demo", "demo,", "demo, local-emergency"])
def test_a_standard_that_is_none_is_refused(environment: pytest.MonkeyPatch, value: str) -> None:
    """At start, not at the first report."""
    environment.setenv("CIVICLOOP_STANDARDS", value)
    with pytest.raises(ValidationError, match="standards"):
        IntakeSettings()


def test_duplicates_are_near_by_default_and_can_be_switched_off(
    environment: pytest.MonkeyPatch,
) -> None:
    """50 m and a day; 0 m means that no report is taken for another."""
    nearness = IntakeSettings().nearness
    assert (nearness.within_m, nearness.within) == (50, timedelta(days=1))
    assert not nearness.is_off
    environment.setenv("CIVICLOOP_DUPLICATE_WITHIN_M", "0")
    environment.setenv("CIVICLOOP_DUPLICATE_WITHIN_S", "60")
    assert IntakeSettings().nearness.is_off
    assert IntakeSettings().nearness.within == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("name", "value"), [("M", "-1"), ("M", "1001"), ("M", "nan"), ("S", "-1"), ("S", "2592001")]
)
def test_a_distance_or_time_out_of_bounds_is_refused(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """At start, not at the first report."""
    environment.setenv(f"CIVICLOOP_DUPLICATE_WITHIN_{name}", value)
    with pytest.raises(ValidationError, match="duplicate_within"):
        IntakeSettings()
