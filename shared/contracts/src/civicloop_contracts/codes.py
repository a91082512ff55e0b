"""The closed lists that facts are written in.

A fact carries codes, never words: whatever a person may want to say travels outside the topics.
Adding a member is a compatible change: no reader loses such a fact. A reader that acts on its type
holds the case until it is upgraded to a release that knows the member; any other reader passes it
over, as it does with a type that it does not know. Removing or re-defining a member needs a new
version of the fact.
"""

from enum import StrEnum


class Service(StrEnum):
    """The four rooms, by the name of their Kafka user and consumer group."""

    INTAKE = "intake"  # reports, cases, identities, notices
    ROUTER = "router"  # plans, clocks, disputes, escalation
    DEPARTMENT_ADAPTER = "department-adapter"  # deliveries to departments and their answers
    FEEDBACK = "feedback"  # verification, satisfaction, closing, indicators


class Channel(StrEnum):
    """Where a report came in (上报渠道)."""

    PATROL = "patrol"  # 网格巡查
    SNAP = "snap"  # 线上随手拍
    RIDER_SNAP = "rider_snap"  # 骑手随手拍
    COUNCIL = "council"  # 小院议事厅
    HOTLINE = "hotline"  # 12345
    SENSOR = "sensor"  # a device, as for waterlogging
    SUPERIOR = "superior"  # 上级交办
    IMPORT = "import"  # another system's file


class MatterKind(StrEnum):
    """A fixed asset with an owner (部件), or something that happened (事项)."""

    COMPONENT = "component"  # 部件
    MATTER = "matter"  # 事项


class Precision(StrEnum):
    """How exactly a fact may say where: exact in public space, an H3 cell for premises."""

    EXACT = "exact"  # a position
    COARSE = "coarse"  # an H3 cell


class RejectReason(StrEnum):
    """Why no case was filed (不予立案)."""

    OUTSIDE_JURISDICTION = "outside_jurisdiction"  # the place is not the city's
    UNKNOWN_MATTER = "unknown_matter"  # no standard that is used here has such an entry


class WithdrawReason(StrEnum):
    """Why a report left its case."""

    BY_REPORTER = "by_reporter"  # the reporter took it back
    UNMERGED = "unmerged"  # it was about something else and is filed anew


class Tier(StrEnum):
    """Levels of the territory (块), lowest first."""

    GRID = "grid"  # 网格
    COMMUNITY = "community"  # 社区
    SUBDISTRICT = "subdistrict"  # 街道
    DISTRICT = "district"  # 区
    CITY = "city"  # 市


class TaskRole(StrEnum):
    """One department leads (主办), any number assist (协办)."""

    LEAD = "lead"  # 主办
    ASSIST = "assist"  # 协办


class CancelReason(StrEnum):
    """Why a task ended without its department's doing."""

    CASE_HANDLED = "case_handled"  # all required work is done
    WITHDRAWN = "withdrawn"  # the last reporter withdrew
    MERGED = "merged"  # the case joined another one
    REASSIGNED = "reassigned"  # somebody else does it
    REWORK = "rework"  # it is done again as another attempt
    UNDELIVERABLE = "undeliverable"  # help that was not required, and did not reach its department


class ReassignReason(StrEnum):
    """Why a task got its next attempt."""

    RETURNED = "returned"  # its department returned it (退单)
    SUPERIOR = "superior"  # a superior decided so
    SETTLED = "settled"  # a dispute over it was settled (会商)
    REWORK = "rework"  # it has to be done again (返工)
    REOPENED = "reopened"  # the case starts a new round


class DisputeGround(StrEnum):
    """Why a joint conference (会商) has to name the lead."""

    NO_DUTY = "no_duty"  # nobody is responsible on paper
    SECOND_RETURN = "second_return"  # it was returned twice
    NO_SUCH_DEPARTMENT = "no_such_department"  # nobody has registered its department
    UNDELIVERABLE = "undeliverable"  # its department could not be reached in time


