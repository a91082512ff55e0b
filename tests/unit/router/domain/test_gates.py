"""Gates: tasks that no department gets before the lead is far enough."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    STREET,
    WITHDRAW,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    names,
    only,
    told,
)

from router.domain.case import CaseStatus, is_work_done
from router.domain.codes import EscalationReason, Gate, RequestKind
from router.domain.decided import CaseEscalated, TaskDispatched
from router.domain.duties import Assist, choose_assists, order_duties
from router.domain.errors import TaskWaitingError
from router.domain.facts import Fact, TaskAcknowledged, TaskDelivered, TaskProgressed
from router.domain.rulebook import Rulebook
from router.domain.territory import Location, Tier

HOUR = timedelta(hours=1)
LIMIT = T + 2 * HOUR


def gated(rules: Rulebook, after: Gate, *, required: bool = True) -> Rulebook:
    """Return rules under which the traffic police wait for water."""
    [cover] = [d for group in rules.duties.by_standard.values() for d in group if d.code]
    police = Assist(owner="traffic-police", required=required, after=after)
    cover = replace(cover, assists=(police, *cover.assists[1:]))
    return replace(rules, duties=replace(rules.duties, by_standard=order_duties([cover])))


@pytest.fixture
def acknowledged(rules: Rulebook, file_case: FileCase) -> Router:
    """The police wait until water has acknowledged."""
    router = Router(gated(rules, Gate.LEAD_ACKNOWLEDGED))
    router.read(file_case())
    return router


@pytest.fixture
def completed(rules: Rulebook, file_case: FileCase) -> Router:
    """The police wait until water is done."""
    router = Router(gated(rules, Gate.LEAD_COMPLETED))
    router.read(file_case())
    return router


def test_a_gated_task_is_planned_and_not_given_out(acknowledged: Router) -> None:
    """Its number is its own, and no department knows of it."""
    assert [task.ref for task in acknowledged.case.tasks] == [LEAD, STREET]
    [waiting] = acknowledged.case.waiting
    assert (waiting.ref, waiting.department, waiting.required) == (POLICE, "traffic-police", True)


@pytest.mark.parametrize(
    "opens", [told(TaskAcknowledged), told(TaskProgressed), done()], ids=lambda f: type(f).__name__
)
def test_a_word_of_the_lead_opens_the_gate(opens: Fact, acknowledged: Router) -> None:
    """The clocks of what waited start then, and it may be returned."""
    acknowledged.now = T + HOUR
    [fact] = acknowledged.read(opens)
    assert isinstance(fact, TaskDispatched)
    assert (fact.task, fact.department, fact.required) == (POLICE, "traffic-police", True)
    assert fact.clocks.resolution_due_at == T + 3 * HOUR
    assert fact.return_until == T + timedelta(hours=7)
    assert acknowledged.case.waiting == ()


def test_only_the_end_of_the_work_opens_the_other_gate(completed: Router) -> None:
    """No answer on the way does."""
    assert completed.read_all(told(TaskAcknowledged), told(TaskProgressed)) == []
    assert names(completed.read(done())) == ["TaskDispatched"]


@pytest.mark.parametrize("other", [told(TaskDelivered), told(TaskAcknowledged, STREET), asked()])
def test_what_the_lead_has_not_said_opens_nothing(other: Fact, acknowledged: Router) -> None:
    """An arrival, another's word, or a request for time."""
    assert acknowledged.read(other) == []


def test_a_gate_opens_once(acknowledged: Router) -> None:
    """What was given out does not wait any more."""
    acknowledged.read(told(TaskAcknowledged))
    assert acknowledged.read_all(told(TaskAcknowledged), told(TaskProgressed)) == []


def test_required_work_that_waits_keeps_the_case_open(completed: Router) -> None:
    """The lead alone does not solve it."""
    assert not is_work_done(completed.case)
    completed.read(done())
    assert completed.case.status is CaseStatus.OPEN
    assert names(completed.read(done(POLICE))) == ["TaskCancelled", "CaseHandled"]


def test_help_that_waits_is_cancelled_without_a_fact(rules: Rulebook, file_case: FileCase) -> None:
    """Solved without it: nobody ever knew of it."""
    router = Router(gated(rules, Gate.LEAD_COMPLETED, required=False))
    router.read(file_case())
    facts = router.read(done())
    assert names(facts) == ["TaskCancelled", "CaseHandled"]
    assert router.case.waiting == ()


def test_a_withdrawal_ends_what_waits(acknowledged: Router) -> None:
    """Without a fact of it."""
    assert names(acknowledged.read(WITHDRAW)) == ["TaskCancelled", "TaskCancelled", "CaseHandled"]
    assert acknowledged.case.waiting == ()


