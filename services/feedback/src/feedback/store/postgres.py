"""The read model in Postgres: written in bulk with each transaction, read for work lists."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final
from uuid import UUID

from civicloop_kit.postgres import Connection, Database, load_queries
from feedback.domain.indicators import COUNTS, Counts
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.ports import CountQuery, Judgement, WaitingCase

_QUERIES: Final = load_queries(__package__)
_CASE_COLUMNS: Final = tuple(field.name for field in fields(CaseMeasure))
_TASK_COLUMNS: Final = tuple(field.name for field in fields(TaskMeasure))


async def write_effects(connection: Connection, effects: Sequence[object]) -> None:
    """Save the rows of one transaction; of several states of a row the last one counts.

    Raises:
        TypeError: An effect is no row of the read model.
    """
    cases: dict[UUID, CaseMeasure] = {}
    tasks: dict[UUID, TaskMeasure] = {}
    for effect in effects:
        if isinstance(effect, CaseMeasure):
            cases[effect.case_id] = effect
        elif isinstance(effect, TaskMeasure):
            tasks[effect.task_id] = effect
        else:
            raise TypeError(f"no table takes {type(effect).__name__}")
    if cases:
        await connection.execute(_QUERIES["save_cases"], *_columns(_CASE_COLUMNS, cases.values()))
    if tasks:
        await connection.execute(_QUERIES["save_tasks"], *_columns(_TASK_COLUMNS, tasks.values()))


class PostgresReadModel:
    """Reads what `write_effects` wrote."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_waiting(
        self, after: UUID | None, limit: int, tier: str | None = None
    ) -> Sequence[WaitingCase]:
        """Return live cases to verify, of one tier or of all, by case id."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_waiting"], after, limit, tier)
        return [
            WaitingCase(
                case_id=row["case_id"],
                round=row["round"],
                tier=row["verify_tier"],
                verify_by=row["verify_by"],
                handled_at=row["handled_at"],
                district=row["district"],
                departments=tuple(row["departments"]),
            )
            for row in rows
        ]

    async def count_cases(self, query: CountQuery) -> Sequence[Counts]:
        """Return one `Counts` per group, and one for all together."""
        async with self._database.read() as connection:
            rows = await connection.fetch(
                _QUERIES["count_cases"],
                query.by.value,
                query.run,
                query.start,
                query.end,
                query.now,
            )
        return [
            Counts(
                group=row["grp"],
                total=row["total"],
                values={key: row[key] or 0 for key in COUNTS},
            )
            for row in rows
        ]

    async def list_judgements(
        self, run: str, after: UUID | None, limit: int
    ) -> Sequence[Judgement]:
        """Return the filed cases of a run, by case id."""
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_judgements"], run, after, limit)
        return [
            Judgement(
                case_id=row["case_id"],
                due_at=row["due_at"],
                handled_at=row["handled_at"],
                overdue=row["overdue"],
            )
            for row in rows
        ]


def _columns(names: Sequence[str], rows: Iterable[object]) -> list[list[object]]:
    listed = list(rows)
    return [list(map(attrgetter(name), listed)) for name in names]
