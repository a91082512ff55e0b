"""What a transaction saves: rows, with all that was decided about them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.counting import Counter, attached, counting_room, showing_room
from tests.unit.civicloop_kit.memory import START, _blank, placed
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.test_store import store

from civicloop_contracts.fact import Replay
from civicloop_kit.jobs import FinishJob
from civicloop_kit.postgres import ConflictError
from civicloop_kit.received import pack_headers
from civicloop_kit.release import RELEASE
from civicloop_kit.room import Room
from civicloop_kit.rows import HeldRecord, Letter, Move, OutboxFact, Row, Work
from civicloop_kit.store import PositionLostError, letter_id
from civicloop_kit.testing.bench import record_of

ONE, TWO = UUID(int=7), UUID(int=8)
RECORD = placed(record_of(attached(ONE), "/intake/cases", 3), 9)
LATER = placed(record_of(attached(ONE), "/intake/cases", 4), 10)
DUE = datetime(2026, 3, 3, tzinfo=UTC)
EARLIER = START - timedelta(hours=1)
MOVE = Move(topic="intake.cases", partition=0, expected=9, next=10)
FACT = OutboxFact(
    source="/router/tasks",
    case_id=ONE,
    seq=5,
    shard=0,
    topic="router.tasks",
    type="civicloop.case.handled.v1",
    value=b"{}",
    traceparent=None,
    recorded_at=START,
)
REPLAY = Replay(run="old", handled_at=None, as_of=START)


def changed(case_id: UUID = ONE, **columns: Any) -> Row[Counter]:
    """Return a row that a decision has changed."""
    return replace(_blank(case_id), **{"version": 4, "changed": True, **columns})


def work(*rows: Row[Counter], **parts: Any) -> Work[Counter]:
    """Return a transaction's worth."""
    return Work(rows={row.case_id: row for row in rows}, **parts)


def saved(rows: int = 0, positions: int = 0) -> Scripted:
    """Return a database that saves so much."""
    return Scripted(save=[{"rows": rows, "positions": positions}])


async def save(database: Scripted, worth: Work[Counter], room: Room[Counter] | None = None) -> None:
    """Save a transaction's worth."""
    await store(room or counting_room()).save(cast("Any", database), worth, START)


@pytest.mark.parametrize("replay", [REPLAY, None])
async def test_a_row_is_read_as_it_was_saved(replay: Replay | None) -> None:
    """Each column by its name, the replay of a file included."""
    database = saved(rows=1)
    row = changed(
        inbox={"/intake/cases": (2, "aa")},
        emitted={"/router/tasks": (3, "bb")},
        held_count=1,
        blocked=True,
        replay=replay,
        traceparent="00-1",
        state=Counter(told=2, due_at=DUE),
    )
    await save(database, work(row))
    columns = database.arguments("save")[:10]
    ((case_id,), (version,), (inbox,), (emitted,), (held_count,), *others, (state,)) = columns
    (blocked,), (kept,), (traceparent,), (due_at,) = others
    assert (case_id, version, due_at) == (ONE, 4, None)
    known = Scripted(
        read_state=[
            {
                "case_id": case_id,
                "version": version,
                "inbox": inbox,
                "emitted": emitted,
                "held_count": held_count,
                "blocked": blocked,
                "replay": kept,
                "traceparent": traceparent,
                "state": state,
            }
        ]
    )
    assert await store(counting_room()).read(cast("Any", known), ONE) == replace(row, changed=False)


@pytest.mark.parametrize(
    ("columns", "due_at"),
    [
        ({}, DUE),
        ({"blocked": True}, None),
        ({"replay": REPLAY}, None),
        ({"replay": REPLAY, "blocked": True}, None),
    ],
    ids=["a case", "a blocked one", "a replayed one", "both"],
)
async def test_a_timer_is_saved_where_it_may_fire(
    columns: dict[str, Any], due_at: datetime | None
) -> None:
    """A blocked case is looked at first, a replayed one lives on the times of its file."""
    database = saved(rows=1)
    await save(database, work(changed(state=Counter(due_at=DUE), **columns)))
    assert database.arguments("save")[8] == [due_at]


@pytest.mark.parametrize(("room", "shows"), [(counting_room(), False), (showing_room(), True)])
async def test_rows_facts_and_positions_are_saved_together(
    room: Room[Counter], *, shows: bool
) -> None:
    """In one statement, which also notes whose snapshot is due."""
    database = saved(rows=1, positions=1)
    await save(database, work(changed(), facts=[FACT], moves=[MOVE]), room)
    assert database.names == ["save"]
    assert database.arguments("save")[10:] == (
        ["/router/tasks"],
        [ONE],
        [5],
        [0],
        ["router.tasks"],
        ["civicloop.case.handled.v1"],
        [b"{}"],
        [None],
        [START],
        shows,
        ["intake.cases"],
        [0],
        [9],
        [10],
    )


