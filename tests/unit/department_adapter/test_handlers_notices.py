"""Facts of the router and of intake that become deliveries to those who have the task."""

from typing import Any

import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import router
from department_adapter.domain.commands import AttemptResult, DeliveryKind, UpdateKind
from department_adapter.main import make_room
from department_adapter.ports import MoveDeadline, MoveTask, QueueNotice
from department_adapter.testing import (
    CASE_ID,
    START,
    at,
    attached,
    cancelled,
    common_fields,
    dispatched,
    reminded,
    supplemented,
    task_ref,
)

from .benching import TASK_ID, Bench, effects, new_bench, recorded, updated

ABOUT: dict[str, Any] = {**common_fields(), "task": task_ref(), "department": "water"}
REPLAY = Replay(run="boston", handled_at=at(120), as_of=at(9000))
NOTICES: list[tuple[Fact, str, dict[str, Any]]] = [
    (
        reminded(),
        "reminder",
        {
            "type": "task.reminded",
            "clock": "resolution",
            "due_at": at(24 * 60).isoformat(),
        },
    ),
    (
        router.SupervisionIssued(**ABOUT, tier=codes.Tier.DISTRICT),
        "supervision",
        {"type": "task.supervised", "tier": "district"},
    ),
    (
        router.CaseEscalated(
            **common_fields(),
            task=task_ref(),
            tier=codes.Tier.CITY,
            reason=codes.EscalationReason.OVERDUE,
        ),
        "escalation",
        {"type": "task.escalated", "tier": "city", "reason": "overdue"},
    ),
    (
        router.DeadlineExtended(**ABOUT, due_at=at(99), extensions=2),
        "clock",
        {"type": "task.extended", "resolution_due_at": at(99).isoformat(), "extensions": 2},
    ),
    (
        router.ClockSuspended(
            **ABOUT, kind=codes.SuspensionKind.LEDGER, remaining_s=9, review_at=at(500)
        ),
        "clock",
        {
            "type": "task.suspended",
            "resolution_due_at": None,
            "suspension": "ledger",
            "review_at": at(500).isoformat(),
        },
    ),
    (
        router.ClockResumed(**ABOUT, due_at=at(99)),
        "clock",
        {"type": "task.resumed", "resolution_due_at": at(99).isoformat()},
    ),
    (
        router.ClockResumed(**ABOUT, due_at=None),
        "clock",
        {"type": "task.resumed", "resolution_due_at": None},
    ),
    (
        router.ExtensionRefused(**ABOUT, request_id=CASE_ID),
        "refusal",
        {"type": "task.extension_refused", "request_id": str(CASE_ID)},
    ),
    (
        router.SuspensionRefused(**ABOUT, request_id=CASE_ID),
        "refusal",
        {"type": "task.suspension_refused", "request_id": str(CASE_ID)},
    ),
    (
        supplemented(),
        "supplement",
        {"type": "task.supplemented", "supplement_id": str(supplemented().supplement_id)},
    ),
    (
        attached(),
        "supplement",
        {"type": "task.supplemented", "supplement_id": str(attached().report_id)},
    ),
]


@pytest.fixture
def bench() -> Bench:
    """Return the room with one task."""
    made = new_bench()
    made.tell(dispatched())
    return made


@pytest.mark.choreography(
    "department-adapter",
    "ReminderIssued",
    "SupervisionIssued",
    "CaseEscalated",
    "DeadlineExtended",
    "ClockSuspended",
    "ClockResumed",
    "ExtensionRefused",
    "SuspensionRefused",
    "CaseSupplemented",
    "ReportAttached",
)
@pytest.mark.parametrize(("fact", "kind", "said"), NOTICES, ids=lambda item: type(item).__name__)
def test_a_fact_is_told_to_the_department(
    bench: Bench, fact: Fact, kind: str, said: dict[str, Any]
) -> None:
    """In its task's lane, behind the dispatch, under an id made of the fact; no fact follows."""
    assert bench.tell(fact) == []
    (notice,) = effects(bench, QueueNotice)
    job = notice.job
    sequence = 1 if kind == "supplement" else 2
    assert (job.job_id, job.ordinal) == (f"{TASK_ID}/{kind}/{sequence}", 2)
    assert (job.queue, job.lane, job.case_id, job.due_at) == ("water", TASK_ID, CASE_ID, START)
    head = {
        "delivery_id": job.job_id,
        "task_id": str(TASK_ID),
        "case_id": str(CASE_ID),
        "department": "water",
    }
    assert job.payload == {"body": {**head, **said}}


