"""Held records are tried again or left out, each once, and it is written down who asked for it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.integration.civicloop_kit.world import World, count
from tests.unit.civicloop_kit.counting import (
    BUG,
    NUL,
    WELL,
    Counter,
    attached,
    counting_room,
    on_timer,
)

from civicloop_contracts.codes import Channel
from civicloop_contracts.facts import intake
from civicloop_kit.engine import Engine
from civicloop_kit.held_reads import HeldReads
from civicloop_kit.mending import NotFailedError, NotNextError, UnknownHeldError
from civicloop_kit.metrics import METRICS
from civicloop_kit.operation import Operation, Selection, UnknownCaseError, Why
from civicloop_kit.operations import Operations
from civicloop_kit.postgres import Database, UnavailableError
from civicloop_kit.release import RELEASE
from civicloop_kit.room import Room
from civicloop_kit.testing import FakeClock

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ALL = Selection()


@dataclass
class Release:
    """A release of the small room: it fails on some channels, until it is mended."""

    broken: frozenset[Channel] = frozenset({BUG})
    timer_broken: bool = False

    def room(self) -> Room[Counter]:
        """Return the room; it asks this release at every record."""
        room = counting_room()
        kept = room.on_fact[intake.ReportAttached]

        def on_report(state: Counter, fact: Any, moment: Any) -> Any:
            if fact.channel in self.broken:
                raise ZeroDivisionError
            channel = fact.channel if fact.channel is NUL else WELL
            return kept(state, fact.model_copy(update={"channel": channel}), moment)

        def fire(state: Counter, now: datetime) -> Any:
            if self.timer_broken:
                raise LookupError
            return on_timer(state, now)

        return replace(room, on_fact={intake.ReportAttached: on_report}, on_timer=fire)


@dataclass(kw_only=True)
class Desk:
    """A room with an operator at it."""

    world: World
    engine: Engine[Counter]
    operations: Operations[Counter]
    reads: HeldReads
    release: Release
    clock: FakeClock

    async def apply(self, *facts: tuple[Any, int], first: int = 0) -> None:
        """Deliver numbered facts from an offset on."""
        batch = self.world.batch(*facts, first=first)
        await self.engine.batches.apply(batch, self.engine.batches.generation)

    async def retry(self, selection: Selection, rate: int = 50) -> Operation:
        """Try again, to the end."""
        operation = await self.operations.retry("sre-1", selection, rate)
        while await self.operations.step():
            pass
        return await self.operations.find(operation.operation_id)

    async def told(self, case_id: UUID) -> int:
        """Return how many reports of a case were applied."""
        return (await self.world.state(self.engine, case_id)).told

    async def discard(self, case_id: UUID, offset: int, why: Why = Why.NOT_A_FACT) -> Operation:
        """Leave a record out."""
        place = (self.world.topic, 0, offset)
        return await self.operations.discard("sre-1", case_id, place, why)

    async def row(self, case_id: UUID) -> Any:
        """Return the row of a case."""
        (row,) = await self.world.rows("SELECT * FROM case_rows WHERE case_id = $1", case_id)
        return row


@asynccontextmanager
async def desk_at(world: World) -> AsyncIterator[Desk]:
    """Open a desk."""
    release, clock = Release(), FakeClock(START)
    async with world.database() as database, world.assembled(release.room(), clock=clock) as engine:
        yield Desk(
            world=world,
            engine=engine,
            operations=Operations(engine.transactions),
            reads=HeldReads(database),
            release=release,
            clock=clock,
        )


async def test_a_mended_release_applies_what_was_held_in_order(quiet: World) -> None:
    """The record that failed and all behind it; the row and its timer are free again."""
    case_id = uuid4()
    facts = [attached(case_id), attached(case_id, BUG), attached(case_id)]
    async with desk_at(quiet) as desk:
        await desk.apply((facts[0], 1), (facts[1], 2), (facts[2], 3))
        desk.release.broken = frozenset()
        done = await desk.operations.retry("sre-1", Selection(case_id=case_id), 50)
        state = await quiet.state(desk.engine, case_id)
        row = await desk.row(case_id)
    assert state.reports == tuple(fact.report_id for fact in facts)
    assert (done.cases, done.freed, done.records) == (1, 1, 2)
    assert done.finished_at is not None
    assert (row["blocked"], row["held_count"], await quiet.held()) == (False, 0, [])
    numbers = await quiet.rows("SELECT seq FROM outbox ORDER BY seq")
    assert [number["seq"] for number in numbers] == [1, 2, 3]


async def test_what_fails_again_is_held_again_with_its_new_error(quiet: World) -> None:
    """Since when it waits stays; nobody counts it as a new failure of the release."""
    case_id = uuid4()
    async with desk_at(quiet) as desk:
        await desk.apply((attached(case_id, NUL), 1), (attached(case_id, BUG), 2))
        desk.release.broken = frozenset({NUL})
        desk.clock.move(MINUTE)
        counted = METRICS.held.labels("bug")._value.get()
        before = await quiet.rows('SELECT held_at FROM held ORDER BY "offset"')
        again = await desk.retry(Selection(case_id=case_id))
        after = await quiet.rows('SELECT held_at FROM held ORDER BY "offset"')
        assert desk.engine.transactions.failures._failed_at.__len__() == 1
        assert METRICS.held.labels("bug")._value.get() == counted
    assert (again.cases, again.freed, again.records) == (1, 0, 0)
    assert await quiet.held() == [("bug", "ZeroDivisionError"), ("behind", "")]
    assert before == after


async def test_a_group_is_tried_by_reason_and_error(quiet: World) -> None:
    """Other causes are left as they are; a gap is nobody's failure."""
    bugs, odd, gap = [uuid4(), uuid4()], uuid4(), uuid4()
    async with desk_at(quiet) as desk:
        await desk.apply(
            *[(attached(case_id, BUG), 1) for case_id in bugs],
            (attached(odd, NUL), 1),
            (attached(gap), 2),
        )
        desk.release.broken = frozenset()
        done = await desk.retry(Selection(reason="bug", error="ZeroDivisionError"))
        groups = await desk.reads.groups()
        told = [await desk.told(case_id) for case_id in (*bugs, odd, gap)]
    assert (done.cases, done.freed, done.records) == (2, 2, 2)
    assert told == [1, 1, 0, 0]
    assert {(group.cause.reason, group.cases) for group in groups} == {("bug", 1), ("gap", 1)}


