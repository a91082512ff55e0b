"""Rows of the read model: a few cases and tasks to take others from."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from feedback.domain.measures import CaseMeasure, TaskMeasure

FILED = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
DUE = FILED + timedelta(hours=8)
NOW = FILED + timedelta(days=10)
OPEN = CaseMeasure(
    case_id=UUID(int=0),
    state="open",
    round=1,
    filed_at=FILED,
    rejected_at=None,
    channel="hotline",
    standard_ref="gbt-47678.5-2026",
    kind="component",
    code="01001",
    district="410105",
    lead="water",
    tier="subdistrict",
    source_clock=False,
    provisional=False,
    due_at=DUE,
    suspended=False,
    remaining_s=None,
    response_due_at=FILED + timedelta(hours=1),
    first_response_at=None,
    handled_at=None,
    overdue=None,
    verify_by=None,
    verify_tier=None,
    closed_at=None,
    outcome=None,
    solved=None,
    satisfied=None,
    reworks=0,
    reopenings=0,
    disputes=0,
    disputes_settled=0,
    escalations=0,
    reports_attached=0,
    reports_withdrawn=0,
    withdrawals_refused=0,
    merges_refused=0,
    remarks=0,
    replay_run=None,
    as_of=None,
)
ON_TIME = replace(
    OPEN,
    state="closed",
    first_response_at=FILED + timedelta(minutes=30),
    handled_at=DUE,
    overdue=False,
    closed_at=DUE + timedelta(days=1),
    outcome="solved",
    solved=True,
    satisfied=True,
)
LATE = replace(
    ON_TIME,
    first_response_at=FILED + timedelta(hours=2),
    handled_at=DUE + timedelta(seconds=1),
    overdue=True,
    reworks=2,
    solved=False,
    satisfied=None,
)
WAITING = replace(
    OPEN,
    state="to_verify",
    handled_at=DUE,
    overdue=False,
    verify_by=DUE + timedelta(days=2),
    verify_tier="district",
)
AHEAD = replace(OPEN, due_at=NOW + timedelta(days=1), response_due_at=None)
SUSPENDED = replace(OPEN, due_at=None, overdue=False, suspended=True, remaining_s=60)
NO_DEADLINE = replace(OPEN, due_at=None, response_due_at=None, overdue=False)
WITHDRAWN = replace(ON_TIME, outcome="withdrawn", solved=None, satisfied=None)
REJECTED = replace(
    OPEN,
    state="rejected",
    filed_at=None,
    rejected_at=FILED,
    channel="snap",
    district=None,
    lead=None,
    due_at=None,
    overdue=False,
)
TASK = TaskMeasure(
    task_id=UUID(int=0),
    case_id=UUID(int=0),
    task_no=1,
    attempt=1,
    department="water",
    role="lead",
    required=True,
    given_by="duty",
    dispatched_at=FILED,
    delivered_at=None,
    acknowledged_at=None,
    returned_at=None,
    unfounded=None,
    completed_at=None,
    response_due_at=None,
    due_at=DUE,
    suspended=False,
    parked=0,
    replaced=False,
    cancelled=False,
    reminders=0,
    supervisions=0,
    extensions_requested=0,
    extensions=0,
    extensions_refused=0,
    suspensions_requested=0,
    suspensions=0,
    suspensions_refused=0,
)


def numbered(*measures: CaseMeasure) -> list[CaseMeasure]:
    """Return the rows as cases of their own, in their order."""
    return [
        replace(measure, case_id=UUID(int=number)) for number, measure in enumerate(measures, 1)
    ]
