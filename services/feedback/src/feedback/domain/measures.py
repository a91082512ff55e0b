"""What is measured of a case and of each task: a pure function of the state.

The deadline of a case is that of its lead task (主办), newest attempt: the lead answers for the
whole. A deadline set by the source system replaces it, and is known before any dispatch.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from feedback.domain.case import Case, Task
from feedback.domain.facts import Filing, TaskRole

_DISTRICT_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMeasure:
    """One row per case. ``overdue`` is None while it can change: open, with a deadline."""

    case_id: UUID
    state: str
    round: int
    filed_at: datetime | None
    rejected_at: datetime | None
    channel: str | None
    standard_ref: str | None
    kind: str | None
    code: str | None
    district: str | None
    lead: str | None
    source_clock: bool
    provisional: bool
    due_at: datetime | None
    response_due_at: datetime | None
    first_response_at: datetime | None
    handled_at: datetime | None
    overdue: bool | None
    verify_by: datetime | None
    closed_at: datetime | None
    outcome: str | None
    solved: bool | None
    satisfied: bool | None
    reworks: int
    reopenings: int
    disputes: int
    remarks: int
    replay_run: str | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskMeasure:
    """One row per task. ``cancelled``: its round was handled without its completion."""

    task_id: UUID
    case_id: UUID
    task_no: int
    attempt: int
    department: str
    role: str | None
    required: bool | None
    dispatched_at: datetime | None
    delivered_at: datetime | None
    acknowledged_at: datetime | None
    completed_at: datetime | None
    response_due_at: datetime | None
    due_at: datetime | None
    parked: int
    cancelled: bool


Measure = CaseMeasure | TaskMeasure


def changed_measures(before: Case, after: Case) -> tuple[Measure, ...]:
    """Return the rows that differ between two states of one case."""
    ended = (before.handled is None) != (after.handled is None)
    tasks = tuple(
        measure_task(after, task)
        for task in after.tasks
        if task not in before.tasks or (ended and task.completed_at is None)
    )
    measure = measure_case(after)
    return tasks if measure == measure_case(before) else (measure, *tasks)


def measure_case(case: Case) -> CaseMeasure:
    """Return the row of a case."""
    filing, answer, lead = case.filing, case.answer, case.lead
    due_at = case_due_at(filing, lead)
    handled_at = case.handled.at if case.handled else None
    dispatch = lead.dispatch if lead else None
    return CaseMeasure(
        case_id=case.case_id,
        state=case.state.value,
        round=case.round,
        filed_at=case.filed_at,
        rejected_at=case.rejection.at if case.rejection else None,
        channel=_channel(case),
        standard_ref=filing.matter.standard_ref if filing else None,
        kind=filing.matter.kind if filing else None,
        code=filing.matter.code if filing else None,
        district=filing.place.division[:_DISTRICT_DIGITS] if filing else None,
        lead=lead_department(filing, lead),
        source_clock=filing.source_clock if filing else False,
        provisional=dispatch.provisional if dispatch else False,
        due_at=due_at,
        response_due_at=dispatch.response_due_at if dispatch else None,
        first_response_at=_first_response(case),
        handled_at=handled_at,
        overdue=_overdue(due_at, handled_at),
        verify_by=case.verify_by,
        closed_at=case.closed_at,
        outcome=case.outcome.value if case.outcome else None,
        solved=answer.solved if answer else None,
        satisfied=answer.satisfied if answer else None,
        reworks=case.reworks,
        reopenings=case.reopenings,
        disputes=case.disputes,
        remarks=case.remarks,
        replay_run=case.replay.run if case.replay else None,
        as_of=case.replay.as_of if case.replay else None,
    )


def measure_task(case: Case, task: Task) -> TaskMeasure:
    """Return the row of a task."""
    dispatch = task.dispatch
    return TaskMeasure(
        task_id=task.ref.task_id,
        case_id=case.case_id,
        task_no=task.ref.task_no,
        attempt=task.ref.attempt,
        department=task.department,
        role=dispatch.role.value if dispatch else None,
        required=dispatch.required if dispatch else None,
        dispatched_at=dispatch.at if dispatch else None,
        delivered_at=task.delivered_at,
        acknowledged_at=task.acknowledged_at,
        completed_at=task.completed_at,
        response_due_at=dispatch.response_due_at if dispatch else None,
        due_at=dispatch.due_at if dispatch else None,
        parked=task.parked,
        cancelled=case.handled is not None and task.completed_at is None,
    )


def lead_department(filing: Filing | None, lead: Task | None) -> str | None:
    """Return who leads: by the dispatch, before it by the source system's word."""
    if lead:
        return lead.department
    return filing.lead if filing else None


def case_due_at(filing: Filing | None, lead: Task | None) -> datetime | None:
    """Return by when the case has to be handled; None is no deadline."""
    if filing and filing.source_clock:
        return filing.due_at
    return lead.dispatch.due_at if lead and lead.dispatch else None


def _channel(case: Case) -> str | None:
    if case.filing:
        return case.filing.channel
    return case.rejection.channel if case.rejection else None


def _overdue(due_at: datetime | None, handled_at: datetime | None) -> bool | None:
    if due_at is None:
        return False
    return None if handled_at is None else handled_at > due_at


def _first_response(case: Case) -> datetime | None:
    answered = [
        task.responded_at
        for task in case.tasks
        if task.responded_at and task.dispatch and task.dispatch.role is TaskRole.LEAD
    ]
    return min(answered, default=None)
