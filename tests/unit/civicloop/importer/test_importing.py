"""A whole import into a made-up city: once, twice, killed, and with bad lines."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from tests.unit.civicloop.importer.conftest import (
    COLUMNS,
    DOCUMENT,
    FakeCity,
    Unwatched,
    changed_document,
    text_of,
)

from civicloop.importer import sending
from civicloop.importer.causes import Cause
from civicloop.importer.errors import ServiceError, SourceError
from civicloop.importer.importing import Import
from civicloop.importer.ledger import open_ledger
from civicloop.importer.mapping import Mapping
from civicloop.importer.outcome import Mode, Outcome, document_of
from civicloop.importer.words import Reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

LATE = {"out": "2024-05-03 08:00:01", "ok": "no"}
OPEN = {"out": "", "state": "new"}


def _row(number: int, **changes: str) -> dict[str, str]:
    return {"id": f"A{number}"} | changes


async def _import(
    city: FakeCity, path: Path, mode: Mode = Mode.REPLAY, document: dict[str, Any] = DOCUMENT
) -> Outcome:
    mapping = Mapping.model_validate(document)
    with open_ledger() as ledger:
        job = Import(path, mapping, mapping.moment(mapping.as_of), ledger, Unwatched())
        if mode is Mode.CHECK:
            return job.check()
        if mode is Mode.REPLAY:
            return await job.replay(city.services())
        return await job.take_over(city.services())


async def test_a_replay_files_closes_and_judges_every_row(write_file: Callable[..., Path]) -> None:
    """Late ones, ones on time, and open ones on both sides of their target."""
    path = write_file(
        _row(1),
        _row(2, **LATE),
        _row(3, **OPEN, ok="no"),
        _row(4, **OPEN, due="2024-07-01 00:00:00"),
        _row(5, due="", office="Parks"),
    )
    outcome = await _import(FakeCity(), path)
    told = document_of(outcome)
    assert {key: told[key] for key in ("filed", "closed", "open", "rejected_lines")} == {
        "filed": 5,
        "closed": 3,
        "open": 2,
        "rejected_lines": 0,
    }
    assert (told["overdue"], told["overdue_source"], told["created"]) == (2, 2, 5)
    assert told["comparison"]["agrees"]
    assert outcome.succeeded


async def test_a_second_import_creates_nothing(write_file: Callable[..., Path]) -> None:
    """Neither from the same file nor from its packed copy; the outcome is the same."""
    city = FakeCity()
    path = write_file(_row(1), _row(2, **LATE))
    first = await _import(city, path)
    packed = path.with_name("copy.csv.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    for again in (path, packed):
        second = await _import(city, again)
        assert (second.totals.filed, second.totals.repeated) == (2, 2)
        assert second.run == first.run
        assert document_of(second)["created"] == 0
    assert len(city.cases) == 2


async def test_a_killed_import_goes_on(write_file: Callable[..., Path]) -> None:
    """What was filed stays one case per line, and the rest follows."""
    rows = [_row(number) for number in range(3 * sending.BATCH_LINES)]
    path, city = write_file(*rows), FakeCity(dies_after=1, page=10_000)
    with pytest.raises(ServiceError):
        await _import(city, path)
    assert len(city.cases) == sending.BATCH_LINES
    city.dies_after = None
    outcome = await _import(city, path)
    assert (outcome.totals.filed, outcome.totals.repeated) == (len(rows), sending.BATCH_LINES)
    assert len(city.cases) == len(rows)


async def test_bad_lines_do_not_hold_up_good_ones(tmp_path: Path) -> None:
    """Each has its line number and reason."""
    path = tmp_path / "made.csv"
    good = text_of([_row(1), _row(2, via="fax"), _row(1, ok="no"), _row(3)])
    path.write_text(f"{good}too,few\n", encoding="utf-8")
    outcome = await _import(FakeCity(), path)
    assert outcome.totals.filed == 2
    assert outcome.rejected == {
        Reason.CHANNEL_UNKNOWN: 1,
        Reason.ROW_BROKEN: 1,
        Reason.SOURCE_ID_REPEATED: 1,
    }
    assert outcome.succeeded


async def test_without_replay_open_rows_become_new_work(write_file: Callable[..., Path]) -> None:
    """Closed ones are left out; tomorrow's file brings only what is new in it."""
    city = FakeCity()
    outcome = await _import(city, write_file(_row(1), _row(2, **OPEN)), Mode.LIVE)
    told = document_of(outcome)
    assert (told["filed"], told["open"], told["skipped_closed"]) == (1, 1, 1)
    assert told["overdue"] is told["overdue_source"] is told["comparison"] is None
    tomorrow = write_file(_row(2, **OPEN), _row(3, **OPEN), name="tomorrow.csv")
    assert document_of(await _import(city, tomorrow, Mode.LIVE))["created"] == 1
    assert len(city.cases) == 2


