"""Help (协办): it goes to helpers, and a case waits for none that it does not require."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    POLICE,
    STREET,
    STREET_GOVERNMENT,
    FileCase,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    names,
    only,
    parked,
    remark,
    rework,
    told,
)

from router.domain.codes import (
    CancelReason,
    DisputeGround,
    EscalationReason,
    Gate,
    ReassignReason,
    RemarkCode,
)
from router.domain.decided import (
    CaseEscalated,
    DisputeOpened,
    DisputeSettled,
    TaskCancelled,
    TaskReassigned,
)
from router.domain.duties import Assist, Duty, order_duties
from router.domain.facts import Fact, TaskAcknowledged
from router.domain.identity import dispute_id
from router.domain.parts import MatterKind
from router.domain.rulebook import Rulebook
from router.domain.task import TaskStatus
from router.domain.territory import Tier

HOUR = timedelta(hours=1)
TWO_DAYS = timedelta(days=2)


def with_helpers(rules: Rulebook, *helpers: str) -> Rulebook:
    """Return rules with a duty for everything, led by roads, that names *helpers*."""
    general = Duty(
        standard_ref="test",
        kind=MatterKind.MATTER,
        class_code=None,
        code=None,
        territory=None,
        lead="roads",
        tier=Tier.CITY,
        assists=tuple(Assist(owner=helper, required=False) for helper in helpers),
    )
    known = [duty for group in rules.duties.by_standard.values() for duty in group]
    duties = replace(rules.duties, by_standard=order_duties([*known, general]))
    return replace(rules, duties=duties)


@pytest.fixture
def helped(rules: Rulebook, file_case: FileCase) -> Router:
    """Beside the police and the subdistrict, fire and power may help water."""
    router = Router(with_helpers(rules, "fire", "power"))
    router.read(file_case())
    return router


@pytest.mark.parametrize("task", [POLICE, STREET], ids=["required", "optional"])
def test_returned_help_goes_to_the_next_helper(task: object, helped: Router) -> None:
    """Never to who leads under another duty; required or not, as it was."""
    fact = only(TaskReassigned, helped.read(back(task)))  # type: ignore[arg-type] # a reference
    assert (fact.department, fact.reason) == ("fire", ReassignReason.RETURNED)
    assert fact.required is (task == POLICE)


def test_help_is_not_given_twice_to_one_department(helped: Router) -> None:
    """Who helps already, or has returned help in this case, is passed over."""
    assert only(TaskReassigned, helped.read(back(POLICE))).department == "fire"
    assert only(TaskReassigned, helped.read(back(STREET))).department == "power"


def test_who_waits_for_its_own_task_gets_no_other(rules: Rulebook, file_case: FileCase) -> None:
    """The police would have two."""
    [cover] = [d for group in rules.duties.by_standard.values() for d in group if d.code]
    police = Assist(owner="traffic-police", required=True, after=Gate.LEAD_ACKNOWLEDGED)
    cover = replace(cover, assists=(police, Assist(owner="@subdistrict", required=True)))
    duties = replace(rules.duties, by_standard=order_duties([cover]))
    router = Router(replace(rules, duties=duties))
    router.read(file_case())
    assert names(router.read(back(STREET))) == ["DisputeOpened"]


def test_without_another_helper_required_help_is_disputed(busy: Router) -> None:
    """No lead and no government gets it unasked."""
    [fact] = busy.read(back(POLICE))
    assert isinstance(fact, DisputeOpened)
    assert (fact.task, fact.ground) == (POLICE, DisputeGround.NO_DUTY)


def test_without_another_helper_optional_help_is_remarked_once(busy: Router) -> None:
    """The case goes on without it, and says so."""
    assert busy.read(back(STREET)) == [remark(RemarkCode.HELP_DECLINED, STREET)]
    assert busy.status(STREET) is TaskStatus.RETURNED
    assert busy.read(told(TaskAcknowledged)) == []
    assert names(busy.solve()) == ["CaseHandled"]


def test_optional_help_returned_twice_is_remarked(helped: Router) -> None:
    """Nobody has to settle it, and the case does not climb."""
    helped.read(back(STREET))
    again = attempt(2, STREET)
    assert helped.read(back(again)) == [remark(RemarkCode.HELP_DECLINED, again)]


def test_optional_help_outside_the_territory_is_remarked(
    rules: Rulebook, file_case: FileCase
) -> None:
    """No duty is looked up for such a place."""
    router = Router(with_helpers(rules, "fire"))
    filed = file_case()
    router.read(filed)
    terms = router.case.terms
    assert terms is not None
    outside = replace(terms, place=replace(terms.place, division="250250"))
    router.case = replace(router.case, terms=outside)
    assert router.read(back(STREET)) == [remark(RemarkCode.HELP_DECLINED, STREET)]


def test_an_early_return_of_help_is_remarked_with_the_filing(
    router: Router, file_case: FileCase
) -> None:
    """The departments' topic was faster."""
    router.read(back(STREET))
    assert names(router.read(file_case())) == ["TaskDispatched"] * 3 + ["Remarked"]


