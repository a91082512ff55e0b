"""Returns (退单): who gets a task that its department says is not its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    names,
    only,
    rework,
    told,
)

from router.domain.case import CaseStatus
from router.domain.codes import DisputeGround, EscalationReason, ReassignReason, RequestKind
from router.domain.decided import (
    CaseEscalated,
    CaseHandled,
    DisputeOpened,
    TaskDispatched,
    TaskReassigned,
)
from router.domain.duties import Duty, order_duties
from router.domain.facts import CaseReopened, TaskAcknowledged
from router.domain.parts import ExternalClock, MatterKind
from router.domain.rulebook import Rulebook
from router.domain.task import TaskStatus
from router.domain.territory import Tier

HOUR = timedelta(hours=1)


def with_duties(rules: Rulebook, *leads: tuple[str, str | None]) -> Rulebook:
    """Return rules with a duty for everything per lead and territory, beside those there are."""
    more = [
        Duty(
            standard_ref="test",
            kind=MatterKind.MATTER,
            class_code=None,
            code=None,
            territory=territory,
            lead=lead,
            tier=Tier.CITY,
        )
        for lead, territory in leads
    ]
    known = [duty for group in rules.duties.by_standard.values() for duty in group]
    duties = replace(rules.duties, by_standard=order_duties([*known, *more]))
    return replace(rules, duties=duties)


def filed(rules: Rulebook, file_case: FileCase, **what: object) -> Router:
    """Return a router that has given out a case under *rules*."""
    router = Router(rules)
    router.read(file_case(**what))
    return router


@pytest.fixture
def many(rules: Rulebook, file_case: FileCase) -> Router:
    """Roads follow water, fire follows roads."""
    leads = (("fire", None), ("roads", "410105"), ("elsewhere", "410173"))
    return filed(with_duties(rules, *leads), file_case)


def test_the_first_return_goes_to_the_next_most_specific_duty(many: Router) -> None:
    """Whose place is smaller comes first; whose place is another is not asked."""
    many.now = T + HOUR / 2
    [fact] = many.read(back())
    assert isinstance(fact, TaskReassigned)
    assert (fact.task, fact.department) == (attempt(2), "roads")
    assert (fact.replaces, fact.reason) == (LEAD.task_id, ReassignReason.RETURNED)
    assert (many.status(), many.status(attempt(2))) == (TaskStatus.RETURNED, TaskStatus.DISPATCHED)


def test_the_deadline_does_not_wait_for_a_return(many: Router) -> None:
    """The new department gets a response limit and a return window of its own."""
    many.now = T + HOUR / 2
    fact = only(TaskReassigned, many.read(back()))
    assert fact.clocks.resolution_due_at == T + 2 * HOUR
    assert fact.clocks.response_due_at == T + 1.5 * HOUR
    assert fact.return_until == T + timedelta(hours=6, minutes=30)
    assert (fact.required, fact.round) == (True, 1)


def test_a_second_return_is_for_people_to_settle(many: Router) -> None:
    """It opens a dispute, and the case climbs a tier."""
    many.read(back())
    many.case = replace(many.case, tier=Tier.SUBDISTRICT)
    opened, escalated = many.read(back(attempt(2)))
    assert isinstance(opened, DisputeOpened)
    assert (opened.task, opened.ground) == (attempt(2), DisputeGround.SECOND_RETURN)
    assert opened.settle_by == T + timedelta(days=2)
    assert isinstance(escalated, CaseEscalated)
    assert escalated.reason is EscalationReason.TWICE_RETURNED
    assert (escalated.tier, escalated.task) == (Tier.DISTRICT, attempt(2))
    assert many.status(attempt(2)) is TaskStatus.DISPUTED


def test_without_another_duty_the_default_lead_of_the_tier_gets_it(busy: Router) -> None:
    """Here the case is the city's from the start."""
    assert only(TaskReassigned, busy.read(back())).department == "city-government"


def test_the_tier_of_the_default_lead_is_that_of_the_case(many: Router) -> None:
    """Who has returned it is passed over, at every place in the list."""
    many.rules = with_duties(many.rules)
    many.case = replace(many.case, tier=Tier.DISTRICT)
    many.rules = replace(
        many.rules, duties=replace(many.rules.duties, by_standard=order_duties([]))
    )
    assert only(TaskReassigned, many.read(back())).department == "district-410105"