@pytest.mark.parametrize(
    ("worth", "asked"),
    [
        (work(changed(changed=False)), []),
        (work(changed()), ["save"]),
        (work(moves=[MOVE]), ["save"]),
    ],
    ids=["nothing", "a row", "a position"],
)
async def test_what_did_not_change_is_not_saved(worth: Work[Counter], asked: list[str]) -> None:
    """Nothing is asked for nothing."""
    database = saved(rows=len(worth.changed), positions=len(worth.moves))
    await save(database, worth)
    assert database.names == asked


@pytest.mark.parametrize(
    "database",
    [Scripted(), saved(rows=1, positions=1), saved(rows=3, positions=1)],
    ids=["nothing", "one of two", "more than there are"],
)
async def test_a_row_that_has_moved_on_is_a_conflict(database: Scripted) -> None:
    """All is decided again from what is there now."""
    with pytest.raises(ConflictError):
        await save(database, work(changed(ONE), changed(TWO), moves=[MOVE]))


async def test_a_position_that_is_another_ones_is_lost() -> None:
    """The partition was taken over: nothing of this is saved."""
    with pytest.raises(PositionLostError):
        await save(saved(rows=1), work(changed(), moves=[MOVE]))


async def test_many_rows_are_counted_by_number() -> None:
    """A batch may have hundreds."""
    rows = [changed(UUID(int=number)) for number in range(1, 301)]
    await save(saved(rows=int("300")), work(*rows))


async def test_effects_go_to_whoever_knows_them() -> None:
    """Jobs to the kit's table, the others to the room's."""
    job, other, given = FinishJob(job_id="job", claim_no=1), object(), list[object]()

    async def write(_connection: object, effects: Sequence[object]) -> None:
        given.extend(effects)

    room, database = replace(counting_room(), write_effects=write), Scripted()
    await save(database, work(effects=[other]), room)
    assert (given, database.asked) == ([other], [])
    database.answers["finish_jobs"] = [{"job_id": "job"}]
    await save(database, work(effects=[job]), counting_room())
    assert given == [other]
    assert len(database.asked) == 1


async def test_held_records_are_kept_with_the_reason() -> None:
    """Since when each waits, and which release could not apply it."""
    waiting = HeldRecord(record=RECORD, reason="gap", error="no 2", since=EARLIER)
    new = HeldRecord(record=LATER, reason="behind", error="")
    database = Scripted()
    await save(database, work(held=[waiting, new]))
    assert database.names == ["hold"]
    assert database.arguments("hold") == (
        ["intake.cases", "intake.cases"],
        [0, 0],
        [9, 10],
        [ONE, ONE],
        ["/intake/cases", "/intake/cases"],
        [3, 4],
        ["gap", "behind"],
        ["no 2", ""],
        [pack_headers(RECORD), pack_headers(LATER)],
        [RECORD.value, LATER.value],
        [EARLIER, START],
        RELEASE,
    )


async def test_released_records_are_forgotten() -> None:
    """By their place."""
    database = Scripted()
    await save(database, work(released=[RECORD, LATER]))
    assert database.asked == [("release", (["intake.cases"] * 2, [0, 0], [9, 10]))]


async def test_timers_that_failed_are_noted_until_they_are_tried_again() -> None:
    """With the error and the release."""
    database = Scripted()
    await save(database, work(failed_timers={ONE: "ZeroDivisionError"}))
    await save(database, work(retried={TWO}))
    assert database.asked == [
        ("note_failed_timers", ([ONE], ["ZeroDivisionError"], RELEASE, START)),
        ("forget_failed_timers", ([TWO],)),
    ]


async def test_a_letter_is_sealed_and_told() -> None:
    """The fact about it, its first and only one, goes to a shard of its own and quotes nothing."""
    database = Scripted()
    await save(database, work(letters=[Letter(record=RECORD, reason="no case")]))
    assert database.names == ["write_letters", "send_letters"]
    ids, *place, sealed, _now = database.arguments("write_letters")
    assert ids == [letter_id(RECORD)]
    assert place[:4] == [["intake.cases"], [0], [9], ["no case"]]
    assert RECORD.value not in sealed[0]
    source, case_id, seq, shard, topic, *_ = database.arguments("send_letters")
    assert (source, case_id, seq) == (["/router/dead-letters"], [letter_id(RECORD)], [1])
    assert (shard, topic) == ([100], ["router.dead-letters"])
