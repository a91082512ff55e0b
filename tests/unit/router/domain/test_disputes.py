"""Disputes (会商): people, the catalog or the end of the case decide who leads."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    MERGE,
    POLICE,
    WITHDRAW,
    FileCase,
    Router,
    T,
    attempt,
    back,
    done,
    names,
    only,
    parked,
    remark,
    told,
)

from router.domain.case import CaseStatus
from router.domain.codes import (
    ClockKind,
    DecidedBy,
    DisputeGround,
    Outcome,
    ReassignReason,
    RemarkCode,
)
from router.domain.decided import (
    CaseEscalated,
    CaseHandled,
    DisputeOpened,
    DisputeSettled,
    ReminderIssued,
    TaskDispatched,
    TaskReassigned,
)
from router.domain.errors import DisputeSettledError, UnknownDisputeError
from router.domain.facts import MergeRequested, TaskAcknowledged, TaskDelivered, WithdrawalRequested
from router.domain.identity import dispute_id
from router.domain.parts import ExternalClock
from router.domain.task import TaskStatus
from router.domain.territory import Tier

DISPUTE = dispute_id(LEAD)
HOUR = timedelta(hours=1)
TWO_DAYS = timedelta(days=2)


def test_a_conference_gives_out_a_task_that_nobody_had(unowned: Router) -> None:
    """The same task, its first attempt: limits from now, not returnable, the tier as it was."""
    unowned.now = T + HOUR
    settled, given = unowned.settle(DISPUTE, "roads")
    assert settled == DisputeSettled(
        occurred_at=T + HOUR,
        dispute_id=DISPUTE,
        task=LEAD,
        decided_by=DecidedBy.CONFERENCE,
        lead="roads",
    )
    assert isinstance(given, TaskDispatched)
    assert (given.task, given.department, given.return_until) == (LEAD, "roads", None)
    assert (given.required, given.tier) == (True, Tier.SUBDISTRICT)
    assert given.clocks.response_due_at == T + 7 * HOUR
    assert unowned.status() is TaskStatus.DISPATCHED
    assert names(unowned.read(done())) == ["CaseHandled"]


def test_a_conference_reassigns_a_task_that_somebody_had(alone: Router) -> None:
    """A next attempt in place of the disputed one; who returned it keeps its word."""
    alone.read(back())
    settled, given = alone.settle(DISPUTE, "roads")
    assert isinstance(settled, DisputeSettled)
    assert isinstance(given, TaskReassigned)
    assert (given.task, given.replaces) == (attempt(2), LEAD.task_id)
    assert (given.reason, given.return_until) == (ReassignReason.SETTLED, None)
    assert alone.status() is TaskStatus.RETURNED
    assert alone.status(attempt(2)) is TaskStatus.DISPATCHED


def test_a_dispute_is_settled_once(unowned: Router) -> None:
    """By people or by rule, whoever is first."""
    unowned.settle(DISPUTE, "roads")
    with pytest.raises(DisputeSettledError):
        unowned.settle(DISPUTE, "water")


def test_the_rule_may_be_faster_than_people(unowned: Router) -> None:
    """The other order: the conference comes too late."""
    unowned.wait_until(T + TWO_DAYS)
    with pytest.raises(DisputeSettledError):
        unowned.settle(DISPUTE, "water")


def test_an_unknown_dispute_is_not_settled(busy: Router) -> None:
    """No task of the case has one with that id."""
    with pytest.raises(UnknownDisputeError):
        busy.settle(uuid4(), "water")


def test_a_rule_reassigns_at_the_next_tier(alone: Router) -> None:
    """The case climbs, and the government there leads; a second time it would be the city's."""
    alone.read(back())
    escalated, settled, given = alone.wait_until(T + TWO_DAYS)
    assert isinstance(escalated, CaseEscalated)
    assert (escalated.tier, escalated.task) == (Tier.DISTRICT, LEAD)
    assert isinstance(settled, DisputeSettled)
    assert isinstance(given, TaskReassigned)
    assert (given.department, given.tier) == ("district-410105", Tier.DISTRICT)


@pytest.mark.parametrize("answers", [[], [told(TaskAcknowledged)]])
def test_a_department_that_does_not_exist_is_disputed_at_once(
    answers: list[TaskAcknowledged], alone: Router
) -> None:
    """Whatever state its task was in."""
    alone.read_all(*answers)
    [fact] = alone.read(parked(unknown=True))
    assert isinstance(fact, DisputeOpened)
    assert (fact.ground, fact.dispute_id) == (DisputeGround.NO_SUCH_DEPARTMENT, DISPUTE)
    assert alone.read(parked(unknown=True)) == []


