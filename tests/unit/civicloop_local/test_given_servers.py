"""Given servers: all addresses or none, and the same passwords in every run."""

from __future__ import annotations

import pytest

from civicloop_local.errors import StackError
from civicloop_local.given_servers import VARIABLES, given_servers, login_at

GIVEN = {
    "CIVICLOOP_TEST_KAFKA": "kafka.test:9092",
    "CIVICLOOP_TEST_KAFKA_USERNAME": "root",
    "CIVICLOOP_TEST_KAFKA_PASSWORD": "one",
    "CIVICLOOP_TEST_POSTGRES": "postgresql://ad%40min:t%2Fwo@db.test:5433/any",
}


def test_nothing_given_is_no_servers() -> None:
    """The next kind is taken."""
    assert given_servers({"CIVICLOOP_TEST_KAFKA": ""}) is None


def test_given_addresses_are_taken_apart() -> None:
    """A user name may hold any character."""
    servers = given_servers(GIVEN)
    assert servers is not None
    assert (servers.kafka, servers.postgres) == ("kafka.test:9092", "db.test:5433")
    assert (servers.kafka_admin, servers.superuser) == ("root", "ad@min")


@pytest.mark.parametrize("missing", VARIABLES)
def test_a_missing_variable_is_named(missing: str) -> None:
    """Half an address starts nothing."""
    with pytest.raises(StackError, match=f"{missing} is not set"):
        given_servers({key: value for key, value in GIVEN.items() if key != missing})


@pytest.mark.parametrize("address", ["db.test:5432", "mysql://a:b@c", "postgresql://db.test"])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """The message shows the form."""
    with pytest.raises(StackError, match="superuser:password@host:port"):
        given_servers(GIVEN | {"CIVICLOOP_TEST_POSTGRES": address})


def test_two_runs_agree_about_passwords() -> None:
    """Roles that an earlier run made can be used by the next one."""
    servers = given_servers(GIVEN)
    assert servers is not None
    first, second = login_at(servers, GIVEN), login_at(servers, GIVEN)
    assert first == second
    assert first["kafka"]["root"] == "one"
    assert first["postgres"]["ad@min"] == "t/wo"
    own = {first["kafka"]["intake"], first["postgres"]["intake"], first["kafka"]["router"]}
    assert len(own) == 3