async def test_what_the_database_refuses_costs_its_own_case(quiet: World) -> None:
    """The others of the batch are freed; the refused record is named, and those before it stand."""
    good, bad = uuid4(), uuid4()
    async with desk_at(quiet) as desk:
        await desk.apply(
            (attached(good, BUG), 1),
            (attached(bad, BUG), 1),
            (attached(bad, NUL), 2),
            (attached(bad), 3),
        )
        desk.release.broken = frozenset()
        done = await desk.retry(ALL)
        told = [await desk.told(case_id) for case_id in (good, bad)]
    assert (done.cases, done.freed, done.records) == (2, 1, 1)
    assert told == [1, 1]
    assert await quiet.held() == [("bug", "22P05 UntranslatableCharacterError"), ("behind", "")]


async def test_asked_for_twice_nothing_is_applied_twice(quiet: World) -> None:
    """The second operation finds nothing to do, and is written down too."""
    case_id = uuid4()
    async with desk_at(quiet) as desk:
        await desk.apply((attached(case_id, BUG), 1))
        desk.release.broken = frozenset()
        first, second = [await desk.retry(Selection(case_id=case_id)) for _ in range(2)]
        told = await desk.told(case_id)
        listed = await desk.operations.newest(None, 10)
    assert (told, first.freed, second.cases) == (1, 1, 0)
    assert {operation.operation_id for operation in listed} == {
        first.operation_id,
        second.operation_id,
    }


async def test_a_retry_that_is_killed_midway_goes_on(quiet: World) -> None:
    """Another process goes on behind the last batch; no case is tried twice."""
    cases = sorted(uuid4() for _ in range(5))
    async with desk_at(quiet) as desk:
        await desk.apply(*[(attached(case_id, BUG), 1) for case_id in cases])
        desk.release.broken = frozenset()
        begun = await desk.operations.retry("sre-1", ALL, 500)
        await desk.operations._advance(replace(begun, rate=2))
        midway = await desk.operations.find(begun.operation_id)
        other = Operations(desk.engine.transactions)
        while await other.step():
            pass
        done = await other.find(begun.operation_id)
        told = [await desk.told(case_id) for case_id in cases]
    assert (midway.cases, midway.finished_at, midway.reached) == (2, None, cases[1])
    assert (done.cases, done.freed, done.records) == (5, 5, 5)
    assert told == [1] * 5


