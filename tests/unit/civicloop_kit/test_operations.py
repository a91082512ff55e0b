"""Retries in memory: which cases are tried, how fast, and what is written down about it."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.desk import ALL, ASKED, ERROR, Desk
from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.metrics import METRICS
from civicloop_kit.operation import (
    Kind,
    Operation,
    Selection,
    UnknownCaseError,
    UnknownOperationError,
)
from civicloop_kit.operations import _is_past
from civicloop_kit.postgres import CommitUnknownError, ConflictError, UnavailableError

CASES = [UUID(int=number) for number in range(1, 6)]
CASE = CASES[0]
ONE = Selection(case_id=CASE)


async def test_one_case_is_tried_before_the_answer() -> None:
    """The record that failed and what waits behind it; it is written down who asked for it."""
    desk = Desk(CASE, behind=2)
    done = await desk.retry(ONE)
    assert (done.kind, done.principal, done.selection) == (Kind.RETRY, "sre-1", ONE)
    assert (done.requested_at, done.finished_at, done.rate) == (ASKED, ASKED, 50)
    assert (done.cases, done.freed, done.records, done.reached) == (1, 1, 3, CASE)
    assert (desk.row(CASE).blocked, desk.row(CASE).state.told, desk.held) == (False, 3, [])
    assert desk.woken == 1
    assert len(desk.memory.hinted) == 3


async def test_a_case_that_is_not_known_is_refused() -> None:
    """Nothing is written down."""
    desk = Desk(CASE)
    with pytest.raises(UnknownCaseError):
        await desk.retry(Selection(case_id=CASES[1]))
    assert (desk.memory.tables.operations, desk.woken) == ({}, 0)


async def test_a_case_that_holds_nothing_is_done_at_once() -> None:
    """There was nothing to try."""
    desk = Desk(CASE)
    await desk.retry(ONE)
    again = await desk.retry(ONE)
    assert (again.cases, again.finished_at, again.reached) == (0, ASKED, None)


async def test_many_are_left_to_the_background() -> None:
    """Whoever asks is answered at once; the worker is woken."""
    desk = Desk(*CASES)
    begun = await desk.retry(ALL)
    assert (begun.cases, begun.freed, begun.records) == (0, 0, 0)
    assert (begun.finished_at, desk.woken) == (None, 1)
    assert len(desk.held) == 5


def test_many_are_tried_at_their_rate() -> None:
    """So many a second, in the order of their ids; the last batch ends it."""
    desk = Desk(*CASES)

    async def run() -> list[tuple[float, UUID | None, int]]:
        begun, steps = await desk.retry(ALL, rate=2), list[tuple[float, UUID | None, int]]()
        while await desk.operations.step():
            found = await desk.found(begun)
            steps.append((seconds(), found.reached, found.cases))
            assert (found.finished_at is None) is (found.cases < 5)
        return steps

    assert hurried(run()) == [(1, CASES[1], 2), (2, CASES[3], 4), (2.5, CASES[4], 5)]
    assert desk.held == []


def test_a_full_batch_may_be_the_last() -> None:
    """Then another look, which costs no time, finds the end."""
    desk = Desk(*CASES[:3])

    async def run() -> tuple[int, float, Operation]:
        begun, steps = await desk.retry(ALL, rate=3), 0
        while await desk.operations.step():
            steps += 1
        return steps, seconds(), await desk.found(begun)

    steps, time_s, done = hurried(run())
    assert (steps, time_s) == (2, 1)
    assert (done.cases, done.reached, done.finished_at) == (3, CASES[2], ASKED)


def test_no_transaction_has_more_than_fifty_cases() -> None:
    """Whatever the rate: others want these rows, too."""
    desk = Desk(*[UUID(int=number) for number in range(1, 53)])

    async def run() -> tuple[int, float, int]:
        begun = await desk.retry(ALL, rate=500)
        await desk.operations.step()
        first, time_s = (await desk.found(begun)).cases, seconds()
        await desk.operations.step()
        return first, time_s, (await desk.found(begun)).cases

    assert hurried(run()) == (50, 0.1, 52)


async def test_a_group_is_tried_by_its_cause() -> None:
    """Others are left as they are."""
    desk = Desk(*CASES[:2])
    held = desk.memory.tables.held
    held[1] = replace(held[1], error="KeyError")
    await desk.retry(Selection(reason="bug", error=ERROR))
    assert await desk.operations.step() == 1
    assert [desk.row(case_id).blocked for case_id in CASES[:2]] == [False, True]


async def test_what_fails_again_is_not_freed() -> None:
    """Nor counted as a new failure of the release."""
    desk = Desk(CASE, behind=1)
    desk.is_mended = False
    counted = METRICS.held.labels("bug")._value.get()
    done = await desk.retry(ONE)
    assert (done.cases, done.freed, done.records, done.finished_at) == (1, 0, 0, ASKED)
    assert desk.held == [(1, "bug", ERROR), (2, "behind", "")]
    assert METRICS.held.labels("bug")._value.get() == counted


async def test_a_case_with_a_gap_left_is_not_freed() -> None:
    """It is blocked no more, and waits for what is missing."""
    desk = Desk(CASE, behind=4)
    del desk.memory.tables.held[1]
    desk.row(CASE).held_count = 4
    done = await desk.retry(ONE)
    assert (done.cases, done.freed, done.records) == (1, 0, 1)
    assert (desk.row(CASE).blocked, desk.held) == (
        False,
        [(3, "gap", ""), (4, "gap", ""), (5, "gap", "")],
    )


async def test_without_an_operation_there_is_nothing_to_do() -> None:
    """The worker rests."""
    assert await Desk(CASE).operations.step() == 0


async def test_the_oldest_operation_is_worked_on_first() -> None:
    """And the newest is listed first."""
    desk = Desk(*CASES[:2])
    first = await desk.retry(Selection(reason="bug", error=ERROR))
    desk.clock.move(timedelta(minutes=1))
    second = await desk.retry(ALL)
    await desk.operations.step()
    assert [(await desk.found(one)).cases for one in (first, second)] == [2, 0]
    listed = await desk.operations.newest(None, 10)
    assert [one.operation_id for one in listed] == [second.operation_id, first.operation_id]
    older = await desk.operations.newest(second.operation_id, 10)
    assert [one.operation_id for one in older] == [first.operation_id]


async def test_an_operation_that_is_not_known_is_said() -> None:
    """It was never asked for."""
    with pytest.raises(UnknownOperationError):
        await Desk().operations.find(CASE)


async def test_a_case_that_has_moved_on_is_tried_again() -> None:
    """From freshly locked rows, up to twenty times; then the background goes on."""
    desk = Desk(CASE)
    desk.memory.fails_to_save.extend([ConflictError()] * 19)
    done = await desk.retry(ONE)
    assert (done.freed, done.finished_at) == (1, ASKED)
    desk = Desk(CASE)
    desk.memory.fails_to_save.extend([ConflictError()] * 20)
    begun = await desk.retry(ONE)
    assert (begun.cases, begun.finished_at, len(desk.memory.fails_to_save)) == (0, None, 0)
    await desk.operations.step()
    assert (await desk.found(begun)).freed == 1


async def test_a_case_that_is_done_is_not_looked_at_again() -> None:
    """One look, and one transaction each to begin it and to try it."""
    desk = Desk(CASE)
    await desk.retry(ONE)
    assert desk.memory.begun == 2


async def test_what_another_process_is_at_is_left_to_it() -> None:
    """Nothing is counted twice."""
    desk = Desk(*CASES)
    begun = await desk.retry(ALL)
    desk.memory.locked.add(begun.operation_id)
    await desk.operations._advance(begun)
    assert (await desk.found(begun)).cases == 0
    assert len(desk.held) == 5


async def test_a_case_that_was_freed_meanwhile_is_left_as_it_is() -> None:
    """It was blocked when it was looked for; the count is of what was looked at."""
    desk = Desk(CASE)
    begun = await desk.retry(ALL)
    desk.row(CASE).blocked = False
    await desk.operations.step()
    assert (desk.row(CASE).version, (await desk.found(begun)).records) == (1, 0)


async def test_an_unknown_commit_is_looked_up() -> None:
    """The relay reads the table: facts may be there that nobody hinted."""
    desk = Desk(CASE)
    await desk.retry(ALL)
    desk.memory.fails_to_commit.append(CommitUnknownError())
    with pytest.raises(UnavailableError):
        await desk.operations.step()
    assert (desk.memory.rescans, desk.memory.hinted) == (1, [])


@pytest.mark.parametrize(
    ("reached", "finished", "cases", "is_past"),
    [
        (None, False, (1, 2), False),
        (2, False, (3, 4), False),
        (3, False, (1, 2, 3), True),
        (5, False, (1, 2, 3), True),
        (2, False, (1, 2, 3), False),
        (2, False, (3, 1), True),
        (2, False, (), False),
        (None, True, (1,), True),
        (2, True, (3,), True),
    ],
)
def test_a_batch_that_was_tried_meanwhile_is_known(
    reached: int | None, cases: tuple[int, ...], *, finished: bool, is_past: bool
) -> None:
    """By the last of its cases, or because all is over."""
    operation = Operation(
        kind=Kind.RETRY,
        requested_at=ASKED,
        principal="sre-1",
        selection=ALL,
        reached=None if reached is None else UUID(int=reached),
        finished_at=ASKED if finished else None,
    )
    assert _is_past(operation, [UUID(int=number) for number in cases]) is is_past
