"""One attempt to deliver, from the claim to what is recorded of it."""

from dataclasses import dataclass, field

from civicloop_kit.command import CaseCommand
from civicloop_kit.jobs import Job
from department_adapter.domain.commands import AttemptResult, RecordDelivery
from department_adapter.domain.department import TransportName
from department_adapter.entrypoints.recording import PRINCIPAL
from department_adapter.ports import (
    BreakerOpenError,
    Breakers,
    Delivery,
    DeliveryRefusedError,
    DepartmentTransport,
    DepartmentUnavailableError,
    Receipt,
    Registered,
)
from department_adapter.wire import to_delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How an attempt ended; ``gone`` when the department said that it takes nothing any more."""

    job: Job
    result: AttemptResult
    receipt: Receipt = field(default_factory=Receipt)
    retry_after_s: float | None = None
    gone: bool = False


class Attempts:
    """Makes attempts: one transport each, under the breaker of its department."""

    def __init__(
        self, transports: dict[TransportName, DepartmentTransport], breakers: Breakers
    ) -> None:
        self._transports = transports
        self._breakers = breakers

    async def make(self, job: Job, registered: Registered, delivery: Delivery) -> Ended:
        """Hand a delivery over and return how it ended; departments' failures do not raise."""
        transport = self._transports[registered.department.transport]
        try:
            if registered.department.transport is TransportName.REPLAY:
                receipt = await transport.deliver(registered, delivery)
            else:
                async with self._breakers.attempt(registered.department.code):
                    receipt = await transport.deliver(registered, delivery)
        except BreakerOpenError:
            return Ended(job=job, result=AttemptResult.WAITED)
        except DeliveryRefusedError as error:
            return Ended(job=job, result=AttemptResult.REFUSED, gone=error.gone)
        except DepartmentUnavailableError as error:
            return Ended(job=job, result=AttemptResult.FAILED, retry_after_s=error.retry_after_s)
        return Ended(job=job, result=AttemptResult.DELIVERED, receipt=receipt)


def command_of(ended: Ended) -> CaseCommand:
    """Return the command that records an attempt; an imported history lives on its own times."""
    delivery = to_delivery(ended.job)
    answers = ended.receipt.answers
    return CaseCommand(
        case_id=ended.job.case_id,
        body=RecordDelivery(
            task_id=delivery.task_id,
            delivery_id=delivery.delivery_id,
            kind=delivery.kind,
            claim_no=ended.job.claim_no,
            result=ended.result,
            received_at=ended.receipt.received_at,
            answers=answers,
            retry_after_s=ended.retry_after_s,
        ),
        principal=PRINCIPAL,
        replay=delivery.replay,
        now=answers[-1].occurred_at if answers else None,
    )
