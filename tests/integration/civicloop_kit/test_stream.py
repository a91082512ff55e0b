"""Records become facts, once and in order, on a real broker and database."""

from uuid import uuid4

from civicloop_contracts.envelope import read_envelope

from .conftest import World, attached, counting_room


async def test_a_record_becomes_a_fact_on_the_own_topic(world: World) -> None:
    """What is decided about a record is sent, numbered from 1, under the case's key."""
    case_id = uuid4()
    async with world.engine(counting_room()):
        await world.send((attached(case_id), 1), (attached(case_id), 2))
        sent = await world.sent(2)
    envelopes = [read_envelope(record.headers) for record in sent]
    assert [(e.case_id, e.sequence) for e in envelopes] == [(case_id, 1), (case_id, 2)]
