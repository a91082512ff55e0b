"""Cancellations that a department did not take in time, also one that nobody tries at present."""

from typing import Final

from civicloop_kit.clock import Clock
from civicloop_kit.command import CaseCommand
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.recording import (
    MAX_RECORDED,
    PRINCIPAL,
    Recorder,
    record_all,
)
from department_adapter.ports import Leased, Queues

WORKER: Final = "overdue-cancellations"


class OverdueCancellations:
    """Ends cancellations after their time, whatever the state of their department."""

    def __init__(
        self, *, queues: Queues, recorder: Recorder, clock: Clock, policy: RetryPolicy
    ) -> None:
        self._queues = queues
        self._recorder = recorder
        self._clock = clock
        self._policy = policy

    async def give_up(self) -> int:
        """Give some up and return how many; one that is under way is left alone.

        Raises:
            UnavailableError: The database does not answer; ask again.
        """
        now = self._clock.now()
        overdue = await self._queues.overdue(now - self._policy.cancel_for, now, MAX_RECORDED)
        return await record_all(self._recorder, [_command(item) for item in overdue])


def _command(overdue: Leased) -> CaseCommand:
    body = RecordDelivery(
        task_id=overdue.task_id,
        delivery_id=overdue.delivery_id,
        kind=DeliveryKind.CANCELLATION,
        claim_no=overdue.claim_no,
        # No attempt of the department's: only the time is judged.
        result=AttemptResult.WAITED,
    )
    return CaseCommand(case_id=overdue.case_id, body=body, principal=PRINCIPAL)
