"""Reads the state of cases from Postgres."""

from typing import Final
from uuid import UUID

import msgspec

from civicloop_kit.postgres import Database, load_queries
from router.domain.case import Case

_QUERIES: Final = load_queries(__package__)
_STATES: Final = msgspec.json.Decoder(Case)


class PostgresCases:
    """Reads what the hot path has saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read_case(self, case_id: UUID) -> Case | None:
        """Return a case, or None if the router has read nothing about it."""
        async with self._database.read() as connection:
            state = await connection.fetchval(_QUERIES["read_case"], case_id)
        return None if state is None else _STATES.decode(state)
