"""What makes a service ready: each part is asked, and an answer that does not come is one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.scripted import Scripted

from civicloop_kit.checks import add_checks
from civicloop_kit.health import Health
from civicloop_kit.postgres import MisconfiguredError, UnavailableError

READING = {("intake.cases", 0): 7}


def engine(
    reads: Exception | None = None,
    applies: Exception | None = None,
    decides: Exception | None = None,
    sends: Exception | None = None,
) -> Any:
    """Return the parts of a service, with what ended them."""
    return SimpleNamespace(
        stream=SimpleNamespace(failure=reads),
        batches=SimpleNamespace(stopped=applies, positions=READING),
        transactions=SimpleNamespace(failures=SimpleNamespace(stopped=decides)),
        facts=SimpleNamespace(failure=sends),
    )


async def faults(parts: Any, database: Any = None) -> dict[str, str]:
    """Return what is wrong."""
    health = Health()
    add_checks(health, database or cast("Any", Scripted()), parts)
    return await health.faults()


async def test_a_service_whose_parts_go_on_is_ready() -> None:
    """The database answers, partitions are read, nothing has stopped."""
    assert await faults(engine()) == {}


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        (engine(reads=KeyError()), {"stream": "KeyError"}),
        (engine(applies=ValueError()), {"stream": "ValueError"}),
        (engine(decides=KeyError()), {"timers": "KeyError"}),
        (engine(sends=KeyError()), {"relay": "KeyError"}),
    ],
)
async def test_a_part_that_stopped_is_told_by_its_kind(parts: Any, fault: dict[str, str]) -> None:
    """Never by its words, which may quote somebody."""
    assert await faults(parts) == fault


async def test_a_process_without_partitions_is_not_ready() -> None:
    """It does no work yet."""
    parts = engine()
    parts.batches.positions = {}
    assert await faults(parts) == {"stream": "no partitions yet"}


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (UnavailableError("08006"), "no answer"),
        (TimeoutError(), "no answer"),
        (MisconfiguredError("42501 InsufficientPrivilegeError"), "42501"),
    ],
)
async def test_a_database_is_told_by_what_it_does(error: Exception, fault: str) -> None:
    """Away it gives no answer; a refusal is told, for only a person can mend it."""
    database = Scripted()
    database.fails = [error]
    (told,) = (await faults(engine(), database)).items()
    assert told[0] == "database"
    assert told[1].startswith(fault)


class Frozen:
    """A database that takes a question and never answers."""

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Wait for ever."""
        await asyncio.Event().wait()
        yield


def test_a_database_that_hangs_is_not_waited_for() -> None:
    """Whoever asks for readiness has his answer within two seconds."""

    async def ask() -> tuple[dict[str, str], float]:
        return await faults(engine(), Frozen()), seconds()

    assert hurried(ask()) == ({"database": "no answer"}, 2)
