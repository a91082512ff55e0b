"""The read model on a real database: what is written is listed and judged."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.feedback.reading import save, total
from tests.integration.feedback.rows import (
    DUE,
    FILED,
    LATE,
    NO_DEADLINE,
    ON_TIME,
    OPEN,
    TASK,
    WAITING,
    numbered,
)

from civicloop_kit.postgres import Database
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.store.postgres import PostgresReadModel, write_effects


async def test_judgements_are_made_when_the_source_was_read(database: Database) -> None:
    """Open at `as_of` and past its deadline: overdue; without a deadline never."""
    late = DUE + timedelta(seconds=1)
    rows = numbered(
        *(
            replace(measure, replay_run="boston-1", as_of=late)
            for measure in (ON_TIME, LATE, OPEN, NO_DEADLINE)
        ),
        replace(OPEN, replay_run="boston-1", as_of=DUE),
        OPEN,
    )
    await save(database, *rows)
    reads = PostgresReadModel(database)
    judged = [*await reads.list_judgements("boston-1", None, 2)]
    judged += await reads.list_judgements("boston-1", judged[-1].case_id, 10)
    assert [item.overdue for item in judged] == [False, True, True, False, False]
    assert [item.case_id for item in judged] == [row.case_id for row in rows[:5]]


async def test_the_work_list_names_who_was_at_it(database: Database) -> None:
    """Cases to verify by case id, with the departments that completed a task."""
    rows = numbered(OPEN, WAITING, WAITING)
    tasks = [
        replace(
            TASK,
            task_id=uuid4(),
            case_id=rows[1].case_id,
            task_no=number,
            department=department,
            completed_at=completed_at,
        )
        for number, department, completed_at in (
            (1, "water", DUE),
            (2, "power", DUE),
            (3, "fire", None),
        )
    ]
    await save(database, *rows, *tasks)
    reads = PostgresReadModel(database)
    first, second = await reads.list_waiting(None, 10)
    assert (first.case_id, first.departments) == (rows[1].case_id, ("power", "water"))
    assert (first.verify_by, first.tier) == (WAITING.verify_by, "district")
    assert [case.case_id for case in await reads.list_waiting(first.case_id, 10)] == [
        second.case_id
    ]


async def test_the_work_list_of_a_tier(database: Database) -> None:
    """With a tier only the cases that ask it, page by page; a row without one asks the lowest."""
    tiers = ("district", "city", None, "district", "grid")
    rows = numbered(*(replace(WAITING, verify_tier=tier) for tier in tiers))
    await save(database, *rows)
    reads = PostgresReadModel(database)
    found = {
        tier: [case.case_id for case in await reads.list_waiting(None, 10, tier)]
        for tier in ("district", "city", "grid", "community")
    }
    assert found == {
        "district": [rows[0].case_id, rows[3].case_id],
        "city": [rows[1].case_id],
        "grid": [rows[2].case_id, rows[4].case_id],
        "community": [],
    }
    [second] = await reads.list_waiting(rows[0].case_id, 1, "district")
    assert second.case_id == rows[3].case_id


async def test_the_last_state_of_a_transaction_counts(database: Database) -> None:
    """A case that moves twice in one batch is written once; a later one replaces it."""
    [first], [second], [third] = numbered(OPEN), numbered(WAITING), numbered(LATE)
    await save(database, first, second)
    assert len(await PostgresReadModel(database).list_waiting(None, 10)) == 1
    await save(database, third)
    assert (await total(database)).values["closed"] == 1


async def test_an_unknown_effect_is_refused(database: Database) -> None:
    """Nothing is dropped silently."""
    with pytest.raises(TypeError, match="no table takes str"):
        async with database.transaction() as connection:
            await write_effects(connection, ["x"])


async def test_a_row_of_an_older_release_asks_the_lowest_tier(database: Database) -> None:
    """It knows of no tiers, and runs beside this one while the city is upgraded."""
    await save(database, *numbered(replace(WAITING, verify_tier=None)))
    [waiting] = await PostgresReadModel(database).list_waiting(None, 10)
    assert waiting.tier == "grid"


def _filled(row: Any) -> Any:
    """Return a row with another value in every column that a row of its kind can change."""
    values: dict[str, object] = {}
    for number, field in enumerate(fields(row)):
        kind = str(field.type)
        if "datetime" in kind:
            values[field.name] = FILED + timedelta(minutes=number)
        elif "bool" in kind:
            values[field.name] = True
        elif "int" in kind:
            values[field.name] = number
        elif "str" in kind:
            values[field.name] = f"text-{number}"
    return replace(row, **values)


@pytest.mark.parametrize(("row", "table"), [(OPEN, "measures"), (TASK, "task_measures")])
async def test_every_column_is_written_and_rewritten(
    database: Database, row: CaseMeasure | TaskMeasure, table: str
) -> None:
    """Each value is found in its own column, the first time and after a change."""
    for state in (row, _filled(row)):
        await save(database, state)
        async with database.read() as connection:
            [found] = await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 -- ours
        assert dict(found) == {field.name: getattr(state, field.name) for field in fields(state)}
