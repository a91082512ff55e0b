"""Between the router's facts, deliveries, and the jobs that make them. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from civicloop_contracts import codes
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import parts
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched, TaskReassigned
from civicloop_kit.jobs import Job, QueueJob
from civicloop_kit.room import Moment
from department_adapter.domain.commands import DeliveryKind, QueueTask
from department_adapter.domain.model import Task, TaskRef, TaskState
from department_adapter.domain.task import delivery_id
from department_adapter.ports import Delivery, TaskEntry

# Imported histories have a queue of their own: a replay must never reach a department.
REPLAY_QUEUE: Final = "replay"
DISPATCHED_TYPE: Final = "task.dispatched"
CANCELLED_TYPE: Final = "task.cancelled"


def to_queue_task(fact: TaskDispatched, moment: Moment) -> QueueTask:
    """Return the command that a dispatch stands for."""
    return QueueTask(
        task=_ref(fact.task),
        department=fact.department,
        dispatched_at=fact.occurred_at,
        sequence=moment.sequence,
        return_until=fact.return_until,
    )


def dispatch_job(fact: TaskDispatched, moment: Moment) -> QueueJob:
    """Return the job that brings a task to its department."""
    job_id = delivery_id(_ref(fact.task), DeliveryKind.DISPATCH, moment.sequence)
    body = {
        **head_of(DISPATCHED_TYPE, job_id, fact.case_id, fact.task.task_id, fact.department),
        "task_no": fact.task.task_no,
        "attempt": fact.task.attempt,
        "role": fact.role.value,
        "required": fact.required,
        "matter": fact.matter.model_dump(mode="json", exclude_none=True),
        "place": fact.place.model_dump(mode="json", exclude_none=True),
        "response_due_at": _text(fact.response_due_at),
        "resolution_due_at": _text(fact.resolution_due_at),
        "return_until": _text(fact.return_until),
    }
    if isinstance(fact, TaskReassigned):
        body |= {"replaces": str(fact.replaces), "reason": fact.reason.value}
    return queue_job(
        job_id,
        body,
        moment,
        ordinal=moment.sequence,
        case_id=fact.case_id,
        replay=fact.replay,
        dispatched_at=fact.occurred_at.isoformat(),
    )


def cancellation_job(task: Task, fact: TaskCancelled | TaskReassigned, moment: Moment) -> QueueJob:
    """Return the job that tells a department that its task is over, and why."""
    job_id = delivery_id(task.ref, DeliveryKind.CANCELLATION, moment.sequence)
    body = {
        **head_of(CANCELLED_TYPE, job_id, fact.case_id, task.ref.task_id, task.department),
        "reason": _cancel_reason(fact).value,
    }
    return queue_job(
        job_id,
        body,
        moment,
        ordinal=task.next_ordinal(moment.sequence),
        case_id=fact.case_id,
        replay=fact.replay,
    )


def task_entry(fact: TaskDispatched) -> TaskEntry:
    """Return the task as the outside may see it, on the day of its dispatch."""
    return TaskEntry(
        task_id=fact.task.task_id,
        case_id=fact.case_id,
        department=fact.department,
        role=fact.role.value,
        state=TaskState.QUEUED,
        dispatched_at=fact.occurred_at,
        response_due_at=fact.response_due_at,
        resolution_due_at=fact.resolution_due_at,
        return_until=fact.return_until,
        updated_at=fact.occurred_at,
    )


def to_delivery(job: Job) -> Delivery:
    """Return what a claimed job has to deliver."""
    body = job.payload["body"]
    replay, dispatched_at = job.payload.get("replay"), job.payload.get("dispatched_at")
    return Delivery(
        delivery_id=job.job_id,
        kind=DeliveryKind(job.job_id.split("/")[1]),
        task_id=UUID(body["task_id"]),
        case_id=job.case_id,
        department=body["department"],
        body=body,
        dispatched_at=datetime.fromisoformat(dispatched_at) if dispatched_at else None,
        replay=Replay.model_validate(replay) if replay else None,
    )


def payload_of(delivery: Delivery) -> Mapping[str, Any]:
    """Return the JSON of a delivery, the narrative included where there is one to tell."""
    if delivery.narrative is None:
        return delivery.body
    narrative: dict[str, str] = {"state": delivery.narrative.state.value}
    if delivery.narrative.text is not None:
        narrative["text"] = delivery.narrative.text
    return {**delivery.body, "narrative": narrative}


def head_of(
    type_: str, job_id: str, case_id: UUID, task_id: UUID, department: str
) -> dict[str, Any]:
    """Return what every delivery begins with."""
    return {
        "type": type_,
        "delivery_id": job_id,
        "task_id": str(task_id),
        "case_id": str(case_id),
        "department": department,
    }


def queue_job(
    job_id: str,
    body: dict[str, Any],
    moment: Moment,
    *,
    ordinal: int,
    case_id: UUID,
    replay: Replay | None = None,
    **more: str,
) -> QueueJob:
    """Return the job that makes a delivery, in the queue of its department and its task's lane."""
    payload = {"body": body, **more}
    if replay:
        payload["replay"] = replay.model_dump(mode="json")
    return QueueJob(
        job_id=job_id,
        queue=REPLAY_QUEUE if replay else body["department"],
        lane=UUID(body["task_id"]),
        ordinal=ordinal,
        case_id=case_id,
        payload=payload,
        due_at=moment.recorded_at,
    )


def _cancel_reason(fact: TaskCancelled | TaskReassigned) -> codes.CancelReason:
    if isinstance(fact, TaskCancelled):
        return fact.reason
    again = (codes.ReassignReason.REWORK, codes.ReassignReason.REOPENED)
    return codes.CancelReason.REWORK if fact.reason in again else codes.CancelReason.REASSIGNED


def _ref(task: parts.TaskRef) -> TaskRef:
    return TaskRef(task_id=task.task_id, task_no=task.task_no, attempt=task.attempt)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
