"""The judgement on a made file in which one row in ten is still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.unit.civicloop.importer.conftest import (
    COLUMNS,
    DOCUMENT,
    FakeCity,
    Unwatched,
    changed_document,
    text_of,
)

from civicloop.importer.importing import Import
from civicloop.importer.ledger import open_ledger
from civicloop.importer.mapping import Mapping

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Any

ROWS = 1_000
# The mapping's as_of is 2024-06-01 00:00:00. What each kind of row must be judged is written here
# by hand, so that no rule is tested with itself.
OPEN_KINDS = (
    ({"due": "2024-05-31 23:59:59"}, "no"),
    ({"due": "2024-06-01 00:00:00"}, "yes"),
    ({"due": "2024-06-01 00:00:01"}, "yes"),
    ({"due": "2025-01-01 00:00:00"}, "yes"),
    ({"due": "2024-05-02 08:00:00"}, "no"),
    ({"due": ""}, "yes"),
)
CLOSED_KINDS = (
    ({"out": "2024-05-03 07:59:59"}, "yes"),
    ({"out": "2024-05-03 08:00:00"}, "yes"),
    ({"out": "2024-05-03 08:00:01"}, "no"),
    ({"out": "2024-05-30 00:00:00", "due": ""}, "yes"),
    ({"out": "2024-05-30 00:00:00", "due": "2024-07-01 00:00:00"}, "yes"),
    ({"out": "2024-05-02 08:00:00", "due": "2024-05-02 08:00:00"}, "yes"),
    ({"out": "2024-05-02 08:00:01", "due": "2024-05-02 08:00:00"}, "no"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow:
    """A row, and the flag that a right judgement gives it."""

    fields: dict[str, str]
    flag: str


def _rows() -> list[MadeRow]:
    made = []
    for number in range(ROWS):
        is_open = number % 10 == 0
        kinds = OPEN_KINDS if is_open else CLOSED_KINDS
        changes, flag = kinds[number // 10 % len(kinds)] if is_open else kinds[number % len(kinds)]
        state = {"out": "", "state": "new"} if is_open else {}
        made.append(MadeRow(fields={"id": f"A{number}", "ok": flag} | state | changes, flag=flag))
    return made


def _write(path: Path, rows: Sequence[MadeRow], columns: Sequence[str]) -> None:
    path.write_text(text_of([row.fields for row in rows], columns), encoding="utf-8")


async def _overdue_ids(
    path: Path, rows: Sequence[MadeRow], columns: Sequence[str], document: dict[str, Any]
) -> tuple[set[str], set[str]]:
    """Return what a check and what a replay judge overdue."""
    _write(path, rows, columns)
    mapping = Mapping.model_validate(document)
    as_of = mapping.moment(mapping.as_of)
    with open_ledger() as ledger:
        Import(path, mapping, as_of, ledger, Unwatched()).check()
        checked = {row.source_id for row in ledger.judged() if row.overdue}
    with open_ledger() as ledger:
        job = Import(path, mapping, as_of, ledger, Unwatched())
        outcome = await job.replay(FakeCity(page=400).services())
        replayed = {row.source_id for row in ledger.judged() if row.overdue}
    assert (outcome.totals.filed, outcome.totals.filed - outcome.totals.closed) == (ROWS, ROWS / 10)
    return checked, replayed


async def test_open_rows_are_judged_at_as_of(tmp_path: Path) -> None:
    """Before and after their target, at it to the second, and without one."""
    rows = _rows()
    late = {row.fields["id"] for row in rows if row.flag == "no"}
    assert late
    judged = await _overdue_ids(tmp_path / "made.csv", rows, COLUMNS, DOCUMENT)
    assert judged == (late, late)


async def test_the_flag_has_no_part_in_the_judgement(tmp_path: Path) -> None:
    """Taken away, or turned round in every row, it changes nothing."""
    rows = _rows()
    late = {row.fields["id"] for row in rows if row.flag == "no"}
    bare = changed_document("columns.on_time_flag", None)
    assert await _overdue_ids(tmp_path / "a.csv", rows, COLUMNS[:-1], bare) == (late, late)
    turned = [
        MadeRow(fields=row.fields | {"ok": "yes" if row.flag == "no" else "no"}, flag=row.flag)
        for row in rows
    ]
    assert await _overdue_ids(tmp_path / "b.csv", turned, COLUMNS, DOCUMENT) == (late, late)
