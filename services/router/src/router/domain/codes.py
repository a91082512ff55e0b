"""The closed lists that the router's facts and states are written in."""

from enum import StrEnum


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"
    ASSIST = "assist"


class CancelReason(StrEnum):
    """Why a task ended without its department's doing."""

    CASE_HANDLED = "case_handled"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    UNDELIVERABLE = "undeliverable"


class ReassignReason(StrEnum):
    """Why a task got its next attempt."""

    RETURNED = "returned"
    SUPERIOR = "superior"
    SETTLED = "settled"
    REWORK = "rework"
    REOPENED = "reopened"


class DisputeGround(StrEnum):
    """Why a joint conference (会商) has to name the lead."""

    NO_DUTY = "no_duty"
    SECOND_RETURN = "second_return"
    NO_SUCH_DEPARTMENT = "no_such_department"
    UNDELIVERABLE = "undeliverable"


class DecidedBy(StrEnum):
    """How a dispute ended: by people, by the catalog, or because nobody has to lead any more."""

    CONFERENCE = "conference"
    RULE = "rule"
    MOOT = "moot"


class ClockKind(StrEnum):
    """The two clocks of a task: until the department answers, until the work is done."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class EscalationReason(StrEnum):
    """Why a case climbed a tier."""

    OVERDUE = "overdue"
    TWICE_RETURNED = "twice_returned"
    REOPENED = "reopened"
    MAJOR = "major"


class RequestKind(StrEnum):
    """What a department may ask for: 延期, 挂起, 挂账."""

    EXTENSION = "extension"
    SUSPENSION = "suspension"
    LEDGER = "ledger"


class Gate(StrEnum):
    """What a task of a plan waits for before it is given out."""

    LEAD_ACKNOWLEDGED = "lead_acknowledged"
    LEAD_COMPLETED = "lead_completed"


class Outcome(StrEnum):
    """How a case was handled, and how it ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    LATE_ANSWER = "late_answer"
    TASK_CLOSED = "task_closed"
    CASE_ENDED = "case_ended"
    NOT_APPLICABLE = "not_applicable"
    HELP_DECLINED = "help_declined"
