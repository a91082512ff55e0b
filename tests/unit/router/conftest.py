"""The room on the kit's bench with the rules that are shipped, and the facts of other rooms."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import department, feedback, intake, parts
from civicloop_contracts.facts.router import TaskDispatched
from civicloop_kit.command import CaseCommand
from civicloop_kit.room import Decision
from civicloop_kit.testing import FakeClock, RoomBench
from router.catalog_files import DATA_FOLDER, load_rulebook
from router.domain.case import Case
from router.domain.parts import TaskRef
from router.domain.rulebook import Rulebook
from router.main import room_of

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000002")
NOW: Final = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
CAUSE: Final = f"/intake/cases:{CASE_ID}:1"
MANHOLE: Final = parts.Matter(
    standard_ref="gbt-47678.5-2026", kind=codes.MatterKind.COMPONENT, code="01001"
)
PLACE: Final = parts.Place(
    division="410105004", precision=codes.Precision.EXACT, latitude=34.77, longitude=113.68
)
REPLAY: Final = Replay(run="boston-1", handled_at=NOW, as_of=datetime(2026, 6, 1, tzinfo=UTC))
SURVIVOR: Final = UUID("018f6d2e-0000-7000-8000-000000000003")
REQUEST: Final = uuid5(CASE_ID, "request")
FactT = TypeVar("FactT", bound=Fact)
AnswerT = TypeVar("AnswerT", bound=department.DepartmentFact)


def make(kind: type[FactT], /, **fields: Any) -> FactT:
    """Return a fact about the case, with what every fact has."""
    frame = {"case_id": CASE_ID, "occurred_at": NOW, "recorded_at": NOW, "cause": CAUSE}
    return kind(**{**frame, **fields})


def filed(**fields: Any) -> intake.CaseFiled:
    """Return the filing of a missing manhole cover."""
    given = {
        "report_id": uuid5(CASE_ID, "report"),
        "channel": codes.Channel.PATROL,
        "matter": MANHOLE,
        "place": PLACE,
    }
    return make(intake.CaseFiled, **{**given, **fields})


def joined() -> intake.ReportAttached:
    """Return that one more reports the case."""
    return make(intake.ReportAttached, report_id=uuid4(), channel=codes.Channel.SNAP)


def left() -> intake.ReportWithdrawn:
    """Return that one reporter left."""
    reason = codes.WithdrawReason.BY_REPORTER
    return make(intake.ReportWithdrawn, report_id=uuid4(), reason=reason)


def withdrawal_asked() -> intake.WithdrawalRequested:
    """Return that nobody reports the case any more."""
    return make(intake.WithdrawalRequested)


def merge_asked() -> intake.MergeRequested:
    """Return that another case shall stand for this one."""
    return make(intake.MergeRequested, survivor=SURVIVOR)


def answered(kind: type[AnswerT], task: TaskDispatched | TaskRef, /, **fields: Any) -> AnswerT:
    """Return what the department of a task tells of it."""
    if isinstance(task, TaskRef):
        ref = parts.TaskRef(task_id=task.task_id, task_no=task.task_no, attempt=task.attempt)
        told_by = "water"
    else:
        ref, told_by = task.task, task.department
    given: dict[str, Any] = {"task": ref, "department": told_by}
    if "handler" in kind.model_fields:
        given["handler"] = "a" * 16
    if "delivery_id" in kind.model_fields:
        given["delivery_id"] = f"{ref.task_id}/dispatch/1"
    return make(kind, **{**given, **fields})


def delivered(task: TaskDispatched | TaskRef, **fields: Any) -> department.TaskDelivered:
    """Return that a task has arrived."""
    return answered(department.TaskDelivered, task, attempts=1, **fields)


def parked(task: TaskDispatched | TaskRef, **fields: Any) -> department.DeliveryParked:
    """Return that a department could not be told."""
    given = {"reason": codes.ParkReason.EXHAUSTED, "review_at": NOW}
    return answered(department.DeliveryParked, task, **{**given, **fields})


def acknowledged(task: TaskDispatched | TaskRef, **fields: Any) -> department.TaskAcknowledged:
    """Return an acknowledgement of a task."""
    return answered(department.TaskAcknowledged, task, **fields)


def progressed(task: TaskDispatched | TaskRef, **fields: Any) -> department.TaskProgressed:
    """Return a sign of work on a task."""
    code = codes.ProgressCode.ON_SITE
    return answered(department.TaskProgressed, task, progress=code, **fields)


def returned(task: TaskDispatched | TaskRef, **fields: Any) -> department.TaskReturned:
    """Return that a department is not responsible."""
    ground = codes.ReturnGround.NOT_OUR_DUTY
    return answered(department.TaskReturned, task, ground=ground, **fields)


def completed(task: TaskDispatched | TaskRef, **fields: Any) -> department.TaskCompleted:
    """Return the completion of a task."""
    return answered(department.TaskCompleted, task, result=codes.ResultCode.REPAIRED, **fields)


def asked_for_time(task: TaskDispatched | TaskRef, **fields: Any) -> department.ExtensionRequested:
    """Return that a department wants a later deadline."""
    return answered(department.ExtensionRequested, task, **{"request_id": REQUEST, **fields})


def asked_for_pause(
    task: TaskDispatched | TaskRef, **fields: Any
) -> department.SuspensionRequested:
    """Return that a department wants the clock to stand still."""
    given = {
        "request_id": REQUEST,
        "kind": codes.SuspensionKind.LEDGER,
        "review_at": NOW + timedelta(days=30),
    }
    return answered(department.SuspensionRequested, task, **{**given, **fields})


def reworked(*tasks: int) -> feedback.ReworkRequested:
    """Return that tasks have to be done again."""
    reason = codes.ReworkReason.VERIFICATION_FAILED
    return make(feedback.ReworkRequested, round=1, tasks=tasks, reason=reason)


def reopened() -> feedback.CaseReopened:
    """Return the beginning of the second round."""
    return make(feedback.CaseReopened, round=2)


def closed(**fields: Any) -> feedback.CaseClosed:
    """Return the end of the first round."""
    given = {"round": 1, "outcome": codes.Outcome.SOLVED}
    return make(feedback.CaseClosed, **{**given, **fields})


class Bench:
    """One case of the room; its state is checked to survive its JSON."""

    def __init__(self, rules: Rulebook) -> None:
        self.clock = FakeClock(NOW)
        self._kit = RoomBench(room_of(rules), self.clock)

    @property
    def state(self) -> Case:
        """The present state."""
        return self._kit.state(CASE_ID)

    def tell(self, *facts: Fact) -> list[Fact]:
        """Let the room read *facts*; return what it wrote."""
        written = [fact for told in facts for fact in self._kit.tell(told)]
        assert self._kit.held == []
        assert msgspec.json.decode(msgspec.json.encode(self.state), type=Case) == self.state
        return written

    def obey(self, body: object) -> Decision[Case]:
        """Let a superior decide."""
        return self.run(CaseCommand(case_id=CASE_ID, body=body, principal="superior"))

    def run(self, command: CaseCommand) -> Decision[Case]:
        """Run a command."""
        return self._kit.command(command)

    def wait(self, time: timedelta) -> list[Fact]:
        """Let time pass, and the timers fire."""
        self.clock.move(time)
        return self._kit.fire_timers(CASE_ID)

    def said_since(self, before: int) -> list[Fact]:
        """Return what the room has written after its first facts."""
        return self._kit.facts[before:]

    @property
    def said(self) -> int:
        """How many facts the room has written."""
        return len(self._kit.facts)

    def dispatch(self, **fields: Any) -> Sequence[TaskDispatched]:
        """File the case; return its tasks."""
        return [f for f in self.tell(filed(**fields)) if isinstance(f, TaskDispatched)]


@pytest.fixture(scope="session")
def rules() -> Rulebook:
    """The rules that are shipped."""
    return load_rulebook(DATA_FOLDER, NOW.year)


@pytest.fixture
def bench(rules: Rulebook) -> Bench:
    """A case of which nothing was read."""
    return Bench(rules)
