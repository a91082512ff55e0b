"""Between the contracts and the router's own words. Pure: a row per fact, both ways."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, parts, remark, router
from civicloop_kit.room import Stamp
from router.domain import facts
from router.domain.case import Case
from router.domain.parts import ExternalClock, Matter, MatterKind, Place, Precision, TaskRef


def new_case(case_id: UUID) -> Case:
    """Return a case of which nothing has been read."""
    return Case(case_id=case_id)


def read_case_filed(fact: intake.CaseFiled) -> facts.CaseFiled:
    """Read a filing."""
    return facts.CaseFiled(
        occurred_at=fact.occurred_at,
        channel=fact.channel.value,
        matter=Matter(
            standard_ref=fact.matter.standard_ref,
            kind=MatterKind(fact.matter.kind.value),
            code=fact.matter.code,
            condition=fact.matter.condition,
        ),
        place=Place(
            division=fact.place.division,
            precision=Precision(fact.place.precision.value),
            latitude=fact.place.latitude,
            longitude=fact.place.longitude,
            h3_cell=fact.place.h3_cell,
        ),
        clock=ExternalClock(due_at=fact.clock.due_at) if fact.clock else None,
        lead=fact.lead,
        replayed=fact.replay is not None,
    )


def read_task_acknowledged(fact: department.TaskAcknowledged) -> facts.TaskAcknowledged:
    """Read an acknowledgement."""
    return facts.TaskAcknowledged(occurred_at=fact.occurred_at, task=_read_task(fact.task))


def read_task_progressed(fact: department.TaskProgressed) -> facts.TaskProgressed:
    """Read a sign of work."""
    return facts.TaskProgressed(occurred_at=fact.occurred_at, task=_read_task(fact.task))


def read_task_completed(fact: department.TaskCompleted) -> facts.TaskCompleted:
    """Read a completion."""
    return facts.TaskCompleted(occurred_at=fact.occurred_at, task=_read_task(fact.task))


def read_case_closed(fact: feedback.CaseClosed) -> facts.CaseClosed:
    """Read the end of a round."""
    return facts.CaseClosed(
        occurred_at=fact.occurred_at,
        round=fact.round,
        outcome=facts.Outcome(fact.outcome.value),
    )


def to_contract(fact: facts.OwnFact, stamp: Stamp) -> Fact:
    """Return an own fact as others read it."""
    frame = {
        "case_id": stamp.case_id,
        "occurred_at": fact.occurred_at,
        "recorded_at": stamp.recorded_at,
        "cause": stamp.cause,
        "replay": stamp.replay,
    }
    return _WRITERS[type(fact)](fact, frame)


def _task_dispatched(fact: facts.TaskDispatched, frame: dict[str, Any]) -> Fact:
    return router.TaskDispatched(
        **frame,
        task=_write_task(fact.task),
        department=fact.department,
        role=codes.TaskRole(fact.role.value),
        required=fact.required,
        round=fact.round,
        tier=codes.Tier(fact.tier.value),
        channel=codes.Channel(fact.channel),
        matter=_write_matter(fact.matter),
        place=_write_place(fact.place),
        response_due_at=fact.response_due_at,
        resolution_due_at=fact.resolution_due_at,
        provisional=fact.provisional,
        return_until=fact.return_until,
        catalog_version=fact.catalog_version,
        calendar_version=fact.calendar_version,
    )


def _task_cancelled(fact: facts.TaskCancelled, frame: dict[str, Any]) -> Fact:
    return router.TaskCancelled(
        **frame,
        task=_write_task(fact.task),
        department=fact.department,
        reason=codes.CancelReason(fact.reason.value),
    )


def _dispute_opened(fact: facts.DisputeOpened, frame: dict[str, Any]) -> Fact:
    return router.DisputeOpened(
        **frame,
        dispute_id=fact.dispute_id,
        task=_write_task(fact.task),
        ground=codes.DisputeGround(fact.ground.value),
        settle_by=fact.settle_by,
    )


def _case_handled(fact: facts.CaseHandled, frame: dict[str, Any]) -> Fact:
    return router.CaseHandled(**frame, outcome=codes.Outcome(fact.outcome.value), round=fact.round)


def _remarked(fact: facts.Remarked, frame: dict[str, Any]) -> Fact:
    return remark.Remarked(
        **frame,
        writer=codes.Service.ROUTER,
        code=codes.RemarkCode(fact.code.value),
        task_id=fact.task_id,
    )


_WRITERS: Final[Mapping[type[facts.OwnFact], Callable[[Any, dict[str, Any]], Fact]]] = {
    facts.TaskDispatched: _task_dispatched,
    facts.TaskCancelled: _task_cancelled,
    facts.DisputeOpened: _dispute_opened,
    facts.CaseHandled: _case_handled,
    facts.Remarked: _remarked,
}


def _read_task(ref: parts.TaskRef) -> TaskRef:
    return TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)


def _write_task(ref: TaskRef) -> parts.TaskRef:
    return parts.TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)


def _write_matter(matter: Matter) -> parts.Matter:
    return parts.Matter(
        standard_ref=matter.standard_ref,
        kind=codes.MatterKind(matter.kind.value),
        code=matter.code,
        condition=matter.condition,
    )


def _write_place(place: Place) -> parts.Place:
    return parts.Place(
        division=place.division,
        precision=codes.Precision(place.precision.value),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=place.h3_cell,
    )