def test_nobody_left_to_ask_is_a_dispute(alone: Router) -> None:
    """The subdistrict returns what the catalog would give to it again; no tier is climbed."""
    [fact] = alone.read(back())
    assert isinstance(fact, DisputeOpened)
    assert (fact.ground, fact.task) == (DisputeGround.NO_DUTY, LEAD)
    assert alone.status() is TaskStatus.DISPUTED


def test_a_place_outside_the_territory_has_the_city_only(
    rules: Rulebook, file_case: FileCase
) -> None:
    """No duty is looked up for it."""
    router = filed(rules, file_case, lead="boston-parks", division="250250")
    assert only(TaskReassigned, router.read(back())).department == "city-government"


def test_the_lead_may_go_to_somebody_who_helps(rules: Rulebook, file_case: FileCase) -> None:
    """Only help is not given twice to one department."""
    router = filed(with_duties(rules, ("traffic-police", None)), file_case)
    assert only(TaskReassigned, router.read(back(LEAD))).department == "traffic-police"


def test_a_return_of_another_task_does_not_count(many: Router) -> None:
    """Both are first returns."""
    assert names(many.read_all(back(POLICE), back(LEAD))) == ["DisputeOpened", "TaskReassigned"]


def test_each_round_counts_its_own_returns(many: Router) -> None:
    """A return before the reopening is forgiven, but that department is not asked again."""
    many.read_all(back(), done(attempt(2)), done(POLICE))
    many.read(CaseReopened(occurred_at=T, round=2))
    assert many.case.status is CaseStatus.OPEN
    fact = only(TaskReassigned, many.read(back(attempt(3))))
    assert (fact.department, fact.round) == ("fire", 2)


def test_a_rework_is_of_the_same_round(many: Router) -> None:
    """Its return is the second one."""
    many.read_all(back(), done(attempt(2)), done(POLICE), rework(1))
    assert only(DisputeOpened, many.read(back(attempt(3)))).ground is DisputeGround.SECOND_RETURN


@pytest.mark.race("return and reassignment by a superior")
def test_a_return_after_a_reassignment_counts_for_nothing(many: Router) -> None:
    """It finds the task closed; who said so is still not asked again."""
    many.reassign(LEAD, "fire")
    assert names(many.read(back())) == ["Remarked"]
    fact = only(TaskReassigned, many.read(back(attempt(2))))
    assert fact.department == "roads"


def test_the_clock_of_a_source_system_goes_with_the_task(
    rules: Rulebook, file_case: FileCase
) -> None:
    """And so does what was said of it."""
    due_at = T + 8 * HOUR
    router = filed(rules, file_case, clock=ExternalClock(due_at=due_at))
    router.wait_until(T + 6 * HOUR)
    fact = only(TaskReassigned, router.read(back()))
    assert fact.clocks.resolution_due_at == due_at
    assert fact.clocks.response is None
    assert fact.clocks.resolution is not None
    assert fact.clocks.resolution.reminded


def test_an_imported_task_stays_unreturnable(rules: Rulebook, file_case: FileCase) -> None:
    """Nobody answers for it."""
    router = filed(rules, file_case, replayed=True)
    assert only(TaskReassigned, router.read(back())).return_until is None


def test_extensions_go_with_the_deadline(many: Router) -> None:
    """A department that takes over does not get two more."""
    request = asked()
    many.read_all(told(TaskAcknowledged), request)
    many.answer(request, approved=True)
    fact = only(TaskReassigned, many.read(back()))
    assert fact.extensions == 1
    assert many.task(attempt(2)).extensions == 1
    assert fact.clocks.resolution_due_at == T + 4 * HOUR


def test_a_return_while_suspended_goes_on_with_what_was_left(many: Router) -> None:
    """Somebody else's clock does not stand still."""
    request = asked(RequestKind.SUSPENSION, review_in=timedelta(days=1))
    many.now = T + HOUR
    many.read(request)
    many.answer(request, approved=True)
    many.now = T + 3 * HOUR
    fact = only(TaskReassigned, many.read(back()))
    assert fact.clocks.resolution_due_at == T + 4 * HOUR


def test_a_completion_of_the_next_attempt_solves_the_case(many: Router) -> None:
    """The returned one counts neither as work done nor as work open."""
    many.read_all(back(), done(POLICE))
    facts = many.read(done(attempt(2)))
    assert names(facts) == ["TaskCancelled", "CaseHandled"]
    assert only(CaseHandled, facts).round == 1
    assert not [fact for fact in facts if isinstance(fact, TaskDispatched)]
