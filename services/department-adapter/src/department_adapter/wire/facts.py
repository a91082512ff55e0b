"""From the domain's facts to those of the contracts. Pure."""

from typing import Any

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department as out
from civicloop_contracts.facts import parts
from civicloop_contracts.facts.remark import Remarked
from civicloop_kit.room import Stamp
from department_adapter.domain import facts as f
from department_adapter.domain.model import TaskRef


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
    fact: f.TaskDelivered | f.DeliveryParked | f.Answered, common: dict[str, Any]
) -> Fact:
    match fact:
        case f.TaskDelivered(delivery_id=id_, attempts=attempts):
            return out.TaskDelivered(**common, delivery_id=id_, attempts=attempts)
        case f.DeliveryParked(delivery_id=id_, reason=reason, review_at=review_at):
            park_reason = codes.ParkReason(reason)
            return out.DeliveryParked(
                **common, delivery_id=id_, reason=park_reason, review_at=review_at
            )
    return _answered_fact(fact, {**common, "handler": fact.handler})


def _answered_fact(fact: f.Answered, common: dict[str, Any]) -> Fact:
    match fact:
        case f.TaskAcknowledged():
            return out.TaskAcknowledged(**common)
        case f.TaskReturned(ground=ground):
            return out.TaskReturned(**common, ground=codes.ReturnGround(ground))
        case f.ExtensionRequested(request_id=request_id):
            return out.ExtensionRequested(**common, request_id=request_id)
        case f.SuspensionRequested(request_id=request_id, kind=kind, review_at=review_at):
            suspension = codes.SuspensionKind(kind)
            return out.SuspensionRequested(
                **common, request_id=request_id, kind=suspension, review_at=review_at
            )
        case f.TaskProgressed(progress=progress, remark_id=remark_id):
            code = codes.ProgressCode(progress)
            return out.TaskProgressed(**common, progress=code, remark_id=remark_id)
        case f.TaskCompleted(result=result, remark_id=remark_id):
            done = codes.ResultCode(result)
            return out.TaskCompleted(**common, result=done, remark_id=remark_id)


def _contract_ref(task: TaskRef) -> parts.TaskRef:
    return parts.TaskRef(task_id=task.task_id, task_no=task.task_no, attempt=task.attempt)
