"""What feedback keeps of one case.

Each incoming source folds into its own part, so the order across sources does not matter: a filing
may be unknown while tasks, or even the end of the handling, are known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from feedback.domain.counting import CaseCount
from feedback.domain.parts import Filing, Outcome, TaskRole, Tier
from feedback.domain.task import Task


class CaseState(StrEnum):
    """Where a case stands in the closed loop (闭环); the last two are ends."""

    OPEN = "open"
    TO_VERIFY = "to_verify"  # 待核实
    TO_CALL_BACK = "to_call_back"  # 待回访
    CLOSED = "closed"  # 已结案
    REJECTED = "rejected"  # 不予立案


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """When a report did not become a case, and where it came in."""

    at: datetime
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayClock:
    """The imported history that a case belongs to, and when its source was read."""

    run: str
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """The router's word that nothing is left to do for departments in this round."""

    at: datetime
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the reporter last said when called back (回访)."""

    solved: bool
    satisfied: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One case. ``handlers`` are all who are recorded on its tasks: none of them may verify it.

    ``tier``: where the router sees it. ``verify_tier``: whose verifier is asked at present.
    ``settled``: the numbers of the tasks for which a dispute named the lead. ``settled_by_rule``:
    those of them whose last dispute no conference decided. ``late``: a handling that was followed
    by rework or another round had come after its deadline.
    """

    case_id: UUID
    state: CaseState = CaseState.OPEN
    round: int = 1
    filed_at: datetime | None = None
    filing: Filing | None = None
    rejection: Rejection | None = None
    replay: ReplayClock | None = None
    tasks: tuple[Task, ...] = ()
    handlers: tuple[str, ...] = ()
    tier: Tier | None = None
    settled: tuple[int, ...] = ()
    settled_by_rule: tuple[int, ...] = ()
    handled: Handled | None = None
    verify_by: datetime | None = None
    verify_tier: Tier | None = None
    call_back_until: datetime | None = None
    answer: Answer | None = None
    closed_at: datetime | None = None
    outcome: Outcome | None = None
    reworks: int = 0
    reopenings: int = 0
    disputes: int = 0
    remarks: int = 0
    counts: Mapping[CaseCount, int] = field(default_factory=dict)
    late: bool = False

    @property
    def known(self) -> bool:
        """Whether anything was ever read about it."""
        return self != Case(case_id=self.case_id)

    @property
    def leads(self) -> tuple[Task, ...]:
        """The attempts of the leading task (主办), the newest last."""
        leads = [t for t in self.tasks if t.dispatch and t.dispatch.role is TaskRole.LEAD]
        if len(leads) > 1:
            leads.sort(key=lambda task: task.ref.attempt)
        return tuple(leads)

    @property
    def lead(self) -> Task | None:
        """The newest attempt of the leading task, or None before its dispatch."""
        return self.leads[-1] if self.leads else None

    @property
    def newest_attempts(self) -> tuple[Task, ...]:
        """The newest known attempt of each task, by number."""
        newest = {t.ref.task_no: t for t in sorted(self.tasks, key=lambda t: t.ref.attempt)}
        return tuple(newest[number] for number in sorted(newest))

    @property
    def required_tasks(self) -> tuple[Task, ...]:
        """The newest attempts that the case needs; one whose dispatch is unread may be needed."""
        return tuple(t for t in self.newest_attempts if t.dispatch is None or t.dispatch.required)


def new_case(case_id: UUID) -> Case:
    """Return a case of which nothing has been read."""
    return Case(case_id=case_id)
