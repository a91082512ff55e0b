"""What intake gets for a line: a body that it takes, and a key that never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.unit.civicloop.importer.conftest import DOCUMENT

from civicloop.importer.mapping import Mapping
from civicloop.importer.requests import Run, request_of, run_of
from civicloop.importer.words import Flag, Line
from civicloop_contracts.codes import Channel
from intake.entrypoints.bodies import LineBody

MAPPING = Mapping.model_validate(DOCUMENT)
AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
RUN = Run(id="made-0123456789ab", as_of=AS_OF)
LINE = Line(
    line=2,
    source_id="A1",
    opened_at=datetime(2024, 5, 2, 6, tzinfo=UTC),
    due_at=datetime(2024, 5, 3, 6, tzinfo=UTC),
    handled_at=datetime(2024, 5, 2, 7, tzinfo=UTC),
    channel=Channel.HOTLINE,
    department="made-roads",
    matter="01001",
    division="110101",
    position=(52.5, 13.4),
    flag=Flag.ON_TIME,
)


def test_a_replayed_line_carries_its_times() -> None:
    """Intake takes it as it is."""
    request = request_of(LINE, MAPPING, RUN)
    external = LineBody.model_validate(request).report.external
    assert external is not None
    assert external.replay is not None
    assert (external.opened_at, external.replay.handled_at) == (LINE.opened_at, LINE.handled_at)
    assert (external.replay.run, external.replay.as_of) == (RUN.id, AS_OF)
    assert (external.channel, external.lead) == (Channel.HOTLINE, "made-roads")


def test_a_line_of_new_work_carries_its_deadline_only() -> None:
    """Nothing in it depends on the day of the import."""
    external = LineBody.model_validate(request_of(LINE, MAPPING, None)).report.external
    assert external is not None
    assert external.clock is not None
    assert external.clock.due_at == LINE.due_at
    assert external.replay is None


def test_no_deadline_is_a_clock_without_an_end() -> None:
    """Not the absence of a clock: our own limits must not step in."""
    request = request_of(replace(LINE, due_at=None), MAPPING, RUN)
    assert request["report"]["external"]["clock"] == {"due_at": None}


def test_no_position_is_no_key() -> None:
    """Intake would refuse half of one."""
    request = request_of(replace(LINE, position=None), MAPPING, RUN)
    assert request["report"]["place"] == {"division": "110101"}


@pytest.mark.parametrize("source_id", ["2024/0001 (west)", "井1", "x" * 65])
def test_a_number_that_intake_does_not_take_is_told_as_its_digest(source_id: str) -> None:
    """Always the same one: intake files what another system has numbered."""
    request = request_of(replace(LINE, source_id=source_id), MAPPING, RUN)
    external = LineBody.model_validate(request).report.external
    assert external is not None
    assert external.source_id is not None
    assert external.source_id.startswith("sha256:")
    assert request == request_of(replace(LINE, source_id=source_id), MAPPING, RUN)


def test_a_key_is_per_run_and_source_id() -> None:
    """And for new work per mapping, so that tomorrow's file does not bring it again."""
    keys = [
        request_of(line, MAPPING, run)["idempotency_key"]
        for line in (LINE, replace(LINE, source_id="A2"))
        for run in (RUN, replace(RUN, id="made-other"), None)
    ]
    assert len(set(keys)) == 6
    assert request_of(replace(LINE, line=9), MAPPING, RUN) == request_of(LINE, MAPPING, RUN)


def test_a_run_is_what_was_read_how_and_when() -> None:
    """Contents, mapping and as_of; nothing else."""
    run = run_of(MAPPING, AS_OF, "00")
    assert run == run_of(Mapping.model_validate(DOCUMENT), AS_OF, "00")
    others = [
        run_of(MAPPING, AS_OF, "01"),
        run_of(MAPPING, AS_OF.replace(year=2025), "00"),
        run_of(Mapping.model_validate(DOCUMENT | {"time_zone": "UTC"}), AS_OF, "00"),
    ]
    assert len({run.id, *(other.id for other in others)}) == 4
    assert run.id.startswith("made-")
