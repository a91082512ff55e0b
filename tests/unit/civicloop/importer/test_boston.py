"""The shipped mapping on Boston's real file: every row, and the judgement row by row.

The file is no part of the project: CIVICLOOP_DATA names the folder that holds it.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.civicloop.importer.conftest import FakeCity, Unwatched

from civicloop.importer.causes import PREDICATES, Cause
from civicloop.importer.importing import Import
from civicloop.importer.judging import differs
from civicloop.importer.ledger import open_ledger
from civicloop.importer.mapping import Mapping
from civicloop.importer.mapping_files import load_mapping
from civicloop.importer.requests import Run, request_of
from civicloop.importer.rows import RowReader
from civicloop.importer.source_file import SourceFile
from civicloop.importer.words import Line, Row
from intake.domain.filing import Jurisdiction
from intake.domain.model import Matter, MatterKind
from intake.entrypoints.bodies import LineBody
from intake.matter_files import load_matters
from intake.settings import DEFAULT_JURISDICTION, DEFAULT_MATTERS_VERSION

if TYPE_CHECKING:
    from civicloop.importer.outcome import Outcome

DATA = os.environ.get("CIVICLOOP_DATA")
FILE = Path(DATA or "none") / "boston311_sample_2015_2024.csv.gz"
FLAG_COLUMN = "on_time"

pytestmark = pytest.mark.skipif(
    not FILE.is_file(), reason="CIVICLOOP_DATA names no folder with the Boston 311 sample"
)


def _check(path: Path, mapping: Mapping) -> tuple[Outcome, set[str], set[str]]:
    """Return the outcome, what is overdue, and what differs; as source ids."""
    with open_ledger() as ledger:
        job = Import(path, mapping, mapping.moment(mapping.as_of), ledger, Unwatched())
        outcome = job.check()
        judged = list(ledger.judged())
    overdue = {row.source_id for row in judged if row.overdue}
    return outcome, overdue, {row.source_id for row in judged if differs(row)}


def _without_flag(path: Path) -> Path:
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(FILE.read_bytes()).decode())))
    columns = [column for column in rows[0] if column != FLAG_COLUMN]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _flagless(mapping: Mapping) -> Mapping:
    document = mapping.model_dump()
    document["columns"]["on_time_flag"] = None
    return Mapping.model_validate(document)


def _lines(mapping: Mapping) -> list[Line]:
    source = SourceFile(FILE, encoding=mapping.encoding, delimiter=mapping.delimiter)
    as_of = mapping.moment(mapping.as_of)
    reader = RowReader(mapping, source.header(), as_of, lambda _source_id: True)
    read = [reader.read(row) for row in source.rows() if isinstance(row, Row)]
    lines = [line for line in read if isinstance(line, Line)]
    assert len(lines) == len(read)
    return lines


def test_our_judgement_agrees_row_by_row() -> None:
    """One of 4,995 rows differs; the source left its flag blank."""
    outcome, overdue, differing = _check(FILE, load_mapping("boston311"))
    assert outcome.totals.filed == outcome.totals.closed == 4_995
    assert outcome.rejected_lines == 0
    assert (len(overdue), outcome.totals.overdue_source) == (475, 474)
    assert differing == {"101001856894"}
    assert outcome.comparison is not None
    assert outcome.comparison.agrees
    [difference] = outcome.comparison.listed
    assert difference.cause is Cause.SOURCE_LEFT_FLAG_BLANK


def test_the_predicates_hold_for_few_rows_only() -> None:
    """A cause that held for many rows could excuse anything."""
    mapping = load_mapping("boston311")
    with open_ledger() as ledger:
        Import(FILE, mapping, mapping.moment(mapping.as_of), ledger, Unwatched()).check()
        held = Counter(
            cause for row in ledger.judged() for cause in Cause if PREDICATES[cause](row)
        )
    assert held == {Cause.SOURCE_LEFT_FLAG_BLANK: 1}


def test_the_judgement_is_the_same_without_the_flag(tmp_path: Path) -> None:
    """The column taken away, nothing else."""
    mapping = load_mapping("boston311")
    _, with_flag, _ = _check(FILE, mapping)
    outcome, without, _ = _check(_without_flag(tmp_path / "bare.csv"), _flagless(mapping))
    assert without == with_flag
    assert outcome.comparison is None


def test_intake_takes_and_files_every_row() -> None:
    """Each body fits, each matter is in the registry, each division is within its standard."""
    mapping = load_mapping("boston311")
    run = Run(id="boston311-0123456789ab", as_of=mapping.moment(mapping.as_of))
    matters = load_matters(DEFAULT_MATTERS_VERSION)
    jurisdiction = Jurisdiction(prefix=DEFAULT_JURISDICTION)
    for line in _lines(mapping):
        report = LineBody.model_validate(request_of(line, mapping, run)).report
        told = report.matter
        matter = Matter(standard_ref=told.standard_ref, kind=MatterKind(told.kind), code=told.code)
        entry = matters.find(matter)
        assert entry is not None
        assert jurisdiction.covers(report.place.division, entry)


async def test_a_replay_of_all_rows_comes_to_the_same() -> None:
    """Through requests, answers and pages, once and again."""
    mapping, city = load_mapping("boston311"), FakeCity(page=1_000)
    for repeated in (0, 4_995):
        with open_ledger() as ledger:
            job = Import(FILE, mapping, mapping.moment(mapping.as_of), ledger, Unwatched())
            outcome = await job.replay(city.services())
        assert (outcome.totals.overdue, outcome.totals.repeated) == (475, repeated)
        assert outcome.succeeded