@pytest.mark.parametrize(("fact", "kind", "_said"), NOTICES)
def test_nobody_is_told_who_does_not_listen(fact: Fact, kind: str, _said: dict[str, Any]) -> None:
    """Not after the end, not for an imported history, not about a task that is not here."""
    closed, imported, unknown = new_bench(), new_bench(), new_bench()
    closed.tell(dispatched())
    closed.command(updated(UpdateKind.COMPLETE, result="done"))
    closed.tell(fact)
    imported.tell(dispatched(replay=REPLAY))
    imported.tell(fact.model_copy(update={"replay": REPLAY}))
    unknown.tell(fact)
    for bench in (closed, imported, unknown):
        assert effects(bench, QueueNotice) == []
        assert bench.held == []
    assert kind


def test_an_escalation_of_the_case_reaches_everybody_who_works_on_it() -> None:
    """Each in its own lane; those who are done are left alone."""
    bench = new_bench()
    for number, department in ((1, "water"), (2, "power"), (3, "police")):
        bench.tell(dispatched(number, department=department))
    bench.tell(cancelled(3, department="police"))
    whole_case = router.CaseEscalated(
        **common_fields(), tier=codes.Tier.CITY, reason=codes.EscalationReason.MAJOR
    )
    bench.tell(whole_case)
    jobs = [notice.job for notice in effects(bench, QueueNotice)]
    assert [(job.queue, job.lane) for job in jobs] == [
        ("water", task_ref(1).task_id),
        ("power", task_ref(2).task_id),
    ]
    assert jobs[0].payload["body"]["reason"] == "major"


def test_a_supplement_comes_behind_all_that_waits(bench: Bench) -> None:
    """Its own number is lower than the router's, and two never share a place."""
    bench.tell(reminded())
    bench.tell(supplemented())
    bench.tell(supplemented())
    bench.tell(reminded())
    ordinals = [notice.job.ordinal for notice in effects(bench, QueueNotice)]
    assert ordinals == [2, 3, 4, 5]


def test_deadlines_that_move_are_shown(bench: Bench) -> None:
    """A department that looks at its task sees the one that holds."""
    for fact in (item for item, kind, _ in NOTICES if kind == "clock"):
        bench.tell(fact)
    shown = [(effect.task_id, effect.due_at) for effect in effects(bench, MoveDeadline)]
    assert shown == [(TASK_ID, due_at) for due_at in (at(99), None, at(99), None)]
    bench.tell(reminded())
    assert len(effects(bench, MoveDeadline)) == 4


def test_a_parked_notice_shows_in_the_list_and_in_no_fact(bench: Bench) -> None:
    """The task goes on."""
    bench.command(recorded())
    bench.tell(reminded())
    told = len(bench.facts)
    bench.command(recorded(AttemptResult.REFUSED, DeliveryKind.REMINDER, 2))
    (*_, move) = effects(bench, MoveTask)
    assert (move.state, move.parked.delivery_id) == ("delivered", f"{TASK_ID}/reminder/2")
    assert len(bench.facts) == told


def test_a_notice_wakes_the_worker() -> None:
    """It is delivered at once, not at the next look."""
    woken: list[int] = []
    bench = new_bench()
    bench.tell(dispatched())
    bench.tell(reminded())
    room = make_room(None, lambda: woken.append(1))  # type: ignore[arg-type]
    room.saved(effects(bench, QueueNotice))
    assert woken == [1]


@pytest.mark.parametrize(
    ("fact", "extension"),
    [
        (router.DeadlineExtended(**ABOUT, due_at=at(99), extensions=1), True),
        (router.ExtensionRefused(**ABOUT, request_id=CASE_ID), True),
        (
            router.ClockSuspended(
                **ABOUT, kind=codes.SuspensionKind.LEDGER, remaining_s=60, review_at=at(900)
            ),
            False,
        ),
        (router.SuspensionRefused(**ABOUT, request_id=CASE_ID), False),
    ],
)
def test_a_decision_lets_the_department_ask_again(
    bench: Bench, fact: Fact, extension: bool
) -> None:
    """For the same kind; the other request still waits."""
    bench.command(updated(UpdateKind.REQUEST_EXTENSION))
    bench.command(updated(UpdateKind.REQUEST_SUSPENSION, suspension="ledger", review_at=at(900)))
    bench.tell(fact)
    (task,) = bench.state(CASE_ID).tasks
    assert (task.awaits_extension, task.awaits_suspension) == (not extension, extension)
