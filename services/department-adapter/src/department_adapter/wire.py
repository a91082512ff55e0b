"""Between the domain and the contracts, and between a delivery and its job. Pure."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import department as out
from civicloop_contracts.facts import parts
from civicloop_contracts.facts.remark import Remarked
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched
from civicloop_kit.jobs import Job, QueueJob
from civicloop_kit.room import Moment, Stamp
from department_adapter.domain import facts as f
from department_adapter.domain.commands import DeliveryKind, EndTask, QueueTask
from department_adapter.domain.model import TaskRef, TaskState
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
    )


def to_end_task(fact: TaskCancelled, moment: Moment) -> EndTask:
    """Return the command that a cancellation stands for."""
    return EndTask(task=_ref(fact.task), department=fact.department, sequence=moment.sequence)


def dispatch_job(fact: TaskDispatched, moment: Moment) -> QueueJob:
    """Return the job that brings a task to its department."""
    job_id = delivery_id(_ref(fact.task), DeliveryKind.DISPATCH, moment.sequence)
    body = {
        **_head(DISPATCHED_TYPE, job_id, fact),
        "role": fact.role.value,
        "required": fact.required,
        "matter": fact.matter.model_dump(mode="json", exclude_none=True),
        "place": fact.place.model_dump(mode="json", exclude_none=True),
        "response_due_at": _text(fact.response_due_at),
        "resolution_due_at": _text(fact.resolution_due_at),
        "return_until": _text(fact.return_until),
    }
    dispatched_at = fact.occurred_at.isoformat()
    return _job(job_id, fact, moment, {"body": body, "dispatched_at": dispatched_at})


def cancellation_job(fact: TaskCancelled, moment: Moment) -> QueueJob:
    """Return the job that tells a department that a task is cancelled."""
    job_id = delivery_id(_ref(fact.task), DeliveryKind.CANCELLATION, moment.sequence)
    body = {**_head(CANCELLED_TYPE, job_id, fact), "reason": fact.reason.value}
    return _job(job_id, fact, moment, {"body": body})


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


def to_contract(fact: f.Fact, stamp: Stamp) -> Fact:
    """Return a domain fact as a fact of the contracts."""
    common: dict[str, Any] = {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }
    if isinstance(fact, f.Remarked):
        return Remarked(
            **common,
            writer=codes.Service.DEPARTMENT_ADAPTER,
            code=codes.RemarkCode(fact.code),
            task_id=fact.task.task_id,
        )
    common |= {"task": _contract_ref(fact.task), "department": fact.department}
    return _department_fact(fact, common)


def _department_fact(
    fact: f.TaskDelivered
    | f.DeliveryParked
    | f.TaskAcknowledged
    | f.TaskProgressed
    | f.TaskCompleted,
    common: dict[str, Any],
) -> Fact:
    match fact:
        case f.TaskDelivered(delivery_id=id_, attempts=attempts):
            return out.TaskDelivered(**common, delivery_id=id_, attempts=attempts)
        case f.DeliveryParked(delivery_id=id_, reason=reason, review_at=review_at):
            park_reason = codes.ParkReason(reason)
            return out.DeliveryParked(
                **common, delivery_id=id_, reason=park_reason, review_at=review_at
            )
        case f.TaskAcknowledged(handler=handler):
            return out.TaskAcknowledged(**common, handler=handler)
        case f.TaskProgressed(handler=handler, progress=progress, remark_id=remark_id):
            code = codes.ProgressCode(progress)
            return out.TaskProgressed(**common, handler=handler, progress=code, remark_id=remark_id)
        case f.TaskCompleted(handler=handler, result=result, remark_id=remark_id):
            done = codes.ResultCode(result)
            return out.TaskCompleted(**common, handler=handler, result=done, remark_id=remark_id)


def _head(type_: str, job_id: str, fact: TaskDispatched | TaskCancelled) -> dict[str, Any]:
    return {
        "type": type_,
        "delivery_id": job_id,
        "task_id": str(fact.task.task_id),
        "case_id": str(fact.case_id),
        "department": fact.department,
    }


def _job(
    job_id: str,
    fact: TaskDispatched | TaskCancelled,
    moment: Moment,
    payload: dict[str, Any],
) -> QueueJob:
    if fact.replay:
        payload["replay"] = fact.replay.model_dump(mode="json")
    return QueueJob(
        job_id=job_id,
        queue=REPLAY_QUEUE if fact.replay else fact.department,
        lane=fact.task.task_id,
        ordinal=moment.sequence,
        case_id=fact.case_id,
        payload=payload,
        due_at=moment.recorded_at,
    )


def _ref(task: parts.TaskRef) -> TaskRef:
    return TaskRef(task_id=task.task_id, task_no=task.task_no, attempt=task.attempt)


def _contract_ref(task: TaskRef) -> parts.TaskRef:
    return parts.TaskRef(task_id=task.task_id, task_no=task.task_no, attempt=task.attempt)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
