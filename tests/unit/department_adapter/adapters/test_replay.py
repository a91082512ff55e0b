"""The transport of imported histories."""

import pytest

from civicloop_contracts.fact import Replay
from department_adapter.adapters.replay import ReplayTransport
from department_adapter.domain.commands import DeliveryKind, UpdateKind
from department_adapter.ports import Delivery, DeliveryRefusedError
from department_adapter.testing import CASE_ID, HANDLER, START, at, registered, task_ref

TRANSPORT = ReplayTransport(HANDLER)


def delivery(replay: Replay | None, kind: DeliveryKind = DeliveryKind.DISPATCH) -> Delivery:
    """Return a delivery of an imported case."""
    return Delivery(
        delivery_id="x",
        kind=kind,
        task_id=task_ref().task_id,
        case_id=CASE_ID,
        department="boston-parks",
        body={},
        dispatched_at=START if kind is DeliveryKind.DISPATCH else None,
        replay=replay,
    )


async def test_it_acknowledges_at_the_open_time_and_completes_when_it_was_handled() -> None:
    """Both answers come with the receipt, at the times of the file."""
    replay = Replay(run="boston", handled_at=at(90), as_of=at(900))
    receipt = await TRANSPORT.deliver(registered(), delivery(replay))
    assert receipt.received_at == START
    assert [(a.kind, a.occurred_at) for a in receipt.answers] == [
        (UpdateKind.ACKNOWLEDGE, START),
        (UpdateKind.COMPLETE, at(90)),
    ]


async def test_what_was_never_handled_is_still_open_when_the_source_was_read() -> None:
    """Its last word fires whatever was due before."""
    replay = Replay(run="boston", handled_at=None, as_of=at(900))
    receipt = await TRANSPORT.deliver(registered(), delivery(replay))
    last = receipt.answers[-1]
    assert (last.kind, last.occurred_at, last.progress) == (
        UpdateKind.PROGRESS,
        at(900),
        "still_open",
    )


async def test_nothing_is_handled_before_it_was_opened() -> None:
    """A file may say so; time does not run backwards here."""
    replay = Replay(run="boston", handled_at=at(-5), as_of=at(900))
    receipt = await TRANSPORT.deliver(registered(), delivery(replay))
    assert receipt.answers[-1].occurred_at == START


async def test_a_cancellation_needs_no_answer() -> None:
    """There is nobody to tell."""
    replay = Replay(run="boston", handled_at=at(90), as_of=at(900))
    told = delivery(replay, DeliveryKind.CANCELLATION)
    assert (await TRANSPORT.deliver(registered(), told)).answers == ()


async def test_a_living_case_is_refused() -> None:
    """A department with this transport handles no tasks of today."""
    with pytest.raises(DeliveryRefusedError):
        await TRANSPORT.deliver(registered(), delivery(None))