async def test_an_id_with_other_contents_is_rejected(write_file: Callable[..., Path]) -> None:
    """What stands is not changed by an import."""
    city = FakeCity()
    await _import(city, write_file(_row(1, **OPEN)), Mode.LIVE)
    changed = write_file(_row(1, **OPEN, due=""), name="changed.csv")
    outcome = await _import(city, changed, Mode.LIVE)
    assert outcome.rejected == {Reason.ID_REUSED: 1}
    assert not outcome.succeeded


async def test_the_judgement_needs_no_flag(tmp_path: Path) -> None:
    """Without the column all is the same, but nothing is compared."""
    rows = [_row(1), _row(2, **LATE), _row(3, **OPEN)]
    path = tmp_path / "bare.csv"
    path.write_text(text_of(rows, COLUMNS[:-1]), encoding="utf-8")
    document = changed_document("columns.on_time_flag", None)
    told = document_of(await _import(FakeCity(), path, document=document))
    assert (told["overdue"], told["overdue_source"], told["comparison"]) == (2, None, None)


async def test_a_difference_without_a_cause_fails(write_file: Callable[..., Path]) -> None:
    """It is listed with its line and its case."""
    outcome = await _import(FakeCity(), write_file(_row(1, ok="no"), _row(2, ok="")))
    assert not outcome.succeeded
    assert outcome.comparison is not None
    assert outcome.comparison.by_cause == {None: 1, Cause.SOURCE_LEFT_FLAG_BLANK: 1}
    first = document_of(outcome)["comparison"]["differences"][0]
    assert first == {
        "line": 2,
        "source_id": "A1",
        "case_id": "00000000-0000-0000-0000-000000000001",
        "overdue": False,
        "source_flag": "overdue",
        "cause": None,
    }


async def test_a_check_sends_nothing_and_judges_alike(write_file: Callable[..., Path]) -> None:
    """What it finds is what the replay comes to."""
    city = FakeCity()
    path = write_file(_row(1), _row(2, **LATE), _row(3, **OPEN, ok="no"))
    checked = document_of(await _import(city, path, Mode.CHECK))
    assert not city.cases
    assert checked["created"] is checked["run"] is None
    replayed = document_of(await _import(city, path))
    for key in ("filed", "closed", "open", "rejected_lines", "overdue", "overdue_source"):
        assert checked[key] == replayed[key]


async def test_a_file_of_bad_lines_only_fails(write_file: Callable[..., Path]) -> None:
    """It was read with the wrong mapping."""
    outcome = await _import(FakeCity(), write_file(_row(1, via="fax")))
    assert not outcome.succeeded


async def test_a_header_alone_is_an_empty_import(write_file: Callable[..., Path]) -> None:
    """Nothing to do is no failure."""
    outcome = await _import(FakeCity(), write_file())
    assert outcome.succeeded
    assert outcome.totals.filed == 0


async def test_nothing_is_sent_of_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A damaged end is found before the beginning is imported."""
    path, city = tmp_path / "made.csv.gz", FakeCity()
    rows = text_of([_row(number) for number in range(2_000)])
    path.write_bytes(gzip.compress(rows.encode())[:-20])
    with pytest.raises(SourceError, match="damaged"):
        await _import(city, path)
    assert not city.batches
