"""What the router may be asked to decide."""

from dataclasses import dataclass
from uuid import UUID

from router.domain.codes import RequestKind
from router.domain.dispatch import Plan
from router.domain.facts import (
    CaseClosed,
    CaseReopened,
    MergeRequested,
    ReportAttached,
    ReportWithdrawn,
    ReworkRequested,
    TaskAnswer,
    WithdrawalRequested,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCase:
    """Give out the tasks of a filed case as planned."""

    plan: Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDispute:
    """A joint conference (会商) has named the lead."""

    dispute_id: UUID
    lead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignTask:
    """A superior gives a task to another department."""

    task_id: UUID
    department: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideRequest:
    """A superior answers a department that asked for one of ``kinds``."""

    task_id: UUID
    request_id: UUID
    kinds: frozenset[RequestKind]
    approved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperviseCase:
    """A superior looks at a case (督办)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PassTime:
    """A timer has come."""


# What a person decides, by one door each.
DoorCommand = SettleDispute | ReassignTask | DecideRequest | SuperviseCase
# What another room tells is a command as well: take it into account.
Told = (
    TaskAnswer
    | ReportAttached
    | ReportWithdrawn
    | WithdrawalRequested
    | MergeRequested
    | ReworkRequested
    | CaseReopened
    | CaseClosed
)
Command = DispatchCase | DoorCommand | PassTime | Told
