"""Each protection of commands: with it every caller gets its own answer, without it the damage."""

from uuid import uuid4

from tests.integration.civicloop_kit.guards import Guard, with_and_without
from tests.integration.civicloop_kit.proxy import proxied
from tests.integration.civicloop_kit.world import World, count, sequences

from civicloop_kit.command import CommandFailedError, Reply
from civicloop_kit.postgres import CommitUnknownError


@with_and_without("isolation in a group commit")
async def test_one_callers_error_is_nobody_elses_answer(world: World, guard: Guard) -> None:
    """A command that the database refuses fails alone; the others of its group are saved."""
    good, bad = uuid4(), uuid4()
    with guard.active():
        async with world.running() as engine:
            outcomes = await engine.commands.submit_all(
                [count(good), count(bad, "key", how="data")]
            )
            sent = sequences(await world.eventually_sent(1)) if guard.holds else {}
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Reply if guard.holds else CommandFailedError, CommandFailedError]
    assert sent == ({good: [1]} if guard.holds else {})


@with_and_without("COMMIT unknown")
async def test_a_command_is_not_run_again_after_an_unknown_commit(
    world: World, guard: Guard
) -> None:
    """A command without a key whose COMMIT was cut is unknown; run again it would count twice."""
    case_id = uuid4()
    with guard.active():
        async with proxied(world.url) as proxy, world.assembled(url=proxy.url) as engine:
            cut = proxy.cut_next_commit(reaches_server=True)
            (outcome,) = await engine.commands.submit_all([count(case_id)])
            assert cut.is_set()
            state = await world.state(engine, case_id)
        async with world.running():
            sent = sequences(await world.eventually_sent(state.counted))
    assert isinstance(outcome, CommitUnknownError if guard.holds else Reply)
    assert sent[case_id] == ([1] if guard.holds else [1, 2])