def test_what_waits_escalates_at_the_limit_of_the_lead(completed: Router) -> None:
    """Router task waiting: plan limit → CaseEscalated, once, beside the lead's own."""
    completed.read(told(TaskAcknowledged))
    completed.read(told(TaskAcknowledged, STREET))
    completed.wait_until(LIMIT - timedelta(seconds=1))
    escalated = [f for f in completed.wait_until(LIMIT) if isinstance(f, CaseEscalated)]
    assert [fact.task for fact in escalated] == [LEAD, STREET, POLICE]
    assert {fact.reason for fact in escalated} == {EscalationReason.OVERDUE}
    assert completed.wait_until(T + timedelta(days=9)) == []
    assert names(completed.read(done())) == ["TaskDispatched"]


def test_what_waits_climbs_from_where_the_case_is(completed: Router) -> None:
    """One tier."""
    completed.read_all(told(TaskAcknowledged), back(STREET))
    completed.wait_until(LIMIT - timedelta(seconds=1))
    completed.case = replace(completed.case, tier=Tier.COMMUNITY)
    facts = completed.wait_until(LIMIT)
    assert [f.tier for f in facts if isinstance(f, CaseEscalated)] == [
        Tier.SUBDISTRICT,
        Tier.DISTRICT,
    ]


def test_a_later_deadline_of_the_lead_is_waited_for_anew(completed: Router) -> None:
    """Once per deadline value."""
    completed.read_all(told(TaskAcknowledged), back(STREET), asked())
    completed.wait_until(LIMIT)
    completed.answer(asked(), approved=True)
    facts = completed.wait_until(T + timedelta(days=1))
    assert [f.task for f in facts if isinstance(f, CaseEscalated)] == [LEAD, POLICE]


def test_while_the_lead_is_suspended_what_waits_is_silent(completed: Router) -> None:
    """Its clock stands still as well."""
    request = asked(RequestKind.SUSPENSION, review_in=timedelta(days=3))
    completed.read_all(back(STREET), request)
    completed.answer(request, approved=True)
    assert completed.wait_until(T + timedelta(days=2)) == []


def test_while_the_lead_is_in_dispute_what_waits_is_silent(completed: Router) -> None:
    """The dispute has a timer of its own; whoever leads then opens the gate."""
    completed.read_all(back(STREET), back(LEAD))
    completed.read(back(attempt(2)))
    assert [timer.task_id for timer in completed.timers] == [attempt(2).task_id]
    completed.wait_until(T + timedelta(days=2))
    facts = completed.read(done(attempt(3)))
    assert only(TaskDispatched, facts).task == POLICE


def test_the_present_lead_opens_the_gate(acknowledged: Router) -> None:
    """Not the one that gave the task back."""
    acknowledged.read(back(LEAD))
    assert acknowledged.read(told(TaskAcknowledged, attempt(2)))
    assert acknowledged.case.waiting == ()


def test_a_waiting_task_cannot_be_reassigned(acknowledged: Router) -> None:
    """Nobody has it yet."""
    with pytest.raises(TaskWaitingError):
        acknowledged.reassign(POLICE, "roads")


def test_an_early_word_opens_the_gate_with_the_filing(rules: Rulebook, file_case: FileCase) -> None:
    """The departments' topic was faster."""
    router = Router(gated(rules, Gate.LEAD_ACKNOWLEDGED))
    router.read(told(TaskAcknowledged))
    assert names(router.read(file_case())) == ["TaskDispatched"] * 3


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Gate.LEAD_COMPLETED, None, None),
        (None, Gate.LEAD_COMPLETED, None),
        (Gate.LEAD_COMPLETED, Gate.LEAD_COMPLETED, Gate.LEAD_COMPLETED),
    ],
)
def test_who_is_named_twice_waits_only_if_both_say_so(
    first: Gate | None, second: Gate | None, both: Gate | None, rules: Rulebook
) -> None:
    """And is required if either does."""
    [cover] = [d for group in rules.duties.by_standard.values() for d in group if d.code]
    twice = tuple(
        Assist(owner="fire", required=required, after=gate)
        for required, gate in ((True, first), (False, second))
    )
    duties = replace(
        rules.duties, by_standard=order_duties([replace(cover, assists=twice, code=None)])
    )
    [key] = [key for key in rules.catalog.entries if key.code == "01001"]
    location = Location(city="410100", district="410105", subdistrict="410105001")
    assert choose_assists(key, location, Tier.GRID, duties, "water") == (
        Assist(owner="fire", required=True, after=both),
    )
