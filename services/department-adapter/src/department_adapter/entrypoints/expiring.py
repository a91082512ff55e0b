"""Leases that ran out without a receipt: each is an attempt to deliver that failed."""

from datetime import datetime
from typing import Final

from civicloop_kit.clock import Clock
from civicloop_kit.command import CaseCommand
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.entrypoints.recording import (
    MAX_RECORDED,
    PRINCIPAL,
    Recorder,
    record_all,
)
from department_adapter.ports import Leased, Queues

WORKER: Final = "leases"


class ExpiredLeases:
    """Leases that ran out: each is an attempt that failed."""

    def __init__(self, *, queues: Queues, recorder: Recorder, clock: Clock) -> None:
        self._queues = queues
        self._recorder = recorder
        self._clock = clock

    async def record(self, now: datetime | None = None) -> int:
        """Record what has run out by *now* and return how much that was.

        Raises:
            UnavailableError: The database does not answer; ask again.
        """
        expired = await self._queues.expired(now or self._clock.now(), MAX_RECORDED)
        return await record_all(self._recorder, [_expiry(lease) for lease in expired])


def _expiry(lease: Leased) -> CaseCommand:
    body = RecordDelivery(
        task_id=lease.task_id,
        delivery_id=lease.delivery_id,
        kind=DeliveryKind(lease.delivery_id.split("/")[1]),
        claim_no=lease.claim_no,
        result=AttemptResult.EXPIRED,
    )
    return CaseCommand(case_id=lease.case_id, body=body, principal=PRINCIPAL)
