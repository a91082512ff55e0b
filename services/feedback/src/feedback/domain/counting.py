"""What only counts: facts of other rooms that move nothing here but a number.

A number that is zero is not kept.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from feedback.domain import facts


class CaseCount(StrEnum):
    """What is counted of a case. Each is a column of the read model."""

    REPORTS_ATTACHED = "reports_attached"
    REPORTS_WITHDRAWN = "reports_withdrawn"
    DISPUTES_SETTLED = "disputes_settled"
    ESCALATIONS = "escalations"
    WITHDRAWALS_REFUSED = "withdrawals_refused"
    MERGES_REFUSED = "merges_refused"


class TaskCount(StrEnum):
    """What is counted of a task. Each is a column of the read model."""

    REMINDERS = "reminders"
    SUPERVISIONS = "supervisions"
    EXTENSIONS_REQUESTED = "extensions_requested"
    EXTENSIONS = "extensions"
    EXTENSIONS_REFUSED = "extensions_refused"
    SUSPENSIONS_REQUESTED = "suspensions_requested"
    SUSPENSIONS = "suspensions"
    SUSPENSIONS_REFUSED = "suspensions_refused"


CASE_COUNTS: Final[Mapping[type[facts.Fact], CaseCount]] = {
    facts.ReportAttached: CaseCount.REPORTS_ATTACHED,
    facts.ReportWithdrawn: CaseCount.REPORTS_WITHDRAWN,
    facts.DisputeSettled: CaseCount.DISPUTES_SETTLED,
    facts.CaseEscalated: CaseCount.ESCALATIONS,
    facts.WithdrawalRefused: CaseCount.WITHDRAWALS_REFUSED,
    facts.MergeRefused: CaseCount.MERGES_REFUSED,
}
TASK_COUNTS: Final[Mapping[type[facts.Fact], TaskCount]] = {
    facts.ReminderIssued: TaskCount.REMINDERS,
    facts.SupervisionIssued: TaskCount.SUPERVISIONS,
    facts.ExtensionRequested: TaskCount.EXTENSIONS_REQUESTED,
    facts.DeadlineExtended: TaskCount.EXTENSIONS,
    facts.ExtensionRefused: TaskCount.EXTENSIONS_REFUSED,
    facts.SuspensionRequested: TaskCount.SUSPENSIONS_REQUESTED,
    facts.ClockSuspended: TaskCount.SUSPENSIONS,
    facts.SuspensionRefused: TaskCount.SUSPENSIONS_REFUSED,
}
