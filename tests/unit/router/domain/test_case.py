"""Folding facts into a case."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.router.domain.story import (
    CASE_ID,
    LEAD,
    POLICE,
    STREET,
    FileCase,
    Router,
    T,
    asked,
    at,
    closed,
    rework,
    told,
)

from router.domain.case import Case, CaseStatus, find_answer, find_task, is_work_done, task_status
from router.domain.codes import CancelReason, DisputeGround, Outcome, RemarkCode, RequestKind
from router.domain.decided import (
    CaseHandled,
    DisputeOpened,
    Remarked,
    TaskCancelled,
    TaskDispatched,
)
from router.domain.evolve import evolve, evolve_all
from router.domain.facts import (
    CaseReopened,
    DeliveryParked,
    Fact,
    ReportAttached,
    ReportWithdrawn,
    TaskAcknowledged,
    TaskCompleted,
    TaskDelivered,
    TaskProgressed,
    TaskReturned,
)
from router.domain.identity import dispute_id, refer_task
from router.domain.task import TaskStatus


def handled(round_no: int = 1, minute: int = 60) -> CaseHandled:
    """Return our end of a round."""
    return CaseHandled(occurred_at=at(minute), outcome=Outcome.SOLVED, round=round_no)


@pytest.fixture
def dispatched(router: Router, file_case: FileCase) -> tuple[TaskDispatched, ...]:
    """The three tasks of a missing manhole cover."""
    facts = router.read(file_case())
    return tuple(fact for fact in facts if isinstance(fact, TaskDispatched))


def status(case: Case, task_id: UUID) -> TaskStatus:
    """Return the status of one task."""
    task = find_task(case, task_id)
    assert task is not None
    return task_status(case, task)


def lead_after(dispatched: Sequence[Fact], *facts: Fact) -> TaskStatus:
    """Return the status of the lead's task after *facts*."""
    case = evolve_all(Case(case_id=CASE_ID), (*dispatched, *facts))
    return status(case, LEAD.task_id)


def test_a_new_case_is_open() -> None:
    """Nothing has been read of it."""
    assert Case(case_id=CASE_ID).status is CaseStatus.OPEN


def test_a_filing_is_kept(file_case: FileCase) -> None:
    """The first one counts."""
    filed = file_case()
    case = evolve_all(Case(case_id=CASE_ID), (filed, file_case(code="06001")))
    assert case.filed == filed


def test_a_dispatch_keeps_its_clocks(dispatched: tuple[TaskDispatched, ...]) -> None:
    """And who has it."""
    case = evolve_all(Case(case_id=CASE_ID), dispatched)
    task = find_task(case, LEAD.task_id)
    assert task is not None
    assert task.clocks.resolution_due_at == at(120)
    assert task.department == "water"


def test_reporters_are_counted(file_case: FileCase) -> None:
    """The first one is whose report was filed; who leaves is not counted any more."""
    filed = file_case()
    joins, leaves = ReportAttached(occurred_at=T), ReportWithdrawn(occurred_at=T)
    case = evolve_all(Case(case_id=CASE_ID), (filed, filed, joins, joins, leaves))
    assert case.reporters == 2


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((), TaskStatus.DISPATCHED),
        ((TaskDelivered(occurred_at=at(1), task=LEAD),), TaskStatus.DISPATCHED),
        ((DeliveryParked(occurred_at=at(1), task=LEAD),), TaskStatus.DISPATCHED),
        ((TaskAcknowledged(occurred_at=at(1), task=LEAD),), TaskStatus.ACKNOWLEDGED),
        ((TaskProgressed(occurred_at=at(1), task=LEAD),), TaskStatus.ACKNOWLEDGED),
        ((TaskReturned(occurred_at=at(1), task=LEAD),), TaskStatus.RETURNED),
        ((TaskCompleted(occurred_at=at(1), task=LEAD),), TaskStatus.COMPLETED),
    ],
)
def test_answers_move_a_task(
    facts: tuple[Fact, ...], expected: TaskStatus, dispatched: tuple[TaskDispatched, ...]
) -> None:
    """Each answer of a department has its state."""
    assert lead_after(dispatched, *facts) is expected


def test_an_older_answer_does_not_move_a_task_back(
    dispatched: tuple[TaskDispatched, ...],
) -> None:
    """It is kept with its own time."""
    late_news = (
        TaskCompleted(occurred_at=at(30), task=LEAD),
        TaskProgressed(occurred_at=at(20), task=LEAD),
        TaskAcknowledged(occurred_at=at(10), task=LEAD),
        TaskAcknowledged(occurred_at=at(5), task=LEAD),
    )
    case = evolve_all(Case(case_id=CASE_ID), (*dispatched, *late_news))
    assert status(case, LEAD.task_id) is TaskStatus.COMPLETED
    answer = find_answer(case, LEAD.task_id)
    assert answer.acknowledged_at == at(5)
    assert answer.completed_at == at(30)


@pytest.mark.parametrize("answer", [TaskAcknowledged, TaskReturned, TaskCompleted])
def test_a_cancellation_stands_in_both_orders(
    answer: type[TaskCompleted], dispatched: tuple[TaskDispatched, ...]
) -> None:
    """An answer that crosses the cancellation is kept, and changes nothing."""
    cancelled = TaskCancelled(
        occurred_at=at(10), task=LEAD, department="water", reason=CancelReason.CASE_HANDLED
    )
    told = answer(occurred_at=at(10), task=LEAD)
    assert lead_after(dispatched, cancelled, told) is TaskStatus.CANCELLED
    assert lead_after(dispatched, told, cancelled) is TaskStatus.CANCELLED


