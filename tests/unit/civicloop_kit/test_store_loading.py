"""What a transaction begins with: rows are made, locked and read, with what they hold."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.counting import Counter, attached, counting_room
from tests.unit.civicloop_kit.memory import _blank
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.test_store import ROW, store
from tests.unit.civicloop_kit.test_store_saving import (
    EARLIER,
    LATER,
    ONE,
    RECORD,
    TWO,
    changed,
    work,
)

from civicloop_kit.received import pack_headers
from civicloop_kit.rows import Work
from civicloop_kit.testing.bench import record_of


def table_row(case_id: UUID, **columns: Any) -> dict[str, Any]:
    """Return a row as the table has it."""
    return {**ROW, "case_id": case_id, **columns}


def held(offset: int, sequence: int) -> dict[str, Any]:
    """Return a held record as the table has it."""
    record = record_of(attached(ONE), "/intake/cases", sequence)
    return {
        "topic": "intake.cases",
        "partition": 0,
        "offset": offset,
        "case_id": ONE,
        "source": "/intake/cases",
        "headers": pack_headers(record),
        "value": record.value,
        "reason": "gap",
        "error": "no 3",
        "held_at": EARLIER,
    }


async def test_rows_are_made_and_locked_in_one_order() -> None:
    """Two transactions about the same cases wait for each other, and never both."""
    database = Scripted(lock_rows=[table_row(ONE), table_row(TWO)])
    locked = await store(counting_room()).lock(cast("Any", database), [TWO, ONE, TWO])
    assert database.asked == [
        ("insert_missing_rows", ([ONE, TWO],)),
        ("lock_rows", ([ONE, TWO],)),
    ]
    assert locked.rows[ONE].inbox == {"/intake/cases": (2, "aa")}
    assert locked.rows[TWO].state == Counter(told=2)


async def test_without_a_case_nothing_is_locked() -> None:
    """Nor asked."""
    database = Scripted()
    assert await store(counting_room()).lock(cast("Any", database), []) == Work(rows={})
    assert database.asked == []


async def test_what_a_case_holds_comes_with_it() -> None:
    """Asked for where there is some; read as it came from the topic."""
    rows = [table_row(ONE, held_count=2), table_row(TWO)]
    database = Scripted(lock_rows=rows, load_held=[held(9, 3), held(10, 4)])
    locked = await store(counting_room()).lock(cast("Any", database), [ONE, TWO])
    assert database.arguments("load_held") == ([ONE],)
    first, second = locked.held_before.pop(ONE)
    assert locked.held_before == {}
    assert (first.record.place, second.record.place) == (RECORD.place, LATER.place)
    assert (first.record.sequence, first.record.source) == (3, "/intake/cases")
    assert (first.reason, first.error, first.since) == ("gap", "no 3", EARLIER)
    assert first.record.fact is not None


async def test_rows_that_nothing_was_decided_about_are_removed() -> None:
    """Those that were made just now; a case that is known or changed stays."""
    database, new = Scripted(), UUID(int=1)
    rows = [_blank(new), changed(ONE, version=0), changed(TWO, changed=False)]
    await store(counting_room()).forget_blank(cast("Any", database), work(*rows))
    assert database.asked == [("drop_blank_rows", ([new],))]
    await store(counting_room()).forget_blank(cast("Any", database), work(*rows[1:]))
    assert len(database.asked) == 1


@pytest.mark.parametrize(
    ("rows", "state"),
    [([], None), ([table_row(ONE, state=None)], None), ([table_row(ONE)], Counter(told=2))],
    ids=["not known", "only held", "known"],
)
async def test_one_case_is_read(rows: Sequence[Mapping[str, Any]], state: Counter | None) -> None:
    """None where nothing was decided yet."""
    database = Scripted(read_state=rows)
    row = await store(counting_room()).read(cast("Any", database), ONE)
    assert (row.state if row else None) == state
    assert database.arguments("read_state") == (ONE,)
