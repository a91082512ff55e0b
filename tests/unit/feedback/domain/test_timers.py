"""The timers of feedback's states: `to_verify` and `to_call_back`; the others have none."""

from itertools import pairwise

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import CASE_ID, VERIFIER, at

from civicloop_contracts.codes import Outcome, RemarkCode, Tier
from civicloop_contracts.facts.feedback import CaseClosed
from civicloop_contracts.facts.remark import Remarked
from feedback.domain.case import Case, CaseState
from feedback.domain.commands import VerifyCase
from feedback.domain.evolve import evolve
from feedback.domain.own_facts import VerificationOverdue
from feedback.domain.parts import Tier as OwnTier
from feedback.domain.parts import tier_above

PERIOD = 48.0
WINDOW = 72.0
PASSED = VerifyCase(verifier=VERIFIER, passed=True)
FAILED = VerifyCase(verifier=VERIFIER, passed=False)


def test_to_verify_asks_the_tier_of_the_case_first(bench: Bench, story: Story) -> None:
    """Where the router sees it when it is handled: after an escalation one higher."""
    bench.tell(story.filed(), story.dispatched(tier=Tier.COMMUNITY))
    assert bench.case_row().verify_tier is None
    bench.tell(story.escalated(3, Tier.SUBDISTRICT), story.completed(), story.handled())
    assert bench.case_row().verify_tier == "subdistrict"


def test_to_verify_without_a_tier_asks_the_lowest(bench: Bench, story: Story) -> None:
    """A case of which no dispatch was read is somebody's too."""
    bench.tell(story.handled())
    assert bench.case_row().verify_tier == "grid"


def test_to_verify_overdue_asks_the_next_tier_until_the_city(bench: Bench, story: Story) -> None:
    """A remark and a tier per period; at the city it goes on reminding, never closed unverified."""
    bench.tell(story.dispatched(tier=Tier.COMMUNITY), story.completed(), story.handled())
    asked = [bench.case_row().verify_tier]
    for period in (1, 2, 3, 4):
        [fact] = bench.wait(4 + PERIOD * period)
        assert isinstance(fact, Remarked)
        assert fact.code is RemarkCode.VERIFICATION_OVERDUE
        asked.append(bench.case_row().verify_tier)
        assert bench.case_row().verify_by == at(4 + PERIOD * (period + 1))
    assert asked == ["community", "subdistrict", "district", "city", "city"]
    assert bench.state.state is CaseState.TO_VERIFY


@pytest.mark.parametrize("periods", [2, 3, 5])
def test_to_verify_after_a_long_stop_skips_no_tier(
    periods: int, bench: Bench, story: Story
) -> None:
    """Whoever could not look while the service stood still is asked before the next one."""
    bench.tell(story.dispatched(tier=Tier.GRID), story.completed(), story.handled())
    assert len(bench.wait(4 + periods * PERIOD)) == 1
    assert bench.case_row().verify_tier == "community"
    assert bench.case_row().verify_by == at(4 + (periods + 1) * PERIOD)


def test_to_verify_of_an_older_release_climbs_too() -> None:
    """A case that waited before tiers were kept has asked the lowest."""
    waiting = Case(case_id=CASE_ID, state=CaseState.TO_VERIFY, verify_by=at(4))
    overdue = VerificationOverdue(occurred_at=at(4), round=1, verify_by=at(52))
    assert evolve(waiting, overdue).verify_tier is OwnTier.COMMUNITY


@pytest.mark.parametrize(("tier", "above"), [*pairwise(OwnTier), (OwnTier.CITY, OwnTier.CITY)])
def test_nothing_is_above_the_city(tier: OwnTier, above: OwnTier) -> None:
    """Each tier has the next one above it."""
    assert tier_above(tier) is above


def test_a_verified_case_asks_no_verifier(handled_bench: Bench) -> None:
    """Neither a date nor a tier is left."""
    handled_bench.wait(4 + PERIOD)
    handled_bench.order(PASSED, 5 + PERIOD)
    row = handled_bench.case_row()
    assert (row.state, row.verify_by, row.verify_tier) == ("to_call_back", None, None)


def test_a_rework_starts_again_at_the_tier_of_the_case(handled_bench: Bench, story: Story) -> None:
    """What climbed for want of a verifier comes down with the next handling."""
    handled_bench.wait(4 + PERIOD)
    assert handled_bench.case_row().verify_tier == "district"
    handled_bench.order(FAILED, 5 + PERIOD)
    assert handled_bench.case_row().verify_tier is None
    handled_bench.tell(story.handled(6 + PERIOD))
    assert handled_bench.case_row().verify_tier == "subdistrict"


def test_to_call_back_ends_with_its_window(handled_bench: Bench) -> None:
    """Silence closes as solved, at the end of the window and not before."""
    handled_bench.order(PASSED, 5)
    assert handled_bench.wait(5 + WINDOW - 0.1) == []
    [fact] = handled_bench.wait(5 + WINDOW)
    assert isinstance(fact, CaseClosed)
    assert fact.outcome is Outcome.SOLVED
    assert handled_bench.case_row().solved is None


def test_open_and_ended_cases_have_no_timer(bench: Bench, story: Story) -> None:
    """The router's clocks hold an open case; a closed or rejected one waits for nobody."""
    next_timer = bench.room.next_timer
    bench.tell(story.filed(), story.dispatched())
    assert next_timer(bench.state) is None
    bench.tell(story.handled(4, Outcome.WITHDRAWN))
    assert next_timer(bench.state) is None
    rejected = Bench()
    rejected.tell(story.rejected())
    assert next_timer(rejected.state) is None