def test_settled_on_one_that_does_not_exist_is_disputed_anew(unowned: Router) -> None:
    """A second dispute over the same attempt has an id of its own."""
    unowned.settle(DISPUTE, "nobody")
    fact = only(DisputeOpened, unowned.read(parked(unknown=True)))
    assert fact.dispute_id == dispute_id(LEAD, 2) != DISPUTE
    assert only(TaskReassigned, unowned.settle(fact.dispute_id, "roads")).department == "roads"


@pytest.mark.parametrize("second", ["open", "settled"])
def test_a_first_dispute_stays_settled_when_a_second_follows(second: str, unowned: Router) -> None:
    """It is known for ever, and its id does not settle another one."""
    unowned.settle(DISPUTE, "nobody")
    unowned.read(parked(unknown=True))
    if second == "settled":
        unowned.settle(dispute_id(LEAD, 2), "roads")
    before = unowned.case
    with pytest.raises(DisputeSettledError):
        unowned.settle(DISPUTE, "water")
    assert unowned.case == before


def test_a_dispute_that_has_not_come_is_unknown(unowned: Router) -> None:
    """The task has had one only."""
    with pytest.raises(UnknownDisputeError):
        unowned.settle(dispute_id(LEAD, 2), "water")


def test_above_the_city_there_is_nobody_to_ask(alone: Router) -> None:
    """Its own government not there: a remark, and the delivery stays parked for its operator."""
    alone.read(parked(unknown=True))
    alone.wait_until(T + TWO_DAYS)
    assert only(DisputeOpened, alone.read(parked(attempt(2), unknown=True)))
    alone.wait_until(T + 2 * TWO_DAYS)
    assert alone.task(attempt(3)).department == "city-government"
    late = alone.read(parked(attempt(3), unknown=True))
    assert late == [remark(RemarkCode.NOT_APPLICABLE, attempt(3), alone.now)]
    assert alone.status(attempt(3)) is TaskStatus.DISPATCHED


def test_the_citys_lead_that_was_not_settled_may_be_disputed(
    router: Router, file_case: FileCase
) -> None:
    """A conference may still name somebody else."""
    router.read(file_case(lead="city-government"))
    assert only(DisputeOpened, router.read(parked(unknown=True)))


def test_a_parked_delivery_reminds_once(alone: Router) -> None:
    """Of the response limit, which would end unheard; its own reminder is then spent."""
    assert alone.read(parked()) == [
        ReminderIssued(
            occurred_at=T,
            task=LEAD,
            department="subdistrict-410105001",
            clock=ClockKind.RESPONSE,
            due_at=T + 6 * HOUR,
        )
    ]
    assert alone.read(parked()) == []
    assert alone.wait_until(T + 6 * HOUR - timedelta(seconds=1)) == []


def test_what_has_not_arrived_by_its_response_limit_is_disputed(alone: Router) -> None:
    """In place of the escalation: whom nobody could tell is not late."""
    alone.read(parked())
    [fact] = alone.wait_until(T + 6 * HOUR)
    assert isinstance(fact, DisputeOpened)
    assert fact.ground is DisputeGround.UNDELIVERABLE
    assert alone.case.tier is Tier.SUBDISTRICT


@pytest.mark.parametrize(
    "arrived", [told(TaskDelivered, minute=5), told(TaskAcknowledged, minute=5)]
)
def test_what_has_arrived_after_all_is_not(
    arrived: TaskDelivered | TaskAcknowledged, alone: Router
) -> None:
    """An operator released it, and the department is late like any other, or has answered."""
    alone.read_all(parked(), arrived)
    assert "DisputeOpened" not in names(alone.wait_until(T + timedelta(days=9)))
    assert alone.read(parked()) == []


def test_parked_without_a_response_limit_says_nothing(router: Router, file_case: FileCase) -> None:
    """The source system's clock knows none; its operator has the delivery."""
    router.read(file_case(code="06001", clock=ExternalClock(due_at=T + 8 * HOUR)))
    assert router.read(parked()) == []
    said = names(router.wait_until(T + 8 * HOUR))
    assert said == ["ReminderIssued", "DisputeOpened", "CaseEscalated"]


