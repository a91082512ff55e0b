"""Facts that the department-adapter writes to `department.handling`."""

from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from civicloop_contracts.codes import (
    ParkReason,
    ProgressCode,
    ResultCode,
    ReturnGround,
    SuspensionKind,
)
from civicloop_contracts.fact import DeliveryId, DepartmentCode, Fact, PrincipalRef
from civicloop_contracts.facts.parts import TaskRef


class DepartmentFact(Fact):
    """Written by the department-adapter for one department and task."""

    source: ClassVar[str] = "/department/handling"

    task: TaskRef
    department: DepartmentCode


class TaskDelivered(DepartmentFact):
    """The department has the task, after ``attempts`` attempts."""

    delivery_id: DeliveryId
    attempts: Annotated[int, Field(ge=1)]


class DeliveryParked(DepartmentFact):
    """The department could not be reached; a person looks at it, at the latest at ``review_at``."""

    delivery_id: DeliveryId
    reason: ParkReason
    review_at: AwareDatetime


class TaskAcknowledged(DepartmentFact):
    """The department accepted the task (签收): its response clock stops."""

    handler: PrincipalRef


class TaskReturned(DepartmentFact):
    """The department says that it is not responsible (退单)."""

    handler: PrincipalRef
    ground: ReturnGround


class TaskProgressed(DepartmentFact):
    """The department works on it; its words are in the adapter's vault under ``remark_id``."""

    handler: PrincipalRef
    progress: ProgressCode
    remark_id: UUID | None = None


class TaskCompleted(DepartmentFact):
    """The department is done (处置); its words are in the adapter's vault under ``remark_id``."""

    handler: PrincipalRef
    result: ResultCode
    remark_id: UUID | None = None


class ExtensionRequested(DepartmentFact):
    """The department asks for a later deadline (延期)."""

    handler: PrincipalRef
    request_id: UUID


class SuspensionRequested(DepartmentFact):
    """The department asks to stop the clock (挂起, 挂账)."""

    handler: PrincipalRef
    request_id: UUID
    kind: SuspensionKind
    review_at: AwareDatetime