def test_a_task_can_be_born_disputed() -> None:
    """It belongs to nobody yet."""
    fact = DisputeOpened(
        occurred_at=T,
        dispute_id=dispute_id(LEAD),
        task=LEAD,
        ground=DisputeGround.NO_DUTY,
        settle_by=at(2880),
    )
    case = evolve(Case(case_id=CASE_ID), fact)
    task = find_task(case, LEAD.task_id)
    assert task is not None
    assert task.department is None
    assert task_status(case, task) is TaskStatus.DISPUTED
    assert not is_work_done(case)


def test_work_is_done_when_all_required_tasks_are(
    dispatched: tuple[TaskDispatched, ...],
) -> None:
    """The subdistrict was only asked to help."""
    case = evolve_all(Case(case_id=CASE_ID), dispatched)
    case = evolve(case, TaskCompleted(occurred_at=at(30), task=LEAD))
    assert not is_work_done(case)
    case = evolve(case, TaskCompleted(occurred_at=at(31), task=POLICE))
    assert is_work_done(case)


def test_the_newest_attempt_counts(dispatched: tuple[TaskDispatched, ...]) -> None:
    """A completed first attempt does not stand in for a second one."""
    again = refer_task(CASE_ID, 1, 2)
    second = replace(dispatched[0], task=again)
    case = evolve_all(
        Case(case_id=CASE_ID),
        (
            *dispatched,
            TaskCompleted(occurred_at=at(30), task=LEAD),
            TaskCompleted(occurred_at=at(31), task=POLICE),
            second,
        ),
    )
    assert not is_work_done(case)
    assert is_work_done(evolve(case, TaskCompleted(occurred_at=at(40), task=again)))


def test_no_work_is_not_done_work() -> None:
    """A case without tasks is not handled."""
    assert not is_work_done(Case(case_id=CASE_ID))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((handled(),), CaseStatus.HANDLED),
        ((handled(), closed()), CaseStatus.ENDED),
        ((closed(),), CaseStatus.ENDED),
        (
            (handled(), rework(1)),
            CaseStatus.OPEN,
        ),
        (
            (handled(), rework(1), handled()),
            CaseStatus.HANDLED,
        ),
        ((handled(), closed(), CaseReopened(occurred_at=at(99), round=2)), CaseStatus.OPEN),
        (
            (handled(), closed(), CaseReopened(occurred_at=at(99), round=2), handled(2)),
            CaseStatus.HANDLED,
        ),
        (
            (handled(), closed(), CaseReopened(occurred_at=at(99), round=2), handled(2), closed(2)),
            CaseStatus.ENDED,
        ),
    ],
)
def test_a_case_goes_through_its_rounds(facts: tuple[Fact, ...], expected: CaseStatus) -> None:
    """The status is the same in whatever order the facts of different rooms are read."""
    assert evolve_all(Case(case_id=CASE_ID), facts).status is expected
    ours = [fact for fact in facts if isinstance(fact, CaseHandled)]
    theirs = [fact for fact in facts if not isinstance(fact, CaseHandled)]
    assert evolve_all(Case(case_id=CASE_ID), (*ours, *theirs)).status is expected
    assert evolve_all(Case(case_id=CASE_ID), (*theirs, *ours)).status is expected


def test_a_remark_changes_nothing() -> None:
    """Own remarks are for others to count."""
    case = Case(case_id=CASE_ID)
    assert evolve(case, Remarked(occurred_at=T, code=RemarkCode.LATE_ANSWER)) == case


def test_a_cancellation_of_an_unknown_task_changes_nothing() -> None:
    """Folding is total."""
    case = Case(case_id=CASE_ID)
    fact = TaskCancelled(
        occurred_at=T, task=LEAD, department="water", reason=CancelReason.CASE_HANDLED
    )
    assert evolve(case, fact) == case


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_sources_may_be_read_in_any_order(
    data: st.DataObject, file_case: FileCase, dispatched: tuple[TaskDispatched, ...]
) -> None:
    """However the sources interleave, each in its own order, the case ends up the same."""
    sources: list[list[Fact]] = [
        [file_case()],
        [
            *dispatched,
            TaskCancelled(
                occurred_at=at(60),
                task=STREET,
                department="subdistrict-410105001",
                reason=CancelReason.CASE_HANDLED,
            ),
            handled(),
        ],
        [
            TaskDelivered(occurred_at=at(1), task=LEAD),
            TaskAcknowledged(occurred_at=at(2), task=LEAD),
            TaskCompleted(occurred_at=at(50), task=POLICE),
            TaskCompleted(occurred_at=at(60), task=LEAD),
            TaskProgressed(occurred_at=at(60), task=STREET),
        ],
        [rework(1), closed(), CaseReopened(occurred_at=at(99), round=2)],
    ]
    in_turn = evolve_all(Case(case_id=CASE_ID), [fact for source in sources for fact in source])
    case = Case(case_id=CASE_ID)
    while any(sources):
        source = data.draw(st.sampled_from([source for source in sources if source]))
        case = evolve(case, source.pop(0))
    assert case == in_turn


def test_the_state_survives_being_stored(busy: Router) -> None:
    """What msgspec writes as JSON it reads back equal, from a story that has something of all."""
    ledger = asked(RequestKind.LEDGER, review_in=at(9999) - T)
    busy.read_all(told(TaskAcknowledged), ledger, asked(number=2), told(TaskReturned, POLICE))
    busy.answer(ledger, approved=True)
    dispute = DisputeOpened(
        occurred_at=T,
        dispute_id=dispute_id(STREET),
        task=STREET,
        ground=DisputeGround.NO_DUTY,
        settle_by=at(2880),
    )
    case = evolve_all(busy.case, (dispute, rework(1), handled()))
    assert case.ledger_used
    assert msgspec.json.decode(msgspec.json.encode(case), type=Case) == case
