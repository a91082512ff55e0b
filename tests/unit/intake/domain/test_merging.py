"""Merging: which reports may move where."""

from dataclasses import replace
from uuid import UUID

import pytest
from tests.unit.intake.bench import IntakeBench

from intake.domain.errors import AlreadyMergedError, CaseEndedError
from intake.domain.merging import forget, may_move, request_merge
from intake.domain.model import Outcome
from intake.domain.state import CaseState, new_case
from intake.testing import NOW

EARLIEST, LATEST = UUID(int=0), UUID(int=2**128 - 1)


@pytest.fixture
def granted() -> tuple[CaseState, CaseState]:
    """Give a case that may join another, and the other."""
    bench = IntakeBench()
    loser, survivor = bench.file(), bench.file(north=5)
    bench.merge(loser, survivor)
    bench.handled(loser, Outcome.MERGED, survivor)
    return bench.state(loser), bench.state(survivor)


def test_reports_move_to_the_survivor_that_was_asked_for(
    granted: tuple[CaseState, CaseState],
) -> None:
    """Once the router has agreed."""
    loser, survivor = granted
    assert may_move(loser, survivor)


@pytest.mark.parametrize("other", [EARLIEST, LATEST])
def test_reports_move_to_no_other_case(other: UUID, granted: tuple[CaseState, CaseState]) -> None:
    """Neither to an older nor to a newer one."""
    loser, survivor = granted
    assert not may_move(loser, replace(survivor, case_id=other))


def test_a_case_does_not_join_itself() -> None:
    """Whoever wrote its id."""
    bench = IntakeBench()
    state = bench.state(bench.file())
    same = replace(state, case_id=UUID(str(state.case_id)))
    with pytest.raises(AlreadyMergedError):
        request_merge(state, same, NOW)


@pytest.mark.parametrize("other", [EARLIEST, LATEST])
def test_a_case_may_join_an_older_or_a_newer_one(other: UUID) -> None:
    """The order of filing is no matter."""
    bench = IntakeBench()
    state = bench.state(bench.file())
    assert request_merge(state, replace(state, case_id=other), NOW).survivor == other


@pytest.mark.parametrize("outcome", [Outcome.WITHDRAWN, Outcome.MERGED])
def test_nothing_joins_a_case_that_ended_unsolved(outcome: Outcome) -> None:
    """Its reporters would hear an end that is not theirs."""
    bench = IntakeBench()
    loser, survivor = bench.file(), bench.file(north=5)
    bench.closed(survivor, outcome)
    with pytest.raises(CaseEndedError):
        request_merge(bench.state(loser), bench.state(survivor), NOW)


@pytest.mark.parametrize("ended", [1, 2, 3])
def test_the_end_of_one_merge_leaves_the_others_expected(ended: int) -> None:
    """Whichever of them was filed first."""
    waiting = tuple(UUID(int=number) for number in (1, 2, 3))
    state = replace(new_case(UUID(int=9)), incoming=waiting)
    left, facts = forget(state, UUID(int=ended), NOW)
    assert [case_id.int for case_id in left.incoming] == [n for n in (1, 2, 3) if n != ended]
    assert facts == ()
