"""The `replay` transport: an imported history answers for its department, at its own times."""

from datetime import datetime
from typing import Final

from civicloop_contracts.codes import ProgressCode, ResultCode
from civicloop_contracts.fact import Replay
from department_adapter.domain.commands import Answer, DeliveryKind, UpdateKind
from department_adapter.ports import Delivery, DeliveryRefusedError, Receipt, Registered

# Who answers in an imported history, before it is hashed.
REPLAY_PRINCIPAL: Final = "replay"


class ReplayTransport:
    """Acknowledges at the open time and completes when the source had it handled.

    Where the source never handled it, the last word is that it was still open when the source was
    read. ``handler`` is `REPLAY_PRINCIPAL` as facts name it.
    """

    def __init__(self, handler: str) -> None:
        self._handler = handler

    async def deliver(self, _registered: Registered, delivery: Delivery) -> Receipt:
        """Answer at once, with what the source says.

        Raises:
            DeliveryRefusedError: The case is no imported history.
        """
        if delivery.replay is None:
            raise DeliveryRefusedError("the replay transport takes imported histories only")
        if delivery.kind is not DeliveryKind.DISPATCH or delivery.dispatched_at is None:
            return Receipt()
        opened_at = delivery.dispatched_at
        acknowledged = Answer(
            kind=UpdateKind.ACKNOWLEDGE, handler=self._handler, occurred_at=opened_at
        )
        last = self._last_word(delivery.replay, opened_at)
        return Receipt(received_at=opened_at, answers=(acknowledged, last))

    def _last_word(self, replay: Replay, opened_at: datetime) -> Answer:
        if replay.handled_at is None:
            return Answer(
                kind=UpdateKind.PROGRESS,
                handler=self._handler,
                occurred_at=max(replay.as_of, opened_at),
                progress=ProgressCode.STILL_OPEN.value,
            )
        return Answer(
            kind=UpdateKind.COMPLETE,
            handler=self._handler,
            occurred_at=max(replay.handled_at, opened_at),
            result=ResultCode.DONE.value,
        )
