"""A case on a bench, and the facts of other rooms about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

import msgspec
import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import department, intake, parts, remark, router
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.command import CaseCommand
from civicloop_kit.room import SnapshotStamp
from civicloop_kit.testing import FakeClock, RoomBench
from feedback.domain.case import Case
from feedback.domain.closing import Policy
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.main import room_of

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000001")
START: Final = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CAUSE: Final = f"/intake/cases:{CASE_ID}:1"
POLICY: Final = Policy(
    verify_within=timedelta(days=2),
    call_back_window=timedelta(days=3),
    replay_verifier="feedfeedfeedfeed",
)
HANDLER: Final = "aaaaaaaaaaaaaaaa"
VERIFIER: Final = "bbbbbbbbbbbbbbbb"
FactT = TypeVar("FactT", bound=Fact)


def at(hours: float) -> datetime:
    """Return the time *hours* after the start."""
    return START + timedelta(hours=hours)


def task_ref(task_no: int = 1, attempt: int = 1) -> parts.TaskRef:
    """Return the reference of a task of the case."""
    task_id = uuid5(CASE_ID, f"{task_no}/{attempt}")
    return parts.TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


@dataclass(kw_only=True)
class Story:
    """Makes the facts of other rooms about one case."""

    case_id: UUID = CASE_ID
    replay: Replay | None = None

    def filed(self, hours: float = 0, **fields: Any) -> intake.CaseFiled:
        """Return a filing; ``clock`` and ``lead`` are those of a source system."""
        given = {
            "report_id": uuid5(self.case_id, "report"),
            "channel": codes.Channel.HOTLINE,
            "matter": parts.Matter(
                standard_ref="gbt-47678.5-2026", kind=codes.MatterKind.COMPONENT, code="01001"
            ),
            "place": parts.Place(
                division="410105004",
                precision=codes.Precision.EXACT,
                latitude=34.77,
                longitude=113.68,
            ),
        }
        return self._make(intake.CaseFiled, hours, **{**given, **fields})

    def rejected(self, hours: float = 0) -> intake.CaseRejected:
        """Return a rejection."""
        return self._make(
            intake.CaseRejected,
            hours,
            report_id=uuid5(self.case_id, "report"),
            channel=codes.Channel.SNAP,
            reason=codes.RejectReason.UNKNOWN_MATTER,
        )

    def dispatched(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of the leading task, to be done in 8 hours."""
        filed = self.filed()
        given = {
            "task": task_ref(),
            "department": "urban-management",
            "role": codes.TaskRole.LEAD,
            "required": True,
            "round": 1,
            "tier": codes.Tier.SUBDISTRICT,
            "channel": filed.channel,
            "matter": filed.matter,
            "place": filed.place,
            "response_due_at": at(1),
            "resolution_due_at": at(8),
            "provisional": False,
            "return_until": None,
            "catalog_version": "2026.1",
            "calendar_version": "2026",
        }
        return self._make(router.TaskDispatched, hours, **{**given, **fields})

    def assisting(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of task 2, which assists and is not required."""
        given = {
            "task": task_ref(2),
            "department": "water",
            "role": codes.TaskRole.ASSIST,
            "required": False,
        }
        return self.dispatched(hours, **{**given, **fields})

    def disputed(self, hours: float = 0) -> router.DisputeOpened:
        """Return a dispute over task 1."""
        return self._make(
            router.DisputeOpened,
            hours,
            dispute_id=uuid5(self.case_id, "dispute"),
            task=task_ref(),
            ground=codes.DisputeGround.NO_DUTY,
            settle_by=at(48),
        )

    def handled(
        self, hours: float = 4, outcome: codes.Outcome = codes.Outcome.SOLVED, round_no: int = 1
    ) -> router.CaseHandled:
        """Return the end of a handling."""
        return self._make(router.CaseHandled, hours, outcome=outcome, round=round_no)

    def delivered(self, hours: float = 0.1) -> department.TaskDelivered:
        """Return a delivery of task 1."""
        return self._about(
            department.TaskDelivered, hours, 1, delivery_id=f"{self.case_id}/dispatch/1", attempts=1
        )

    def parked(self, hours: float = 0.1) -> department.DeliveryParked:
        """Return a delivery of task 1 that waits for a person."""
        return self._about(
            department.DeliveryParked,
            hours,
            1,
            delivery_id=f"{self.case_id}/dispatch/1",
            reason=codes.ParkReason.EXHAUSTED,
            review_at=at(24),
        )

    def acknowledged(
        self, hours: float = 0.5, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskAcknowledged:
        """Return an acknowledgement."""
        return self._about(department.TaskAcknowledged, hours, task_no, handler=handler)

    def progressed(
        self, hours: float = 1, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskProgressed:
        """Return a sign of work."""
        return self._about(
            department.TaskProgressed,
            hours,
            task_no,
            handler=handler,
            progress=codes.ProgressCode.ON_SITE,
        )

    def completed(
        self, hours: float = 4, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskCompleted:
        """Return a completion."""
        return self._about(
            department.TaskCompleted,
            hours,
            task_no,
            handler=handler,
            result=codes.ResultCode.REPAIRED,
        )

    def remarked(self, hours: float = 1) -> remark.Remarked:
        """Return a remark of the department-adapter."""
        return self._make(
            remark.Remarked,
            hours,
            writer=codes.Service.DEPARTMENT_ADAPTER,
            code=codes.RemarkCode.LATE_CLOCK,
        )

    def _about(self, kind: type[FactT], hours: float, task_no: int, **fields: Any) -> FactT:
        departments = {1: "urban-management", 2: "water"}
        return self._make(
            kind, hours, task=task_ref(task_no), department=departments[task_no], **fields
        )

    def _make(self, kind: type[FactT], hours: float, **fields: Any) -> FactT:
        return kind(
            case_id=self.case_id,
            occurred_at=at(hours),
            recorded_at=at(hours),
            cause=CAUSE,
            replay=self.replay,
            **fields,
        )


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


@pytest.fixture
def bench() -> Bench:
    """A case of which nothing was read."""
    return Bench()


@pytest.fixture
def story() -> Story:
    """The facts of a live case."""
    return Story()


@pytest.fixture
def replayed() -> Story:
    """The facts of a case of an imported history, read at hour 100."""
    return Story(replay=Replay(run="boston-1", handled_at=at(4), as_of=at(100)))


@pytest.fixture
def handled_bench(bench: Bench, story: Story) -> Bench:
    """A case that waits for its verification since hour 4."""
    bench.tell(story.filed(), story.dispatched(), story.acknowledged())
    bench.tell(story.completed(), story.handled())
    return bench
