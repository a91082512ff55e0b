"""What makes a service ready: its database answers, and its own parts go on."""

import asyncio
from typing import Any, Final

from civicloop_kit.engine import Engine
from civicloop_kit.health import Check, Health
from civicloop_kit.positions import HistoryMissingError
from civicloop_kit.postgres import Database, MisconfiguredError, UnavailableError

ANSWERS_WITHIN_S: Final = 2.0
# What a new start would meet again.
_FORESEEN: Final = (HistoryMissingError, MisconfiguredError)


def database_check(database: Database) -> Check:
    """Return what asks the database."""

    async def answers() -> str | None:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN_S), database.read() as connection:
                await connection.execute("SELECT")
        except (UnavailableError, TimeoutError):
            return "no answer"
        except MisconfiguredError as error:
            return str(error)
        return None

    return answers


def add_checks(health: Health, database: Database, engine: Engine[Any]) -> None:
    """Ask the database, and look at what reads, decides and sends."""

    async def reading() -> str | None:
        failure = engine.stream.failure or engine.batches.stopped
        if failure:
            return type(failure).__name__
        return None if engine.batches.positions else "no partitions yet"

    async def deciding() -> str | None:
        failure = engine.transactions.failures.stopped
        return type(failure).__name__ if failure else None

    async def sending() -> str | None:
        failure = engine.facts.failure
        return type(failure).__name__ if failure else None

    health.add("database", database_check(database))
    health.add("stream", reading)
    health.add("timers", deciding)
    health.add("relay", sending)


def rests(engine: Engine[Any]) -> bool:
    """Tell whether the stream stands still for a reason that a new start does not cure."""
    if engine.facts.backlog.is_high or engine.batches.stopped is not None:
        return True
    return isinstance(engine.stream.failure, _FORESEEN)
