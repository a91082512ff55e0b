"""The closed lists that facts are written in.

A fact carries codes, never words: whatever a person may want to say travels outside the topics.
Adding a member is a compatible change (readers treat an unknown one as a type they do not know);
removing or re-defining one needs a new version of the fact.
"""

from enum import StrEnum


class Service(StrEnum):
    """The four rooms, by the name of their Kafka user and consumer group."""

    INTAKE = "intake"
    ROUTER = "router"
    DEPARTMENT_ADAPTER = "department-adapter"
    FEEDBACK = "feedback"


class Channel(StrEnum):
    """Where a report came in (上报渠道)."""

    PATROL = "patrol"  # 网格巡查
    SNAP = "snap"  # 线上随手拍
    RIDER_SNAP = "rider_snap"  # 骑手随手拍
    COUNCIL = "council"  # 小院议事厅
    HOTLINE = "hotline"  # 12345
    SENSOR = "sensor"
    SUPERIOR = "superior"  # 上级交办
    IMPORT = "import"


class MatterKind(StrEnum):
    """A fixed asset with an owner (部件), or something that happened (事项)."""

    COMPONENT = "component"
    MATTER = "matter"


class Precision(StrEnum):
    """How exactly a fact may say where: exact in public space, an H3 cell for premises."""

    EXACT = "exact"
    COARSE = "coarse"


class RejectReason(StrEnum):
    """Why no case was filed (不予立案)."""

    OUTSIDE_JURISDICTION = "outside_jurisdiction"
    UNKNOWN_MATTER = "unknown_matter"


class WithdrawReason(StrEnum):
    """Why a report left its case."""

    BY_REPORTER = "by_reporter"
    UNMERGED = "unmerged"


class Tier(StrEnum):
    """Levels of the territory (块), lowest first."""

    GRID = "grid"
    COMMUNITY = "community"
    SUBDISTRICT = "subdistrict"
    DISTRICT = "district"
    CITY = "city"


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"
    ASSIST = "assist"


class CancelReason(StrEnum):
    """Why a task ended without its department's doing."""

    CASE_HANDLED = "case_handled"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    REASSIGNED = "reassigned"
    REWORK = "rework"


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
    """How a dispute ended."""

    CONFERENCE = "conference"
    RULE = "rule"
    MOOT = "moot"


class ClockKind(StrEnum):
    """The two clocks of a task."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class EscalationReason(StrEnum):
    """Why a case climbed a tier."""

    OVERDUE = "overdue"
    TWICE_RETURNED = "twice_returned"
    REOPENED = "reopened"
    MAJOR = "major"


class SuspensionKind(StrEnum):
    """A paused clock (挂起), or the long-term ledger (挂账)."""

    SUSPENSION = "suspension"
    LEDGER = "ledger"


class Outcome(StrEnum):
    """How a case was handled and how it ended."""

    SOLVED = "solved"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class DeliveryKind(StrEnum):
    """What a delivery to a department tells."""

    DISPATCH = "dispatch"
    CANCELLATION = "cancellation"
    REMINDER = "reminder"
    SUPERVISION = "supervision"
    ESCALATION = "escalation"
    CLOCK = "clock"
    SUPPLEMENT = "supplement"
    REFUSAL = "refusal"


class ParkReason(StrEnum):
    """Why a delivery waits for a person."""

    REFUSED = "refused"
    EXHAUSTED = "exhausted"
    NO_SUCH_DEPARTMENT = "no_such_department"


class ReturnGround(StrEnum):
    """The legal basis that a department cites when it returns a task (退单)."""

    NOT_OUR_DUTY = "not_our_duty"
    NOT_OUR_TERRITORY = "not_our_territory"
    WRONG_MATTER = "wrong_matter"


class ProgressCode(StrEnum):
    """What a department says while it works."""

    ON_SITE = "on_site"
    IN_PROGRESS = "in_progress"
    WAITING_FOR_PARTS = "waiting_for_parts"
    STILL_OPEN = "still_open"


class ResultCode(StrEnum):
    """What a department says when it is done."""

    REPAIRED = "repaired"
    REMOVED = "removed"
    CLEANED = "cleaned"
    REGULATED = "regulated"
    NO_FAULT_FOUND = "no_fault_found"
    ASSISTED = "assisted"
    DONE = "done"


class ReworkReason(StrEnum):
    """Why work has to be done again (返工)."""

    VERIFICATION_FAILED = "verification_failed"
    NOT_SOLVED = "not_solved"


class CaseStatus(StrEnum):
    """The public status of a case, as a snapshot and a reporter see it."""

    FILED = "filed"
    HANDLING = "handling"
    VERIFYING = "verifying"
    CALLING_BACK = "calling_back"
    CLOSED = "closed"
    REJECTED = "rejected"


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    LATE_ANSWER = "late_answer"
    TASK_CLOSED = "task_closed"
    CASE_ENDED = "case_ended"
    LATE_CLOCK = "late_clock"
    VERIFICATION_OVERDUE = "verification_overdue"
    CANCEL_UNDELIVERABLE = "cancel_undeliverable"
    NOT_APPLICABLE = "not_applicable"