def test_declined_help_may_be_asked_for_in_a_rework(busy: Router) -> None:
    """Then it is required, and goes to a helper who has finished its own task."""
    busy.read(back(STREET))
    busy.solve()
    assert names(busy.read(rework(3))) == ["TaskReassigned"]
    fact = only(TaskReassigned, busy.read(back(attempt(2, STREET))))
    assert (fact.department, fact.required) == ("traffic-police", True)


def test_optional_help_of_nobody_ends(busy: Router) -> None:
    """No conference meets for it."""
    [fact] = busy.read(parked(STREET, unknown=True))
    assert fact == TaskCancelled(
        occurred_at=T,
        task=STREET,
        department=STREET_GOVERNMENT,
        reason=CancelReason.UNDELIVERABLE,
    )
    assert busy.status(STREET) is TaskStatus.CANCELLED
    assert names(busy.solve()) == ["CaseHandled"]


def test_optional_help_of_nobody_is_refused_what_it_asked_for(busy: Router) -> None:
    """Its department was removed after it had asked."""
    busy.read(asked(task=STREET))
    said = busy.read(parked(STREET, unknown=True))
    assert names(said) == ["RequestRefused", "TaskCancelled"]


@pytest.mark.parametrize(
    ("before", "when"), [([parked(STREET)], HOUR), ([], 2 * HOUR)], ids=["parked", "not fetched"]
)
def test_optional_help_that_does_not_arrive_ends_at_its_limit(
    before: list[Fact], when: timedelta, busy: Router
) -> None:
    """Without a dispute, and without the case climbing for it."""
    busy.read_all(told(TaskAcknowledged), told(TaskAcknowledged, POLICE), *before)
    busy.wait_until(T + when - timedelta(seconds=1))
    said = [fact for fact in busy.wait_until(T + when) if getattr(fact, "task", None) == STREET]
    assert names(said) == ["TaskCancelled"]


def test_optional_help_parked_after_its_limit_ends_at_once(busy: Router) -> None:
    """No timer would look at it again."""
    busy.wait_until(T + HOUR)
    assert names(busy.read(parked(STREET))) == ["TaskCancelled"]


def test_the_rule_gives_disputed_help_to_a_helper(helped: Router) -> None:
    """One who has not had it; the case climbs as for a lead."""
    helped.read_all(told(TaskAcknowledged), told(TaskAcknowledged, STREET))
    helped.read(parked(POLICE, unknown=True))
    said = helped.wait_until(T + TWO_DAYS)
    settled = only(DisputeSettled, said)
    assert (settled.task, settled.lead) == (POLICE, "fire")
    given = [fact for fact in said if isinstance(fact, TaskReassigned)]
    assert [(fact.task, fact.department) for fact in given] == [(attempt(2, POLICE), "fire")]
    assert EscalationReason.OVERDUE in {f.reason for f in said if isinstance(f, CaseEscalated)}


def test_the_rule_gives_help_to_the_default_lead_where_no_helper_is_left(busy: Router) -> None:
    """The case cannot do without it."""
    busy.read_all(told(TaskAcknowledged), told(TaskAcknowledged, STREET), back(POLICE))
    assert only(DisputeSettled, busy.wait_until(T + TWO_DAYS)).lead == "city-government"


def test_helpers_are_asked_once_each(helped: Router) -> None:
    """A dispute over help ends with the government of the city at last."""
    helped.read_all(told(TaskAcknowledged), told(TaskAcknowledged, STREET))
    asked_in_turn = []
    for number in range(1, 5):
        asked_in_turn.append(helped.task(attempt(number, POLICE)).department)
        helped.read(parked(attempt(number, POLICE), unknown=True))
        helped.wait_until(helped.now + TWO_DAYS)
    assert asked_in_turn == ["traffic-police", "fire", "power", "city-government"]
    assert helped.status(attempt(4, POLICE)) is TaskStatus.DISPATCHED


def test_a_conference_names_any_department_to_help(helped: Router) -> None:
    """Also one that no duty names."""
    helped.read(parked(POLICE, unknown=True))
    given = only(TaskReassigned, helped.settle(dispute_id(POLICE), "anybody"))
    assert given.department == "anybody"


def test_who_leads_still_gets_no_help_when_it_is_done(helped: Router) -> None:
    """It is no helper, done or not."""
    helped.read(done(LEAD))
    assert only(TaskReassigned, helped.read(back(POLICE))).department == "fire"
