"""What makes a service ready: its database answers, and its own parts go on."""

import asyncio
from typing import Any

from civicloop_kit.engine import Engine
from civicloop_kit.health import Health
from civicloop_kit.postgres import Database, MisconfiguredError, UnavailableError


def add_checks(health: Health, database: Database, engine: Engine[Any]) -> None:
    """Ask the database, and look at what reads, decides and sends."""

    async def answers() -> str | None:
        try:
            async with asyncio.timeout(2), database.read() as connection:
                await connection.execute("SELECT")
        except (UnavailableError, TimeoutError):
            return "no answer"
        except MisconfiguredError as error:
            return str(error)
        return None

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

    health.add("database", answers)
    health.add("stream", reading)
    health.add("timers", deciding)
    health.add("relay", sending)
