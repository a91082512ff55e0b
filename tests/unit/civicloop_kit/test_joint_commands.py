"""Joint commands: several cases are decided at once, all of them or none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from tests.unit.civicloop_kit.counting import Count, Counter, RefusedError
from tests.unit.civicloop_kit.joint import CountAll, count_all, joint_room
from tests.unit.civicloop_kit.memory import Memory

from civicloop_contracts.fact import Replay
from civicloop_kit.command import CaseCommand, CommandFailedError, KeyReusedError, Reply
from civicloop_kit.commands import Commands
from civicloop_kit.testing import FakeClock, RoomBench

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ONE, OTHER, THIRD = UUID(int=1), UUID(int=2), UUID(int=3)


def bench() -> RoomBench[Counter]:
    """Return the small room on a bench."""
    return RoomBench(joint_room(), FakeClock(START))


def commands(memory: Memory) -> Commands[Counter]:
    """Return commands that run in memory."""
    return Commands(memory.transactions(), b"s" * 32)


def test_all_cases_are_decided_under_one_cause() -> None:
    """Each has its own fact and number; all name the command."""
    room, asked = bench(), count_all(ONE, OTHER)
    assert room.command(asked).reply == {"count": 1, "note": ""}
    assert [room.state(case).counted for case in (ONE, OTHER)] == [1, 1]
    assert [(fact.case_id, fact.cause) for fact in room.facts] == [
        (ONE, asked.cause),
        (OTHER, asked.cause),
    ]
    assert [item.seq for item in room._work.facts] == [1, 1]


def test_the_states_come_in_the_order_of_the_command() -> None:
    """Its own case first, whatever the order of their ids."""
    seen: list[UUID] = []
    room = joint_room()
    inner = room.on_joint_command[CountAll]

    def watch(states, command, now):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        seen.extend(states)
        return inner(states, command, now)

    RoomBench(replace(room, on_joint_command={CountAll: watch})).command(
        count_all(OTHER, THIRD, ONE)
    )
    assert seen == [OTHER, THIRD, ONE]


def test_the_reply_is_that_of_the_own_case() -> None:
    """Whatever the others were told."""
    room = bench()
    room.command(CaseCommand(case_id=OTHER, body=Count(), principal="tester"))
    assert room.command(count_all(ONE, OTHER)).reply == {"count": 1, "note": ""}
    assert room.command(count_all(OTHER, ONE)).reply == {"count": 3, "note": ""}


def test_a_case_without_a_decision_stays_as_it_is() -> None:
    """And the reply is that of the first one decided."""
    room = bench()
    room.command(CaseCommand(case_id=OTHER, body=Count(), principal="tester"))
    assert room.command(count_all(ONE, OTHER, hows="left well")).reply == {"count": 2, "note": ""}
    assert room.state(ONE) == Counter()
    assert not room._row(ONE).changed


@pytest.mark.parametrize("hows", ["well refused", "refused well", "well bug", "well mute"])
def test_what_fails_in_one_case_changes_none(hows: str) -> None:
    """A refusal, a bug in the rules, or a fact that cannot be told."""
    room = bench()
    with pytest.raises((RefusedError, ZeroDivisionError, AttributeError)):
        room.command(count_all(ONE, OTHER, hows=hows))
    assert (room.facts, room.effects) == ([], [])
    assert [room.state(case).counted for case in (ONE, OTHER)] == [0, 0]
    assert not any(room._row(case).changed for case in (ONE, OTHER))


def test_a_decision_about_a_case_that_was_not_asked_for_is_a_bug() -> None:
    """Its row may be another's."""
    room = joint_room()
    inner = room.on_joint_command[CountAll]

    def stray(states, command, now):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        return {**inner(states, command, now), THIRD: inner(states, command, now)[ONE]}

    made = RoomBench(replace(room, on_joint_command={CountAll: stray}), FakeClock(START))
    made.command(CaseCommand(case_id=THIRD, body=Count(), principal="tester"))
    with pytest.raises(KeyError):
        made.command(count_all(ONE, OTHER))
    assert made.state(ONE).counted == 0


def test_timers_of_a_replay_fire_in_each_case_first() -> None:
    """Those due before the command's time, with the row's own replay or the command's."""
    replay = Replay(run="r", handled_at=None, as_of=START)
    room = bench()
    for case in (ONE, OTHER):
        asked = CaseCommand(
            case_id=case, body=Count(due_at=START + HOUR), principal="tester", replay=replay
        )
        room.command(replace(asked, now=START))
    room.command(replace(count_all(ONE, OTHER), now=START + 2 * HOUR))
    states = [room.state(case) for case in (ONE, OTHER)]
    assert [(state.fired, state.counted) for state in states] == [(1, 2), (1, 2)]
    assert {fact.replay for fact in room.facts} == {replay}


def test_each_case_keeps_its_own_trace() -> None:
    """The trace of a case is that of its first hop."""
    first, second = (f"00-{digit * 32}-{'1' * 16}-01" for digit in "ab")
    room = bench()
    asked = CaseCommand(case_id=OTHER, body=Count(), principal="tester", traceparent=first)
    room.command(asked)
    room.command(replace(count_all(ONE, OTHER), traceparent=second))
    traces = [str(room._row(case).traceparent).split("-")[1] for case in (ONE, OTHER)]
    assert traces == ["b" * 32, "a" * 32]


async def test_a_group_with_joint_commands_is_one_transaction() -> None:
    """Two opposite ones and a single one count one after the other."""
    memory = Memory(joint_room())
    single = CaseCommand(case_id=ONE, body=Count(), principal="tester")
    group = [count_all(ONE, OTHER), count_all(OTHER, ONE), single]
    replies = await commands(memory).submit_all(group)
    assert [r.body["count"] for r in replies if isinstance(r, Reply)] == [1, 2, 3]
    assert (memory.begun, memory.counted(ONE), memory.counted(OTHER)) == (1, 3, 2)


async def test_a_key_is_found_whichever_case_it_was_stored_under() -> None:
    """The same request with other cases is answered, another request is refused."""
    memory = Memory(joint_room())
    room = commands(memory)
    first = await room.submit(count_all(ONE, OTHER, key="key"))
    again = await room.submit(count_all(THIRD, ONE, key="key"))
    assert (first.repeated, again) == (False, Reply(body=first.body, repeated=True))
    with pytest.raises(KeyReusedError):
        await room.submit(count_all(ONE, OTHER, key="key", hows="well well"))
    assert [memory.counted(case) for case in (ONE, OTHER, THIRD)] == [1, 1, 0]


async def test_a_refused_joint_command_leaves_its_group_alone() -> None:
    """Nothing of it is saved, its key stands for nothing, and the others are."""
    memory, good = Memory(joint_room()), uuid4()
    group = [
        count_all(ONE, OTHER, key="a", hows="well refused"),
        count_all(ONE, OTHER, key="b", hows="well mute"),
        count_all(good, key="c"),
    ]
    outcomes = await commands(memory).submit_all(group)
    assert [type(outcome) for outcome in outcomes] == [RefusedError, CommandFailedError, Reply]
    assert set(memory.tables.rows) == {good}
    assert len(memory.tables.replies) == len(memory.tables.facts) == 1
