"""Records become facts, once and in order, on a real broker and database."""

from uuid import uuid4

from tests.integration.civicloop_kit.world import World, sequences
from tests.unit.civicloop_kit.counting import attached

from civicloop_contracts.envelope import read_envelope


async def test_a_record_becomes_a_fact_on_the_own_topic(world: World) -> None:
    """What is decided about a record is sent, numbered from 1, under the case's key."""
    case_id = uuid4()
    async with world.running():
        await world.send((attached(case_id), 1), (attached(case_id), 2))
        sent = await world.eventually_sent(2)
    assert sequences(sent) == {case_id: [1, 2]}
    assert {record.key for record in sent} == {str(case_id).encode()}
    assert {read_envelope(record.headers).source for record in sent} == {"/router/tasks"}
