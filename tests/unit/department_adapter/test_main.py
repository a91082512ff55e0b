"""How the parts are joined."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from joserfc.jwk import OKPKey

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import Service
from civicloop_kit.jobs import Jobs
from civicloop_kit.postgres import Database
from civicloop_kit.process import Kit, LateCommands
from civicloop_kit.testing import FakeClock
from civicloop_kit.vault import Keyring
from department_adapter.domain.commands import (
    AbandonTask,
    RecordDelivery,
    RecordUpdate,
    ReleaseTask,
)
from department_adapter.main import NoKeyringError, build
from department_adapter.settings import AdapterSettings

KEY = base64.b64encode(b"k" * 32).decode()
URL = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AdapterSettings:
    """Return settings as the environment gives them."""
    token = tmp_path / "token"
    token.write_text("t")
    public_key = OKPKey.generate_key("Ed25519").as_dict(private=False)
    values = {
        "KAFKA_BOOTSTRAP": "127.0.0.1:1",
        "KAFKA_USERNAME": "department-adapter",
        "KAFKA_PASSWORD": "x",
        "DATABASE_URL": URL,
        "KEYRING_URL": URL,
        "KEYRING_KEY": KEY,
        "IDEMPOTENCY_KEY": KEY,
        "TOKEN_PUBLIC_KEY": json.dumps(public_key),
        "SERVICE_TOKEN_FILE": str(token),
        "INTAKE_URL": "http://127.0.0.1:1",
        "RETRY_BASE_S": "0.5",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"CIVICLOOP_{name}", value)
    return AdapterSettings()


def kit(*, keyring: bool = True) -> Kit:
    """Return what a process gives a room; nothing of it is connected."""
    database = Database(URL, application="test")
    return Kit(
        database=database,
        jobs=Jobs(database, "test"),
        clock=FakeClock(),
        http_client=httpx.AsyncClient(),
        keyring=Keyring(database, b"k" * 32) if keyring else None,
        commands=LateCommands(),
    )


def test_settings_shorten_all_waits(settings: AdapterSettings) -> None:
    """The base of the back-off is a setting."""
    assert settings.retry_policy.base == timedelta(seconds=0.5)


def test_private_networks_are_closed_unless_they_are_opened(settings: AdapterSettings) -> None:
    """Whoever forgets the setting has the safe one."""
    assert not settings.allow_private_webhooks


async def test_the_room_is_whole(settings: AdapterSettings) -> None:
    """Every fact and command has its handler, and the worker is there."""
    parts = build(settings, kit())
    assert parts.room.on_fact.keys() == handled_by(Service.DEPARTMENT_ADAPTER)
    assert set(parts.room.on_command) == {RecordUpdate, RecordDelivery, ReleaseTask, AbandonTask}
    names = ["deliveries", "left-tasks", "leases", "overdue-cancellations"]
    assert [worker.name for worker in parts.workers] == names
    assert len(parts.routers) == 4


async def test_without_a_keyring_it_does_not_start(settings: AdapterSettings) -> None:
    """Departments' words would have no key."""
    with pytest.raises(NoKeyringError, match="CIVICLOOP_KEYRING_URL"):
        build(settings, kit(keyring=False))
