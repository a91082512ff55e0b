"""What is checked before a start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds

import civicloop_kit
from civicloop_kit.postgres import MisconfiguredError, UnavailableError
from civicloop_kit.settings import ServiceSettings
from civicloop_kit.startup import (
    StartRefusedError,
    check_schema,
    expected_migrations,
    open_database,
    shipped_migrations,
)
from civicloop_local.services import SERVICES, Service

ROOT = Path(__file__).parents[3]


def names_in(folder: Path) -> set[str]:
    """Return the names of the migrations in a folder, without their way back."""
    return {path.stem for path in folder.glob("*.sql") if not path.stem.endswith(".rollback")}


def test_every_migration_is_asked_for() -> None:
    """The names are those of the files, without their way back."""
    folder = Path(civicloop_kit.__file__).parent / "migrations"
    assert shipped_migrations("civicloop_kit") == names_in(folder)
    assert "0001.kit" in shipped_migrations("civicloop_kit")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_a_service_carries_what_is_applied_for_it(service: Service) -> None:
    """What `civicloop migrate` reads in the work tree is what the package asks for."""
    applied = names_in(ROOT / service.migrations)
    assert applied
    assert shipped_migrations(service.module) == applied


def test_a_room_expects_the_kits_and_its_own() -> None:
    """The package of its settings is the package of the room."""

    class RoomSettings(ServiceSettings):
        __module__ = "router.settings"

    kit = shipped_migrations("civicloop_kit")
    assert expected_migrations(RoomSettings) == kit | shipped_migrations("router")
    assert expected_migrations(ServiceSettings) == kit


def test_a_package_without_migrations_ships_none() -> None:
    """A room may need no table of its own."""
    assert shipped_migrations("civicloop_contracts") == frozenset()


class Applied:
    """A database that knows which migrations it has, or refuses to say."""

    def __init__(self, *names: str, error: Exception | None = None) -> None:
        self._names = names
        self._error = error

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Read."""
        if self._error is not None:
            raise self._error
        yield self

    async def fetch(self, _query: str) -> list[dict[str, str]]:
        """Return the log of migrations."""
        return [{"migration_id": name} for name in self._names]


async def check(database: Applied) -> None:
    """Expect two migrations of a database."""
    await check_schema(cast("Any", database), frozenset({"0001.kit", "0001.room"}))


async def test_a_database_with_all_of_them_is_taken() -> None:
    """One more is a newer release's, which only adds."""
    await check(Applied("0001.kit", "0001.room"))
    await check(Applied("0001.kit", "0001.room", "0002.room"))


@pytest.mark.parametrize(
    "database",
    [Applied("0001.kit"), Applied("0001.room"), Applied(error=MisconfiguredError("42P01"))],
    ids=["the room's is missing", "the kit's is missing", "never migrated"],
)
async def test_a_database_that_lacks_one_is_refused(database: Applied) -> None:
    """With the way out."""
    with pytest.raises(StartRefusedError, match="civicloop migrate"):
        await check(database)


async def test_a_database_that_is_away_is_asked_again() -> None:
    """It lacks nothing that we know of: whoever starts us waits."""
    database = Applied("0001.kit", "0001.room", error=UnavailableError())

    async def back() -> None:
        database._error = None

    await check_schema(cast("Any", database), frozenset({"0001.kit", "0001.room"}), wait=back)


class Server:
    """A database that opens after a few failures."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tries = 0

    async def open(self) -> None:
        """Connect."""
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)


def opened(server: Server) -> float:
    """Connect in a hurry; returns how long it took."""

    async def run() -> float:
        await open_database(cast("Any", server), "CIVICLOOP_DATABASE_URL")
        return seconds()

    return hurried(run())


def test_a_database_that_is_still_starting_is_waited_for() -> None:
    """Asked twice a second, half a minute long."""
    assert opened(Server()) == 0
    server = Server(*[UnavailableError()] * 59)
    assert (opened(server), server.tries) == (29.5, 60)


def test_a_database_that_never_answers_is_given_up() -> None:
    """With the setting to look at."""
    server = Server(*[UnavailableError()] * 61)
    with pytest.raises(StartRefusedError) as refused:
        opened(server)
    assert str(refused.value) == (
        "the database does not answer: check CIVICLOOP_DATABASE_URL and that Postgres runs"
    )
    assert server.tries == 60


def test_a_database_that_refuses_us_is_not_asked_again() -> None:
    """A wrong password stays wrong."""
    server = Server(MisconfiguredError("28P01"))
    with pytest.raises(StartRefusedError) as refused:
        opened(server)
    assert str(refused.value) == ("the database refuses us (28P01): check CIVICLOOP_DATABASE_URL")
    assert server.tries == 1


def test_the_schema_is_asked_for_until_the_database_is_back() -> None:
    """After a longer wait each time."""
    database = Applied("0001.kit")
    fails = [UnavailableError(), UnavailableError()]

    class Away(Applied):
        @asynccontextmanager
        async def read(self) -> AsyncIterator[Any]:
            if fails:
                raise fails.pop()
            yield database

    async def run() -> float:
        await check_schema(cast("Any", Away()), frozenset({"0001.kit"}))
        return seconds()

    assert hurried(run()) == 0.15
