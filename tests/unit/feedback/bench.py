"""A case on the kit's bench."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from tests.unit.feedback.telling import CASE_ID, POLICY, START, at

from civicloop_contracts.fact import Fact
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.command import CaseCommand
from civicloop_kit.room import SnapshotStamp
from civicloop_kit.testing import FakeClock, RoomBench
from feedback.domain.case import Case
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.main import room_of


class Bench:
    """One case of the room, on the kit's bench; its state is checked to survive its JSON."""

    def __init__(self) -> None:
        self.room = room_of(POLICY)
        self._clock = FakeClock(START)
        self._kit = RoomBench(self.room, self._clock)

    @property
    def state(self) -> Case:
        """The present state."""
        return self._kit.state(CASE_ID)

    @property
    def facts(self) -> list[Fact]:
        """All that the room wrote."""
        return self._kit.facts

    @property
    def effects(self) -> Sequence[object]:
        """All rows for the read model."""
        return self._kit.effects

    def tell(self, *facts: Fact) -> list[Fact]:
        """Let the room read *facts*, each when it happened; return what it wrote."""
        before = len(self.facts)
        for fact in facts:
            self._set_clock(fact.occurred_at)
            self._kit.tell(fact)
        return self._written(before)

    def order(self, body: object, hours: float) -> Mapping[str, Any]:
        """Run a command; return its reply."""
        self._set_clock(at(hours))
        command = CaseCommand(case_id=CASE_ID, body=body, principal="desk-1")
        return self._kit.command(command).reply or {}

    def wait(self, hours: float) -> list[Fact]:
        """Let the timers fire that are due by then; return what the room wrote."""
        self._set_clock(at(hours))
        before = len(self.facts)
        self._kit.fire_timers(CASE_ID)
        return self._written(before)

    def case_row(self) -> CaseMeasure:
        """Return the last row of the case that went to the read model."""
        return [row for row in self.effects if isinstance(row, CaseMeasure)][-1]

    def task_row(self, task_no: int = 1) -> TaskMeasure:
        """Return the last row of a task that went to the read model."""
        rows = [row for row in self.effects if isinstance(row, TaskMeasure)]
        return [row for row in rows if row.task_no == task_no][-1]

    def rows_of(self, task_no: int) -> list[TaskMeasure]:
        """Return the last row of each attempt of a task that went to the read model."""
        rows = [row for row in self.effects if isinstance(row, TaskMeasure)]
        last = {row.attempt: row for row in rows if row.task_no == task_no}
        return [last[attempt] for attempt in sorted(last)]

    def snapshot(self) -> CaseSnapshot:
        """Return the public state."""
        assert self.room.snapshot is not None
        stamp = SnapshotStamp(case_id=CASE_ID, version=1, as_of={"/intake/cases": 1})
        snapshot = self.room.snapshot(self.state, stamp)
        assert snapshot is not None
        return snapshot

    def _set_clock(self, now: datetime) -> None:
        self._clock.move(now - self._clock.now())

    def _written(self, before: int) -> list[Fact]:
        assert self._kit.held == []
        stored = msgspec.json.encode(self.state)
        assert msgspec.json.decode(stored, type=Case) == self.state
        return self.facts[before:]
