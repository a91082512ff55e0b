"""Facts of other rooms and what the router writes to them."""

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from tests.unit.router.conftest import (
    NOW,
    PLACE,
    REPLAY,
    Bench,
    acknowledged,
    closed,
    completed,
    filed,
    make,
    progressed,
)

from civicloop_contracts import codes
from civicloop_contracts.choreography import handled_by
from civicloop_contracts.facts import remark, router
from civicloop_contracts.facts.parts import ExternalClock
from router.domain.case import CaseStatus, TaskStatus, task_status
from router.domain.dispatch import Rulebook
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
    """What is not handled yet neither moves the case nor holds it."""
    bench.dispatch()
    before = bench.state
    assert bench.tell(make(router.WithdrawalRefused)) == []
    assert bench.state == before
