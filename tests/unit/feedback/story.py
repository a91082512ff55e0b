"""The facts of other rooms about one case."""

from dataclasses import dataclass
from typing import Any

from tests.unit.feedback.story_router import REQUEST, RouterStory
from tests.unit.feedback.telling import HANDLER, at

from civicloop_contracts import codes
from civicloop_contracts.facts import department, remark


@dataclass(kw_only=True)
class Story(RouterStory):
    """Makes the facts of other rooms; those of the department-adapter are here."""

    def delivered(self, hours: float = 0.1) -> department.TaskDelivered:
        """Return a delivery of task 1."""
        return self.about(
            department.TaskDelivered, hours, delivery_id=f"{self.case_id}/dispatch/1", attempts=1
        )

    def parked(self, hours: float = 0.1) -> department.DeliveryParked:
        """Return a delivery of task 1 that waits for a person."""
        return self.about(
            department.DeliveryParked,
            hours,
            delivery_id=f"{self.case_id}/dispatch/1",
            reason=codes.ParkReason.EXHAUSTED,
            review_at=at(24),
        )

    def acknowledged(
        self, hours: float = 0.5, task_no: int = 1, handler: str = HANDLER, **fields: Any
    ) -> department.TaskAcknowledged:
        """Return an acknowledgement."""
        return self.about(department.TaskAcknowledged, hours, task_no, handler=handler, **fields)

    def progressed(
        self, hours: float = 1, task_no: int = 1, handler: str = HANDLER, **fields: Any
    ) -> department.TaskProgressed:
        """Return a sign of work."""
        return self.about(
            department.TaskProgressed,
            hours,
            task_no,
            handler=handler,
            progress=codes.ProgressCode.ON_SITE,
            **fields,
        )

    def returned(
        self, hours: float = 0.8, task_no: int = 1, handler: str = HANDLER, **fields: Any
    ) -> department.TaskReturned:
        """Return a return (退单)."""
        ground = codes.ReturnGround.NOT_OUR_DUTY
        return self.about(
            department.TaskReturned, hours, task_no, handler=handler, ground=ground, **fields
        )

    def extension_requested(
        self, hours: float = 1, handler: str = HANDLER
    ) -> department.ExtensionRequested:
        """Return a request for a later deadline of task 1."""
        return self.about(department.ExtensionRequested, hours, handler=handler, request_id=REQUEST)

    def suspension_requested(
        self, hours: float = 1, handler: str = HANDLER
    ) -> department.SuspensionRequested:
        """Return a request to stop the clock of task 1."""
        return self.about(
            department.SuspensionRequested,
            hours,
            handler=handler,
            request_id=REQUEST,
            kind=codes.SuspensionKind.LEDGER,
            review_at=at(100),
        )

    def completed(
        self, hours: float = 4, task_no: int = 1, handler: str = HANDLER, **fields: Any
    ) -> department.TaskCompleted:
        """Return a completion."""
        return self.about(
            department.TaskCompleted,
            hours,
            task_no,
            handler=handler,
            result=codes.ResultCode.REPAIRED,
            **fields,
        )

    def remarked(self, hours: float = 1) -> remark.Remarked:
        """Return a remark of the department-adapter."""
        return self.make(
            remark.Remarked,
            hours,
            writer=codes.Service.DEPARTMENT_ADAPTER,
            code=codes.RemarkCode.LATE_CLOCK,
        )
