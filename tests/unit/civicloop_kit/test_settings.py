"""A missing or wrong setting stops the start and is named; its value is not."""

import base64
import json

import pytest
from joserfc.jwk import OKPKey

from civicloop_kit.settings import ServiceSettings, load_settings

KEY = base64.b64encode(b"k" * 32).decode()
GOOD = {
    "KAFKA_BOOTSTRAP": "127.0.0.1:9092",
    "KAFKA_USERNAME": "router",
    "KAFKA_PASSWORD": "kafka-secret",
    "DATABASE_URL": "postgresql://router:db-secret@127.0.0.1/router",
    "IDEMPOTENCY_KEY": KEY,
    "TOKEN_PUBLIC_KEY": json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=False)),
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what every service is told."""
    for name, value in GOOD.items():
        monkeypatch.setenv(f"CIVICLOOP_{name}", value)


def test_settings_come_from_the_environment() -> None:
    """Keys are decoded, and no secret is in any representation."""
    settings = load_settings(ServiceSettings)
    assert settings.idempotency_key == b"k" * 32
    assert settings.kafka.bootstrap == "127.0.0.1:9092"
    shown = repr(settings.kafka) + repr(settings.kafka_password) + repr(settings.database_url)
    assert "secret" not in shown


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process ends with 2 and one line."""
    monkeypatch.delenv(f"CIVICLOOP_{name}")
    with pytest.raises(SystemExit) as ended:
        load_settings(ServiceSettings)
    assert ended.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith(f"CIVICLOOP_{name}: ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("IDEMPOTENCY_KEY", "%%%"),
        ("IDEMPOTENCY_KEY", base64.b64encode(b"short").decode()),
        # A mark that is not of the alphabet: a slip, not a key.
        ("IDEMPOTENCY_KEY", f"%{KEY}"),
        ("HTTP_PORT", "70000"),
        ("TRACE_RATIO", "2"),
        ("LOG_FORMAT", "xml"),
        ("TOKEN_PUBLIC_KEY", "{}"),
    ],
)
def test_a_wrong_setting_is_named_and_not_quoted(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong secret is still a secret."""
    monkeypatch.setenv(f"CIVICLOOP_{name}", value)
    with pytest.raises(SystemExit) as ended:
        load_settings(ServiceSettings)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert f"CIVICLOOP_{name}" in error
    if name == "IDEMPOTENCY_KEY":
        assert value not in error