async def test_a_batch_that_another_process_has_tried_is_left(quiet: World) -> None:
    """Whoever looked before it was saved neither counts nor applies it again."""
    case_id = uuid4()
    async with desk_at(quiet) as desk:
        await desk.apply((attached(case_id, BUG), 1))
        begun = await desk.operations.retry("sre-1", ALL, 1)
        await desk.operations._advance(begun)
        row = await desk.row(case_id)
        await desk.operations._commit(begun, [case_id], lambda mender, it: mender.retry(it))
        done = await desk.operations.find(begun.operation_id)
        assert (await desk.row(case_id))["version"] == row["version"]
    assert (done.cases, done.freed) == (1, 0)


async def test_a_bad_release_does_not_stop_at_its_old_failures(quiet: World) -> None:
    """More cases that fail again than a minute may bring of new ones: nothing stops."""
    async with desk_at(quiet) as desk:
        cases = [uuid4() for _ in range(60)]
        for half in (cases[:30], cases[30:]):
            await desk.apply(
                *[(attached(case_id, BUG), 1) for case_id in half], first=desk_offset(desk)
            )
            desk.engine.transactions.failures._failed_at.clear()
        done = await desk.retry(ALL, rate=500)
        assert desk.engine.transactions.failures.stopped is None
    assert (done.cases, done.freed) == (60, 0)


def desk_offset(desk: Desk) -> int:
    """Return where the first partition goes on."""
    return desk.engine.batches.positions[desk.world.topic, 0]


class TestTimers:
    """A case whose timer failed, and timers that were due while a case was blocked."""

    async def test_a_failed_timer_is_tried_again(self, quiet: World) -> None:
        """There is no record; the reason is kept beside the case, and goes with it."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            desk.release.timer_broken = True
            await desk.engine.commands.submit(count(case_id, due_at=START + MINUTE))
            desk.clock.move(2 * MINUTE)
            await desk.engine.timers.fire_due()
            await desk.apply((attached(case_id), 1))
            found, _ = await desk.reads.case(case_id)
            again = await desk.retry(Selection(reason="timer", error="LookupError"))
            desk.release.timer_broken = False
            done = await desk.retry(Selection(case_id=case_id))
            state = await quiet.state(desk.engine, case_id)
        cause = found.cause
        assert (cause.reason, cause.error, cause.release) == ("timer", "LookupError", RELEASE)
        assert (found.since, found.records) == (START + 2 * MINUTE, 1)
        assert (again.cases, again.freed) == (1, 0)
        assert (done.freed, done.records, state.fired, state.told) == (1, 1, 1, 1)
        assert await quiet.rows("SELECT FROM failed_timers") == []

    async def test_a_freed_case_has_its_timer_again(self, quiet: World) -> None:
        """Null while it is blocked; afterwards the time that its state says."""
        case_id, due = uuid4(), START + 60 * MINUTE
        async with desk_at(quiet) as desk:
            await desk.engine.commands.submit(count(case_id, due_at=due))
            await desk.apply((attached(case_id, BUG), 1))
            blocked = (await desk.row(case_id))["timer_at"]
            desk.release.broken = frozenset()
            await desk.retry(Selection(case_id=case_id))
            freed = (await desk.row(case_id))["timer_at"]
        assert (blocked, freed) == (None, due)

    @pytest.mark.parametrize(("due_after_min", "order"), [(1, [1, 1, 2]), (3, [1, 2, 1])])
    async def test_a_timer_fires_where_it_would_have(
        self, quiet: World, due_after_min: int, order: list[int]
    ) -> None:
        """Due before the second record came: before it; due later: after both."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            due = START + due_after_min * MINUTE
            await desk.engine.commands.submit(count(case_id, due_at=due))
            await desk.apply((attached(case_id, BUG), 1))
            desk.clock.move(2 * MINUTE)
            await desk.apply((attached(case_id), 2), first=1)
            desk.clock.move(10 * MINUTE)
            desk.release.broken = frozenset()
            await desk.retry(Selection(case_id=case_id))
            facts = await quiet.rows("SELECT value FROM outbox WHERE seq > 1 ORDER BY seq")
        rounds = [
            int(str(fact["value"]).split('"round":')[1].split("}")[0].split(",")[0])
            for fact in facts
        ]
        assert rounds == order


