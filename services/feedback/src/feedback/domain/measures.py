"""What is measured of a case: a pure function of the state.

The deadlines of a case are those of its lead task (主办), newest attempt: the lead answers for the
whole. A deadline set by the source system replaces it, and is known before any dispatch; what the
router has moved since counts before both. What was missed once stays overdue.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from feedback.domain.case import Case
from feedback.domain.counting import CaseCount
from feedback.domain.deadlines import case_due_at, was_late
from feedback.domain.parts import Filing
from feedback.domain.task import Task
from feedback.domain.task_measures import TaskMeasure as TaskMeasure
from feedback.domain.task_measures import measure_task

_DISTRICT_DIGITS: Final = 6
_COUNT_COLUMNS: Final = tuple((count.value, count) for count in CaseCount)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMeasure:
    """One row per case. ``overdue`` is None while it can change: open, in time so far.

    ``remaining_s``: what is left of the deadline while the clock is ``suspended``.
    """

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
    tier: str | None
    source_clock: bool
    provisional: bool
    due_at: datetime | None
    suspended: bool
    remaining_s: int | None
    response_due_at: datetime | None
    first_response_at: datetime | None
    handled_at: datetime | None
    overdue: bool | None
    verify_by: datetime | None
    verify_tier: str | None
    closed_at: datetime | None
    outcome: str | None
    solved: bool | None
    satisfied: bool | None
    reworks: int
    reopenings: int
    disputes: int
    disputes_settled: int
    escalations: int
    reports_attached: int
    reports_withdrawn: int
    withdrawals_refused: int
    merges_refused: int
    remarks: int
    replay_run: str | None
    as_of: datetime | None


Measure = CaseMeasure | TaskMeasure


def changed_measures(before: Case, after: Case) -> tuple[Measure, ...]:
    """Return the rows that may differ between two states of one case.

    The row of the case moves with nearly every fact: it is not compared, that would cost more than
    it saves.
    """
    if after is before:
        return ()
    if after.tasks is before.tasks:
        return (measure_case(after),)
    known = {task.ref.task_id: task for task in before.tasks}
    moved = [
        task
        for task in after.tasks
        # How a return is judged depends on what its department was given later.
        if task.returned_at is not None or task is not known.get(task.ref.task_id)
    ]
    return (measure_case(after), *(measure_task(after, task) for task in moved))


def measure_case(case: Case) -> CaseMeasure:
    """Return the row of a case."""
    filing, answer, leads = case.filing, case.answer, case.leads
    lead = leads[-1] if leads else None
    due_at = case_due_at(filing, leads)
    handled_at = case.handled.at if case.handled else None
    dispatch = lead.dispatch if lead else None
    clock = lead.last_move if lead else None
    counts = {column: case.counts.get(count, 0) for column, count in _COUNT_COLUMNS}
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
        tier=case.tier.value if case.tier else None,
        source_clock=filing.source_clock if filing else False,
        provisional=dispatch.provisional if dispatch else False,
        due_at=due_at,
        suspended=clock.suspended if clock else False,
        remaining_s=clock.remaining_s if clock else None,
        response_due_at=dispatch.response_due_at if dispatch else None,
        first_response_at=lead.responded_at if lead else None,
        handled_at=handled_at,
        overdue=was_late(case, leads) or _overdue(due_at, handled_at),
        verify_by=case.verify_by,
        verify_tier=case.verify_tier.value if case.verify_tier else None,
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
        **counts,
    )


def lead_department(filing: Filing | None, lead: Task | None) -> str | None:
    """Return who leads: by the dispatch, before it by the source system's word."""
    if lead:
        return lead.department
    return filing.lead if filing else None


def _channel(case: Case) -> str | None:
    if case.filing:
        return case.filing.channel
    return case.rejection.channel if case.rejection else None


def _overdue(due_at: datetime | None, handled_at: datetime | None) -> bool | None:
    if due_at is None:
        return False
    return None if handled_at is None else handled_at > due_at