def test_what_nobody_fetches_is_disputed_at_its_resolution_limit(alone: Router) -> None:
    """Never parked, never delivered: the dispute holds it."""
    alone.wait_until(T + TWO_DAYS - timedelta(seconds=1))
    opened, escalated = alone.wait_until(T + TWO_DAYS)
    assert isinstance(opened, DisputeOpened)
    assert opened.ground is DisputeGround.UNDELIVERABLE
    assert isinstance(escalated, CaseEscalated)
    assert [timer.due_at for timer in alone.timers] == [opened.settle_by]


def test_undeliverable_to_the_citys_lead_climbs_instead(alone: Router) -> None:
    """No dispute could name anybody else: the case is overdue, and stays with the operator."""
    alone.read(parked(unknown=True))
    alone.wait_until(T + TWO_DAYS)
    alone.read(parked(attempt(2), unknown=True))
    alone.wait_until(T + 2 * TWO_DAYS)
    alone.read(parked(attempt(3)))
    said = names(alone.wait_until(T + timedelta(days=30)))
    assert "DisputeOpened" not in said
    assert "CaseEscalated" in said


@pytest.mark.parametrize("end", [WITHDRAW, MERGE])
def test_the_end_of_the_case_makes_a_dispute_moot(
    end: WithdrawalRequested | MergeRequested, unowned: Router
) -> None:
    """Nobody had the task, so nothing is cancelled."""
    settled, handled = unowned.read(end)
    assert isinstance(settled, DisputeSettled)
    assert (settled.decided_by, settled.lead) == (DecidedBy.MOOT, None)
    assert isinstance(handled, CaseHandled)
    assert unowned.status() is TaskStatus.CANCELLED
    with pytest.raises(DisputeSettledError):
        unowned.settle(DISPUTE, "roads")


def test_disputes_end_before_tasks_are_cancelled(busy: Router) -> None:
    """First every dispute, then every task that a department knows of."""
    busy.read_all(parked(POLICE, unknown=True))
    assert names(busy.read(WITHDRAW)) == ["DisputeSettled", *["TaskCancelled"] * 3, "CaseHandled"]


def test_who_returned_a_task_is_not_told_of_its_end(alone: Router) -> None:
    """It has had nothing to do with it since."""
    alone.read(back())
    assert names(alone.read(WITHDRAW)) == ["DisputeSettled", "CaseHandled"]


def test_work_that_is_done_needs_no_conference(alone: Router) -> None:
    """An operator released the delivery and the department did it: the dispute is moot."""
    alone.read(parked())
    alone.wait_until(T + 6 * HOUR)
    settled, handled = alone.read(done())
    assert isinstance(settled, DisputeSettled)
    assert settled.decided_by is DecidedBy.MOOT
    assert isinstance(handled, CaseHandled)
    assert handled.outcome is Outcome.SOLVED


def test_a_part_that_is_done_ends_its_own_dispute(busy: Router) -> None:
    """While others still work."""
    busy.read_all(parked(LEAD, unknown=True))
    assert names(busy.read(done(LEAD))) == ["DisputeSettled"]
    assert busy.case.status is CaseStatus.OPEN


def test_a_return_during_a_dispute_changes_nothing(alone: Router) -> None:
    """People decide already."""
    alone.read(parked(unknown=True))
    assert alone.read(back()) == []
    assert alone.status() is TaskStatus.DISPUTED


def test_outside_the_territory_the_rule_names_the_city(router: Router, file_case: FileCase) -> None:
    """Whatever the tier: there is no other government."""
    router.read(file_case(division="250250"))
    given = only(TaskDispatched, router.wait_until(T + TWO_DAYS))
    assert given.department == "city-government"
    assert router.case.tier is Tier.DISTRICT


def test_a_dispute_climbs_from_where_the_case_is(unowned: Router) -> None:
    """A case that had climbed before goes on from there."""
    unowned.case = replace(unowned.case, tier=Tier.DISTRICT)
    assert only(TaskDispatched, unowned.wait_until(T + TWO_DAYS)).department == "city-government"


@pytest.mark.parametrize(
    ("place", "lead"), [("410105001", "subdistrict-410105001"), ("250250", "city-government")]
)
def test_an_imported_case_is_settled_at_once(
    place: str, lead: str, router: Router, file_case: FileCase
) -> None:
    """Its timers are not looked at: the default lead has it from the start."""
    opened, settled, given = router.read(file_case("09001", division=place, replayed=True))
    assert isinstance(opened, DisputeOpened)
    assert isinstance(settled, DisputeSettled)
    assert (settled.decided_by, settled.lead) == (DecidedBy.RULE, lead)
    assert isinstance(given, TaskDispatched)
    assert given.department == lead