class TestDiscard:
    """A record that no release will ever apply is left out, exactly that one."""

    async def test_its_source_advances_and_later_records_apply(self, quiet: World) -> None:
        """With a row that says who, when, what and why."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            bad = attached(case_id, BUG)
            await desk.apply((attached(case_id), 1), (bad, 2), (attached(case_id), 3))
            done = await desk.discard(case_id, 1)
            row, told = await desk.row(case_id), await desk.told(case_id)
        assert (told, await quiet.held(), row["blocked"]) == (2, [], False)
        assert '"/intake/cases":[3,' in row["inbox"]
        (audited,) = await quiet.rows_as_auditor("SELECT * FROM audit.operations")
        assert (audited["principal"], audited["kind"], audited["why"]) == (
            "sre-1",
            "discard",
            "not_a_fact",
        )
        assert (audited["topic"], audited["offset"], audited["seq"]) == (quiet.topic, 1, 2)
        assert (audited["digest"], done.records) == (quiet.batch((bad, 2))[0].digest, 1)

    async def test_asked_for_twice_it_is_left_out_once(self, quiet: World) -> None:
        """The second caller gets what was done for the first."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            await desk.apply((attached(case_id, BUG), 1), (attached(case_id), 2))
            first, second = [await desk.discard(case_id, 0) for _ in range(2)]
            row = await desk.row(case_id)
        assert first == second
        assert '"/intake/cases":[2,' in row["inbox"]

    async def test_killed_between_its_halves_it_is_finished(self, quiet: World) -> None:
        """The record is out, the case still blocked: the next process applies the rest."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            await desk.apply((attached(case_id, BUG), 1), (attached(case_id), 2))
            place = (quiet.topic, 0, 0)
            begun = await desk.operations._discard("sre-1", case_id, place, Why.NOT_NEEDED)
            blocked = (await desk.row(case_id))["blocked"]
            while await desk.operations.step():
                pass
            done = await desk.operations.find(begun.operation_id)
            told = await desk.told(case_id)
        assert (blocked, told, done.freed) == (True, 1, 1)

    async def test_a_record_without_a_number_stands_for_the_missing_one(self, quiet: World) -> None:
        """Its headers are spoilt; the next one waits for exactly that number."""
        case_id = uuid4()
        async with desk_at(quiet) as desk:
            spoilt = quiet.record(
                quiet.batch((attached(case_id), 1))[0], 0, headers=(("ce_id", b"\xff"),)
            )
            batch = [spoilt, *quiet.batch((attached(case_id), 2), first=1)]
            await desk.engine.batches.apply(batch, desk.engine.batches.generation)
            await desk.discard(case_id, 0)
            told = await desk.told(case_id)
        assert (told, await quiet.held()) == (1, [])

    async def test_what_did_not_fail_stays(self, quiet: World) -> None:
        """A record behind another, one that is not held, and one whose predecessor is missing."""
        case_id, gap = uuid4(), uuid4()
        async with desk_at(quiet) as desk:
            await desk.apply((attached(case_id, BUG), 1), (attached(case_id), 2))
            spoilt = quiet.record(quiet.batch((attached(gap), 5))[0], 2, value=b"{")
            await desk.engine.batches.apply([spoilt], desk.engine.batches.generation)
            with pytest.raises(NotFailedError):
                await desk.discard(case_id, 1)
            with pytest.raises(UnknownHeldError):
                await desk.discard(case_id, 7)
            with pytest.raises(UnknownHeldError):
                await desk.discard(uuid4(), 0)
            with pytest.raises(NotNextError):
                await desk.discard(gap, 2)
            assert await desk.operations.newest(None, 10) == []
        assert len(await quiet.held()) == 3
        assert len(await quiet.rows("SELECT FROM case_rows")) == 2


async def test_a_case_that_nobody_knows_is_said(quiet: World) -> None:
    """And leaves neither a row nor an operation."""
    async with desk_at(quiet) as desk:
        with pytest.raises(UnknownCaseError):
            await desk.operations.retry("sre-1", Selection(case_id=uuid4()), 50)
        with pytest.raises(UnknownCaseError):
            await desk.reads.case(uuid4())
    assert await quiet.rows("SELECT FROM case_rows UNION ALL SELECT FROM operations") == []


async def test_without_a_database_nothing_is_answered(quiet: World) -> None:
    """The caller is told to come again."""
    async with desk_at(quiet) as desk:
        closed = Database(quiet.url, application="test")
        desk.engine.transactions.database = closed
        with pytest.raises(UnavailableError):
            await desk.operations.retry("sre-1", ALL, 50)
