"""What the database refuses costs one case; which record it is, or its timer, is found out."""

from dataclasses import replace
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.desk import ALL, ASKED, ERROR, Desk
from tests.unit.civicloop_kit.memory import placed

from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.operation import Selection
from civicloop_kit.postgres import (
    ConflictError,
    DataError,
    MisconfiguredError,
    UnavailableError,
)

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))
REFUSAL = DataError("22P05 UntranslatableCharacterError")


async def refusing(*places: int, selection: Selection = ALL) -> Desk:
    """Return a desk of three cases, of the second of which these records were refused."""
    desk = Desk(ONE, TWO, THREE, behind=3)
    reports = desk.reports(TWO)
    desk.memory.refusal = REFUSAL
    desk.memory.refused_reports = {reports[place] for place in places}
    await desk.retry(selection)
    return desk


async def test_the_refused_record_is_named_and_those_before_it_stand() -> None:
    """The others of the batch are freed; what waits behind it waits on."""
    desk = await refusing(1)
    (begun,) = await desk.operations.newest(None, 1)
    await desk.operations.step()
    found = await desk.found(begun)
    assert [desk.row(case_id).state.told for case_id in (ONE, TWO, THREE)] == [4, 1, 4]
    assert desk.held == [
        (12, "bug", "22P05 UntranslatableCharacterError"),
        (13, "behind", ""),
        (14, "behind", ""),
    ]
    assert (found.cases, found.freed, found.reached) == (3, 2, THREE)
    assert desk.memory.tables.failed_timers == {}


async def test_records_are_tried_as_they_are_applied() -> None:
    """Not as they lie in their topics: the second one that is refused may lie before the first."""
    desk = Desk(TWO, behind=1)
    first, second = desk.memory.tables.held
    reports = desk.reports(TWO)
    desk.memory.tables.held = [
        replace(first, record=placed(first.record, 9)),
        replace(second, record=placed(second.record, 8)),
    ]
    desk.memory.refusal, desk.memory.refused_reports = REFUSAL, {reports[1]}
    await desk.retry(ALL)
    await desk.operations.step()
    assert desk.held == [(8, "bug", "22P05 UntranslatableCharacterError")]
    assert desk.row(TWO).state.told == 1


async def test_the_others_go_on_after_a_refusal() -> None:
    """It was no last batch: each case was tried alone, and the next look finds the end."""
    desk = await refusing(1)
    (begun,) = await desk.operations.newest(None, 1)
    await desk.operations.step()
    assert (await desk.found(begun)).finished_at is None
    await desk.operations.step()
    assert (await desk.found(begun)).finished_at == ASKED


async def test_the_first_that_fails_is_the_last_that_is_tried() -> None:
    """The decider fails before the database can refuse: what comes later waits behind it."""
    desk = Desk(TWO, behind=2)
    desk.is_mended = False
    desk.memory.fails_to_save.extend([REFUSAL, REFUSAL])
    await desk.retry(ALL)
    await desk.operations.step()
    assert desk.held == [(1, "bug", ERROR), (2, "behind", ""), (3, "behind", "")]
    assert (desk.row(TWO).state.told, desk.row(TWO).blocked) == (0, True)
    assert desk.memory.tables.failed_timers == {}


async def test_one_refused_case_is_finished_with() -> None:
    """It was the only one."""
    desk = await refusing(0, selection=Selection(case_id=TWO))
    (done,) = await desk.operations.newest(None, 1)
    assert (done.cases, done.freed, done.records, done.finished_at) == (1, 0, 0, ASKED)
    assert desk.held[4] == (11, "bug", "22P05 UntranslatableCharacterError")
    assert desk.row(TWO).blocked


async def test_an_error_that_is_not_the_databases_is_named_only() -> None:
    """Its message may quote somebody."""
    desk = await refusing(0, selection=Selection(case_id=ONE))
    desk.memory.refusal = ZeroDivisionError("somebody's words")
    await desk.retry(Selection(case_id=TWO))
    assert desk.held[0] == (11, "bug", "ZeroDivisionError")


async def test_a_timer_is_blamed_where_no_record_is_at_fault() -> None:
    """All its records are applied, and the case stays blocked with that reason."""
    desk = Desk(ONE, TWO, behind=1)
    desk.memory.refuses, desk.memory.refusal = (TWO,), REFUSAL
    await desk.retry(ALL)
    await desk.operations.step()
    assert (desk.row(TWO).blocked, desk.row(TWO).state.told, desk.held) == (True, 2, [])
    assert desk.memory.tables.failed_timers == {TWO: "22P05 UntranslatableCharacterError"}
    assert not desk.row(ONE).blocked


@pytest.mark.parametrize(
    "passing",
    [UnavailableError(), ConflictError(), MisconfiguredError("42501"), TooManyHeldError()],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("refusals", [0, 1, 2])
async def test_what_says_nothing_of_the_case_blames_nobody(
    passing: Exception, refusals: int
) -> None:
    """However far the search for a culprit was: it is raised, and the same is tried again."""
    desk = Desk(TWO, behind=1)
    await desk.retry(ALL)
    held = desk.held
    desk.memory.fails_to_save.extend([REFUSAL] * refusals)
    desk.memory.fails_to_save.append(passing)
    with pytest.raises(type(passing)):
        await desk.operations.step()
    assert (desk.held, desk.row(TWO).blocked) == (held, True)
    await desk.operations.step()
    assert (desk.held, desk.row(TWO).state.told) == ([], 2)


async def test_a_search_counts_its_case_once() -> None:
    """Looking for the culprit is no try of its own."""
    desk = Desk(TWO, behind=1)
    begun = await desk.retry(ALL)
    desk.memory.fails_to_save.extend([REFUSAL] * 3)
    await desk.operations.step()
    found = await desk.found(begun)
    assert (found.cases, found.freed, found.records) == (1, 0, 0)
    assert desk.held == [(1, "bug", "22P05 UntranslatableCharacterError"), (2, "behind", "")]
