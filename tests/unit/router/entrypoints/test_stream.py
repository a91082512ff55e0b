"""Facts of other rooms and what the router writes to them."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.unit.router.conftest import (
    CASE_ID,
    NOW,
    PLACE,
    REPLAY,
    REQUEST,
    SURVIVOR,
    Bench,
    acknowledged,
    asked_for_pause,
    asked_for_time,
    closed,
    completed,
    delivered,
    filed,
    joined,
    left,
    make,
    merge_asked,
    parked,
    progressed,
    reopened,
    returned,
    reworked,
    withdrawal_asked,
)

from civicloop_contracts import codes
from civicloop_contracts.choreography import handled_by
from civicloop_contracts.facts import remark, router
from civicloop_contracts.facts.parts import ExternalClock
from router.domain.case import CaseStatus, task_status
from router.domain.codes import RequestKind
from router.domain.commands import DecideRequest, SuperviseCase
from router.domain.rulebook import Rulebook
from router.domain.task import TaskStatus
from router.entrypoints.stream import RouterStream, routes


def required_only(tasks: list[router.TaskDispatched]) -> list[router.TaskDispatched]:
    """Return the tasks that the case waits for."""
    return [task for task in tasks if task.required]


def test_handlers_are_those_of_the_choreography(rules: Rulebook) -> None:
    """Every fact that moves this room has a handler, and no other."""
    assert routes(RouterStream(rules)).keys() == handled_by(codes.Service.ROUTER)


@pytest.mark.choreography("router", "CaseFiled", "TaskDispatched")
def test_a_filed_case_is_dispatched(bench: Bench, rules: Rulebook) -> None:
    """Its lead task comes first, with the clocks of the catalog and the versions it rests on."""
    lead, *others = bench.dispatch()
    assert (lead.task.task_no, lead.role, lead.required) == (1, codes.TaskRole.LEAD, True)
    assert {task.role for task in others} <= {codes.TaskRole.ASSIST}
    assert lead.resolution_due_at is not None
    assert lead.resolution_due_at > NOW
    assert lead.catalog_version == rules.catalog.version
    assert lead.channel is codes.Channel.PATROL
    assert lead.place == PLACE


@pytest.mark.choreography("router", "CaseFiled", "DisputeOpened")
def test_nobody_responsible_is_a_dispute(bench: Bench) -> None:
    """A place outside the territory has no government here: task 1 is born disputed."""
    [fact] = bench.tell(filed(place=PLACE.model_copy(update={"division": "250250"})))
    assert isinstance(fact, router.DisputeOpened)
    assert (fact.task.task_no, fact.ground) == (1, codes.DisputeGround.NO_DUTY)
    assert fact.settle_by > NOW


def test_a_source_system_names_lead_and_deadline(bench: Bench) -> None:
    """Neither catalog nor calendar is asked then."""
    due_at = NOW + timedelta(days=3)
    [task] = bench.dispatch(
        lead="boston-parks",
        clock=ExternalClock(due_at=due_at),
        place=PLACE.model_copy(update={"division": "250250"}),
        replay=REPLAY,
    )
    assert (task.department, task.resolution_due_at) == ("boston-parks", due_at)
    assert (task.response_due_at, task.return_until) == (None, None)
    assert task.replay == REPLAY


@pytest.mark.parametrize("answer", [acknowledged, progressed])
@pytest.mark.choreography("router", "TaskAcknowledged", "TaskProgressed")
def test_an_answer_stops_the_response_clock(bench: Bench, answer: object) -> None:
    """Acknowledged or worked on: the task counts as acknowledged, and nothing is written."""
    lead = bench.dispatch()[0]
    assert callable(answer)
    assert bench.tell(answer(lead)) == []
    assert task_status(bench.state, bench.state.tasks[0]) is TaskStatus.ACKNOWLEDGED


@pytest.mark.choreography("router", "TaskCompleted", "TaskCancelled", "CaseHandled")
def test_all_required_work_done_ends_the_handling(bench: Bench) -> None:
    """The last required completion cancels what is still open and says that it is handled."""
    tasks = list(bench.dispatch())
    written = bench.tell(*[completed(task) for task in required_only(tasks)])
    *cancelled, handled = written
    assert isinstance(handled, router.CaseHandled)
    assert (handled.outcome, handled.round) == (codes.Outcome.SOLVED, 1)
    assert [fact.task for fact in cancelled if isinstance(fact, router.TaskCancelled)] == [
        task.task for task in tasks if not task.required
    ]
    assert bench.state.status is CaseStatus.HANDLED


@pytest.mark.choreography("router", "CaseClosed", "Remarked")
def test_a_completion_after_the_end_is_remarked(bench: Bench) -> None:
    """Two completions end a handling once."""
    tasks = bench.dispatch()
    bench.tell(*[completed(task) for task in tasks if task.required], closed())
    assert bench.state.status is CaseStatus.ENDED
    again = bench.tell(completed(tasks[0]))
    assert [type(fact) for fact in again] == [remark.Remarked]
    assert isinstance(again[0], remark.Remarked)
    assert again[0].writer is codes.Service.ROUTER


def test_any_order_across_sources_ends_the_same(bench: Bench, rules: Rulebook) -> None:
    """A router that starts after the others have finished writes and ends as the others expect."""
    tasks = [task for task in bench.dispatch() if task.required]
    sources: list[list[Any]] = [
        [filed()],
        [fact for task in tasks for fact in (acknowledged(task), completed(task))],
    ]
    ends = []
    for order in permutations(sources):
        late = Bench(rules)
        written = late.tell(*[fact for source in order for fact in source])
        assert sum(isinstance(fact, router.CaseHandled) for fact in written) == 1
        ends.append(late.state.status)
    assert set(ends) == {CaseStatus.HANDLED}


def test_a_case_that_ended_before_it_was_read_is_not_dispatched(bench: Bench) -> None:
    """CaseClosed first, CaseFiled later: nobody gets a task any more."""
    bench.tell(closed())
    [fact] = bench.tell(filed())
    assert isinstance(fact, remark.Remarked)
    assert fact.code is codes.RemarkCode.CASE_ENDED


def test_a_fact_without_effect_here_is_read_over(bench: Bench) -> None:
    """What others measure neither moves the case nor holds it."""
    bench.dispatch()
    before = bench.state
    assert bench.tell(make(router.WithdrawalRefused)) == []
    assert bench.state == before


@pytest.mark.choreography("router", "TaskDelivered", "DeliveryParked", "ReminderIssued")
def test_a_parked_delivery_is_told_of_until_it_arrives(bench: Bench) -> None:
    """The response limit is reminded of; after the arrival its end is an escalation as ever."""
    lead = bench.dispatch()[0]
    [reminder] = bench.tell(parked(lead))
    assert isinstance(reminder, router.ReminderIssued)
    assert (reminder.clock, reminder.task) == (codes.ClockKind.RESPONSE, lead.task)
    assert bench.tell(delivered(lead)) == []
    late = bench.wait(timedelta(days=30))
    assert router.DisputeOpened not in {type(fact) for fact in late}


@pytest.mark.choreography("router", "DeliveryParked", "DisputeOpened", "DisputeSettled")
def test_a_department_that_does_not_exist_is_disputed(bench: Bench) -> None:
    """At once; at the end of its time the dispute is settled by rule."""
    lead = bench.dispatch()[0]
    [opened] = bench.tell(parked(lead, reason=codes.ParkReason.NO_SUCH_DEPARTMENT))
    assert isinstance(opened, router.DisputeOpened)
    assert opened.ground is codes.DisputeGround.NO_SUCH_DEPARTMENT
    settled = [f for f in bench.wait(timedelta(days=2)) if isinstance(f, router.DisputeSettled)]
    assert [fact.decided_by for fact in settled] == [codes.DecidedBy.RULE]


@pytest.mark.choreography("router", "TaskReturned", "TaskReassigned", "CaseEscalated")
def test_a_returned_task_is_passed_on_and_then_disputed(bench: Bench) -> None:
    """First another department, then people."""
    lead = bench.dispatch()[0]
    [second] = bench.tell(returned(lead))
    assert isinstance(second, router.TaskReassigned)
    assert (second.replaces, second.reason) == (
        lead.task.task_id,
        codes.ReassignReason.RETURNED,
    )
    opened, escalated = bench.tell(returned(second))
    assert isinstance(opened, router.DisputeOpened)
    assert isinstance(escalated, router.CaseEscalated)
    assert escalated.reason is codes.EscalationReason.TWICE_RETURNED


@pytest.mark.choreography("router", "ReportAttached", "ReportWithdrawn", "CaseEscalated")
def test_many_reporters_make_a_major_case(bench: Bench, rules: Rulebook) -> None:
    """Those who left do not count."""
    bench.dispatch()
    enough = rules.catalog.major_reporters
    assert bench.tell(*[joined() for _ in range(enough - 2)], left()) == []
    assert bench.tell(joined()) == []
    [escalated] = bench.tell(joined())
    assert isinstance(escalated, router.CaseEscalated)
    assert escalated.reason is codes.EscalationReason.MAJOR


@pytest.mark.choreography(
    "router", "WithdrawalRequested", "WithdrawalRefused", "TaskCancelled", "CaseHandled"
)
@pytest.mark.race("withdraw and complete")
def test_a_withdrawal_cancels_or_is_refused(bench: Bench, rules: Rulebook) -> None:
    """In the order of reading: before the work is done, or after it."""
    tasks = bench.dispatch()
    *cancelled, handled = bench.tell(withdrawal_asked())
    assert len(cancelled) == len(tasks)
    assert isinstance(handled, router.CaseHandled)
    assert handled.outcome is codes.Outcome.WITHDRAWN
    solved = Bench(rules)
    solved.tell(*[completed(task) for task in solved.dispatch() if task.required])
    assert [type(f) for f in solved.tell(withdrawal_asked())] == [router.WithdrawalRefused]


@pytest.mark.choreography("router", "MergeRequested", "MergeRefused")
def test_a_merge_cancels_or_is_refused(bench: Bench, rules: Rulebook) -> None:
    """The survivor is named either way."""
    bench.dispatch()
    handled = bench.tell(merge_asked())[-1]
    assert isinstance(handled, router.CaseHandled)
    assert (handled.outcome, handled.survivor) == (codes.Outcome.MERGED, SURVIVOR)
    solved = Bench(rules)
    solved.tell(*[completed(task) for task in solved.dispatch() if task.required])
    [refused] = solved.tell(merge_asked())
    assert isinstance(refused, router.MergeRefused)
    assert refused.survivor == SURVIVOR


@pytest.mark.choreography("router", "ReworkRequested", "TaskReassigned")
def test_a_rework_gives_the_failed_tasks_out_again(bench: Bench) -> None:
    """To the same department."""
    tasks = bench.dispatch()
    bench.tell(*[completed(task) for task in tasks if task.required])
    [again] = bench.tell(reworked(1))
    assert isinstance(again, router.TaskReassigned)
    assert (again.department, again.task.attempt) == (tasks[0].department, 2)
    assert bench.state.status is CaseStatus.OPEN


@pytest.mark.choreography("router", "CaseReopened", "CaseEscalated", "TaskReassigned")
def test_a_reopening_climbs_and_begins_again(bench: Bench) -> None:
    """In round 2, by the next tier."""
    bench.tell(*[completed(task) for task in bench.dispatch() if task.required], closed())
    escalated, again, *_ = bench.tell(reopened())
    assert isinstance(escalated, router.CaseEscalated)
    assert escalated.reason is codes.EscalationReason.REOPENED
    assert isinstance(again, router.TaskReassigned)
    assert (again.round, again.reason) == (2, codes.ReassignReason.REOPENED)


@pytest.mark.choreography("router", "ExtensionRequested", "DeadlineExtended", "ExtensionRefused")
def test_an_extension_is_decided_by_a_superior(bench: Bench) -> None:
    """Approved moves the deadline; a closed task has none to move."""
    lead = bench.dispatch()[0]
    assert bench.tell(asked_for_time(lead)) == []
    before = bench.said
    kinds = frozenset({RequestKind.EXTENSION})
    decision = bench.obey(
        DecideRequest(task_id=lead.task.task_id, request_id=REQUEST, kinds=kinds, approved=True)
    )
    [extended] = bench.said_since(before)
    assert isinstance(extended, router.DeadlineExtended)
    assert decision.reply is not None
    assert decision.reply["approved"] is True
    assert decision.reply["due_at"] == extended.due_at.isoformat()
    bench.tell(withdrawal_asked())
    [refused] = bench.tell(asked_for_time(lead, request_id=CASE_ID))
    assert isinstance(refused, router.ExtensionRefused)


@pytest.mark.choreography(
    "router", "SuspensionRequested", "ClockSuspended", "SuspensionRefused", "ClockResumed"
)
def test_a_suspension_is_decided_by_a_superior(bench: Bench) -> None:
    """Approved stops the clock until its review; a second one is refused at once."""
    lead = bench.dispatch()[0]
    assert bench.tell(asked_for_pause(lead)) == []
    before = bench.said
    kinds = frozenset({RequestKind.LEDGER})
    bench.obey(
        DecideRequest(task_id=lead.task.task_id, request_id=REQUEST, kinds=kinds, approved=True)
    )
    [suspended] = bench.said_since(before)
    assert isinstance(suspended, router.ClockSuspended)
    assert suspended.kind is codes.SuspensionKind.LEDGER
    [refused] = bench.tell(asked_for_pause(lead, request_id=CASE_ID))
    assert isinstance(refused, router.SuspensionRefused)
    resumed = [f for f in bench.wait(timedelta(days=30)) if isinstance(f, router.ClockResumed)]
    assert len(resumed) == 1


@pytest.mark.choreography("router", "SupervisionIssued")
def test_supervision_is_told_to_each_task(bench: Bench) -> None:
    """One fact per department at work; the superior hears which."""
    tasks = bench.dispatch()
    before = bench.said
    decision = bench.obey(SuperviseCase())
    said = bench.said_since(before)
    assert [type(fact) for fact in said] == [router.SupervisionIssued] * len(tasks)
    assert decision.reply is not None
    assert decision.reply["tasks"] == [str(task.task.task_id) for task in tasks]


def test_a_timer_fires_once(bench: Bench) -> None:
    """Each time it is looked at later, there is nothing more to say."""
    bench.tell(*(delivered(task) for task in bench.dispatch()))
    assert bench.wait(timedelta(days=30)) != []
    assert bench.wait(timedelta(days=30)) == []


def test_an_imported_case_is_reminded_on_its_own_times(bench: Bench) -> None:
    """What was due before the next fact of its file is said first, at its own time."""
    due_at = NOW + timedelta(days=1)
    [task] = bench.dispatch(lead="boston-parks", clock=ExternalClock(due_at=due_at), replay=REPLAY)
    late = NOW + timedelta(days=2)
    written = bench.tell(completed(task, occurred_at=late, replay=REPLAY))
    assert [type(fact) for fact in written] == [
        router.ReminderIssued,
        router.CaseEscalated,
        router.CaseHandled,
    ]
    assert [fact.occurred_at for fact in written][1:] == [due_at, late]