class DecidedBy(StrEnum):
    """How a dispute ended."""

    CONFERENCE = "conference"  # people met and named the lead
    RULE = "rule"  # its time limit passed: by the catalog
    MOOT = "moot"  # the case needs no lead any more


class ClockKind(StrEnum):
    """The two clocks of a task."""

    RESPONSE = "response"  # until it is acknowledged (签收)
    RESOLUTION = "resolution"  # until it is completed


class EscalationReason(StrEnum):
    """Why a case climbed a tier."""

    OVERDUE = "overdue"  # a deadline passed
    TWICE_RETURNED = "twice_returned"  # a task was returned twice
    REOPENED = "reopened"  # the reporter found it not solved
    MAJOR = "major"  # many reporters tell of it


class SuspensionKind(StrEnum):
    """A paused clock (挂起), or the long-term ledger (挂账)."""

    SUSPENSION = "suspension"  # 挂起
    LEDGER = "ledger"  # 挂账, once per case and up to a year


class Outcome(StrEnum):
    """How a case was handled and how it ended."""

    SOLVED = "solved"  # all required work was done
    WITHDRAWN = "withdrawn"  # the last reporter withdrew
    MERGED = "merged"  # the case joined another one (并案)


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

    REFUSED = "refused"  # the department's system refused it
    EXHAUSTED = "exhausted"  # all attempts failed
    NO_SUCH_DEPARTMENT = "no_such_department"  # nobody has registered the department


class ReturnGround(StrEnum):
    """The legal basis that a department cites when it returns a task (退单)."""

    NOT_OUR_DUTY = "not_our_duty"  # another department's powers
    NOT_OUR_TERRITORY = "not_our_territory"  # outside the department's area
    WRONG_MATTER = "wrong_matter"  # it is something else than filed


class ProgressCode(StrEnum):
    """What a department says while it works."""

    ON_SITE = "on_site"  # somebody is there
    IN_PROGRESS = "in_progress"  # work goes on
    WAITING_FOR_PARTS = "waiting_for_parts"  # material is missing
    STILL_OPEN = "still_open"  # nothing new (imported histories)


class ResultCode(StrEnum):
    """What a department says when it is done."""

    REPAIRED = "repaired"  # mended or replaced
    REMOVED = "removed"  # taken away
    CLEANED = "cleaned"  # cleaned
    REGULATED = "regulated"  # an order, a fine or a talk ended it
    NO_FAULT_FOUND = "no_fault_found"  # nothing was there to do
    ASSISTED = "assisted"  # the assisting part is done (协办)
    DONE = "done"  # done, in no other way of this list


class ReworkReason(StrEnum):
    """Why work has to be done again (返工)."""

    VERIFICATION_FAILED = "verification_failed"  # who looked found it not done (核实)
    NOT_SOLVED = "not_solved"  # the reporter said so (回访)


class CaseStatus(StrEnum):
    """The public status of a case, as a snapshot and a reporter see it."""

    FILED = "filed"  # 立案, nobody has it yet
    HANDLING = "handling"  # 处置, departments work on it
    VERIFYING = "verifying"  # 核实, somebody else looks
    CALLING_BACK = "calling_back"  # 回访, the reporter is asked
    CLOSED = "closed"  # 结案
    REJECTED = "rejected"  # 不予立案


class RemarkCode(StrEnum):
    """What was read and rightly changed nothing."""

    LATE_ANSWER = "late_answer"  # a department's answer to a task that was over
    TASK_CLOSED = "task_closed"  # something about a task that is over
    CASE_ENDED = "case_ended"  # something about a case that is over
    LATE_CLOCK = "late_clock"  # a time too long ago: the deadline is judged by when it was recorded
    VERIFICATION_OVERDUE = "verification_overdue"  # nobody looked: the next tier is asked
    CANCEL_UNDELIVERABLE = "cancel_undeliverable"  # a department could not be told of the end
    NOT_APPLICABLE = "not_applicable"  # something that has no effect in this state
    HELP_DECLINED = "help_declined"  # help that was not required, returned: nobody else gets it
