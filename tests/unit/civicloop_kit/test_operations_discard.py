"""Discards in memory: one record is left out, once, and what waits behind it is tried."""

from dataclasses import replace
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.desk import ASKED, Desk
from tests.unit.civicloop_kit.memory import _blank

from civicloop_kit.mending import NotFailedError, UnknownHeldError
from civicloop_kit.operation import Kind, Selection, Why
from civicloop_kit.postgres import ConflictError, UnavailableError

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


async def test_what_waits_behind_a_discarded_record_is_applied() -> None:
    """It is written down what was left out, and why."""
    desk = Desk(ONE, behind=2)
    digest = desk.memory.tables.held[0].record.digest
    done = await desk.discard(ONE)
    assert (done.kind, done.selection, done.requested_at) == (
        Kind.DISCARD,
        Selection(case_id=ONE),
        ASKED,
    )
    gone = done.discarded
    assert gone is not None
    assert (gone.place, gone.source, gone.sequence) == (("intake.cases", 0, 1), "/intake/cases", 1)
    assert (gone.digest, gone.why) == (digest, Why.NOT_A_FACT)
    assert (done.cases, done.freed, done.records, done.finished_at) == (1, 1, 2, ASKED)
    assert (desk.row(ONE).state.told, desk.held, desk.woken) == (2, [], 1)


async def test_asked_for_twice_it_is_done_once() -> None:
    """The second caller gets the first one's operation."""
    desk = Desk(ONE)
    first = await desk.discard(ONE)
    assert await desk.discard(UUID(str(ONE))) == first
    assert len(desk.memory.tables.operations) == 1


@pytest.mark.parametrize("other", [ONE, THREE])
async def test_a_record_that_was_another_cases_is_not_known(other: UUID) -> None:
    """Though it was discarded there."""
    desk = Desk(TWO)
    await desk.discard(TWO)
    desk.memory.tables.rows[other] = replace(_blank(other), version=1)
    with pytest.raises(UnknownHeldError):
        await desk.discard(other)


async def test_a_record_that_was_never_held_is_not_known() -> None:
    """Nothing is written down."""
    desk = Desk(ONE)
    with pytest.raises(UnknownHeldError):
        await desk.discard(ONE, offset=7)
    assert desk.memory.tables.operations == {}


async def test_a_record_that_only_waits_is_kept() -> None:
    """What it waits for is to be mended."""
    desk = Desk(ONE, behind=1)
    with pytest.raises(NotFailedError):
        await desk.discard(ONE, offset=2)
    assert (len(desk.held), desk.memory.tables.operations) == (2, {})


async def test_a_case_that_has_moved_on_is_asked_again() -> None:
    """Up to twenty times; then the caller is."""
    desk = Desk(ONE)
    desk.memory.fails_to_save.extend([ConflictError()] * 19)
    assert (await desk.discard(ONE)).finished_at == ASKED
    desk = Desk(ONE)
    desk.memory.fails_to_save.extend([ConflictError()] * 20)
    with pytest.raises(UnavailableError):
        await desk.discard(ONE)
    assert (len(desk.held), len(desk.memory.fails_to_save)) == (1, 0)
