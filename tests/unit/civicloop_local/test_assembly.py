"""Assembly: each service is told what it needs and nothing of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from civicloop_local.assembly import ALL_PARTS, PORTS, service_environment
from civicloop_local.credentials import Credentials, load_credentials
from civicloop_local.layout import Layout
from civicloop_local.services import SERVICES, Service
from intake.settings import DEFAULT_STANDARDS

NUMBERS = {name: 20_000 + number for number, name in enumerate(PORTS)}


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    """A fresh stack's credentials."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    return load_credentials(layout)


def _own(service: Service, credentials: Credentials) -> dict[str, str]:
    return service_environment(
        service, credentials, NUMBERS, token_file=Path("own.token"), prefix="t1-"
    )


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_gets_only_its_own_passwords(credentials: Credentials, service: Service) -> None:
    """Neither another service's nor the administrator's nor an owner's."""
    told = " ".join(_own(service, credentials).values())
    foreign = [secret for name, secret in credentials.kafka.items() if name != service.name]
    roles = (service.database, "keyring") if service.uses_keyring else (service.database,)
    foreign += [secret for role, secret in credentials.postgres.items() if role not in roles]
    assert not [secret for secret in foreign if secret in told]
    assert credentials.token_key["d"] not in told


def test_the_keyring_is_for_two_services(credentials: Credentials) -> None:
    """Who needs no personal data cannot reach its keys."""
    users = {s.name for s in SERVICES if "CIVICLOOP_KEYRING_URL" in _own(s, credentials)}
    assert users == {"intake", "department-adapter"}


def test_local_departments_may_be_reached(credentials: Credentials) -> None:
    """Only the adapter goes to them."""
    name = "CIVICLOOP_ALLOW_PRIVATE_WEBHOOKS"
    told = {s.name: _own(s, credentials).get(name) for s in SERVICES}
    assert {service for service, value in told.items() if value} == {"department-adapter"}
    assert told["department-adapter"] == "true"


def test_a_local_stack_takes_demonstrations(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside what any city uses, unless who starts it says otherwise; only intake asks."""
    monkeypatch.delenv("CIVICLOOP_STANDARDS", raising=False)
    told = {s.name: _own(s, credentials).get("CIVICLOOP_STANDARDS") for s in SERVICES}
    assert told == {
        "intake": f"{DEFAULT_STANDARDS},demo",
        "router": None,
        "department-adapter": None,
        "feedback": None,
    }
    monkeypatch.setenv("CIVICLOOP_STANDARDS", "ours")
    assert _own(SERVICES[0], credentials)["CIVICLOOP_STANDARDS"] == "ours"


def test_a_token_is_in_a_file_and_for_one_service(credentials: Credentials) -> None:
    """An environment cannot be renewed; only the adapter asks another service."""
    told = {s.name: _own(s, credentials).get("CIVICLOOP_SERVICE_TOKEN_FILE") for s in SERVICES}
    holders = {name: path for name, path in told.items() if path is not None}
    assert holders == {"department-adapter": "own.token"}
    assert "CIVICLOOP_SERVICE_TOKEN" not in _own(SERVICES[2], credentials)


def test_a_prefix_reaches_topics_and_databases(credentials: Credentials) -> None:
    """A service under test lives in its own world."""
    told = _own(SERVICES[0], credentials)
    assert told["CIVICLOOP_TOPIC_PREFIX"] == "t1-"
    assert told["CIVICLOOP_DATABASE_URL"].endswith("/t1-intake")


def test_every_service_is_a_part() -> None:
    """After what it needs."""
    assert ALL_PARTS[-len(SERVICES) :] == tuple(service.name for service in SERVICES)
