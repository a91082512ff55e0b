"""A missing or wrong setting stops the start and is named; its value is not."""

import base64
import json

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError

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


def test_what_nobody_sets_is_as_the_reference_says() -> None:
    """Any free port, a trace of a hundred, a body of a mebibyte, a scan every second."""
    settings = load_settings(ServiceSettings)
    assert (settings.http_host, settings.http_port, settings.replica) == ("127.0.0.1", 0, "0")
    assert (settings.trace_ratio, settings.otlp_endpoint) == (0.01, None)
    assert (settings.max_body_bytes, settings.relay_scan_s) == (1_048_576, 1.0)
    assert (settings.log_format, settings.log_hops, settings.topic_prefix) == ("json", True, "")
    assert (settings.keyring_url, settings.keyring_key) == (None, None)


@pytest.mark.parametrize(
    ("name", "lowest", "too_low"),
    [
        ("HTTP_PORT", "0", "-1"),
        ("TRACE_RATIO", "0", "-0.01"),
        ("MAX_BODY_BYTES", "1024", "1023"),
        ("RELAY_SCAN_S", "0.01", "0"),
        ("IDEMPOTENCY_KEY", KEY, base64.b64encode(b"k" * 31).decode()),
    ],
)
def test_a_setting_has_its_least(
    name: str, lowest: str, too_low: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The least itself is allowed."""
    monkeypatch.setenv(f"CIVICLOOP_{name}", lowest)
    load_settings(ServiceSettings)
    monkeypatch.setenv(f"CIVICLOOP_{name}", too_low)
    with pytest.raises(SystemExit):
        load_settings(ServiceSettings)


def test_an_error_does_not_quote_what_was_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever prints it prints no secret."""
    monkeypatch.setenv("CIVICLOOP_IDEMPOTENCY_KEY", "c2VjcmV0")
    with pytest.raises(ValidationError) as refused:
        ServiceSettings()
    assert "c2VjcmV0" not in str(refused.value)
