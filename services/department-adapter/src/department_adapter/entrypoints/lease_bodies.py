"""What departments that pull send and get."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from civicloop_contracts.fact import DepartmentCode
from civicloop_kit.bodies import Body
from civicloop_kit.jobs import Job
from department_adapter import wire
from department_adapter.domain.department import DepartmentState
from department_adapter.domain.model import TaskState
from department_adapter.ports import MAX_NARRATIVES, Delivery, Narrative, Queued

# A restart of the service waits for nobody who waits longer.
MAX_WAIT_S: Final = 20


class LeaseBody(Body):
    """How many deliveries a department takes, and how long it waits for the first one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"max": 10, "wait_s": 20}]})

    max: Annotated[int, Field(ge=1, le=MAX_NARRATIVES)] = 10
    wait_s: Annotated[float, Field(ge=0, le=MAX_WAIT_S)] = 0


class LeaseView(BaseModel):
    """A delivery, to be kept and then acknowledged with a receipt before ``expires_at``."""

    lease_id: str
    expires_at: datetime
    delivery: Annotated[dict[str, Any], Field(repr=False)]


class LeasesView(BaseModel):
    """What was handed out: nothing to a department that is paused or disabled."""

    code: DepartmentCode
    state: DepartmentState
    paused_until: datetime | None
    leases: tuple[LeaseView, ...]


class ReceiptView(BaseModel):
    """What became of a receipt; ``repeated``: the delivery was over before."""

    delivery_id: str
    task_id: UUID
    state: TaskState
    fact: Literal["applied", "repeated"]


class WaitingView(BaseModel):
    """A delivery without a receipt; ``leased_until`` is set while it is handed out."""

    delivery_id: str
    type: str
    task_id: UUID
    case_id: UUID
    due_at: datetime
    leased_until: datetime | None


class WaitingListView(BaseModel):
    """What waits for a department, the longest due first."""

    code: DepartmentCode
    waiting: tuple[WaitingView, ...]


def lease_view(job: Job, delivery: Delivery, narratives: Mapping[UUID, Narrative]) -> LeaseView:
    """Return what is handed out for a claimed job."""
    told = delivery.with_narrative(narratives) if delivery.needs_narrative else delivery
    return LeaseView(
        lease_id=str(wire.LeaseId(delivery_id=job.job_id, claim_no=job.claim_no)),
        expires_at=job.expires_at,
        delivery=dict(wire.payload_of(told)),
    )


def receipt_view(lease: wire.LeaseId, state: TaskState, *, repeated: bool) -> ReceiptView:
    """Return the answer to a receipt."""
    return ReceiptView(
        delivery_id=lease.delivery_id,
        task_id=lease.task_id,
        state=state,
        fact="repeated" if repeated else "applied",
    )


def waiting_view(queued: Queued) -> WaitingView:
    """Return what may be seen of a delivery before it is handed out: no words."""
    return WaitingView(
        delivery_id=queued.delivery_id,
        type=queued.body["type"],
        task_id=UUID(queued.body["task_id"]),
        case_id=UUID(queued.body["case_id"]),
        due_at=queued.due_at,
        leased_until=queued.leased_until,
    )
