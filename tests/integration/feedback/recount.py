"""The indicators counted again from the facts alone, as somebody outside would do it.

Nothing here is the room's code: only facts of the contracts come in.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tests.integration.feedback.recount_deadlines import DeadlineStory

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, router

ENDED_OTHERWISE = {"withdrawn", "merged"}
TASK_FACTS: Mapping[type[Fact], str] = {
    router.ReminderIssued: "reminders",
    router.SupervisionIssued: "supervisions",
    router.DeadlineExtended: "extensions",
    router.ExtensionRefused: "extensions_refused",
    router.ClockSuspended: "suspensions",
    router.SuspensionRefused: "suspensions_refused",
    department.ExtensionRequested: "extensions_requested",
    department.SuspensionRequested: "suspensions_requested",
    department.DeliveryParked: "parked",
    department.TaskReturned: "returned",
}
CASE_FACTS: Mapping[type[Fact], str] = {
    intake.ReportWithdrawn: "reports_withdrawn",
    router.DisputeOpened: "disputes",
    router.DisputeSettled: "disputes_settled",
    router.CaseEscalated: "escalations",
    router.WithdrawalRefused: "withdrawals_refused",
    router.MergeRefused: "merges_refused",
}


@dataclass(frozen=True, kw_only=True)
class Counted:
    """The numbers of all cases together, and of each group."""

    total: Counter[str]
    groups: Mapping[str | None, Counter[str]]


def recount(cases: Iterable[Mapping[str, Sequence[Fact]]], by: str, now: datetime) -> Counted:
    """Count cases, each given as its facts by source, grouped by department or channel."""
    groups: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for sources in cases:
        case = CaseStory([fact for facts in sources.values() for fact in facts])
        if not case.first(intake.CaseFiled | intake.CaseRejected):
            continue
        of_case = case.lead if by == "department" else case.group(by)
        groups[of_case] += case.numbers(now)
        for task in case.given:
            groups[task.department if by == "department" else of_case] += case.task_numbers(task)
    return Counted(total=sum(groups.values(), Counter[str]()), groups=groups)


class CaseStory(DeadlineStory):
    """What can be told of one case. Only the order within each source is looked at."""

    @property
    def lead(self) -> str | None:
        """The department of the lead's newest attempt."""
        return self.lead_task.department if self.lead_task else None

    def group(self, by: str) -> str | None:
        """Return the channel or the district."""
        received = self.first(intake.CaseFiled | intake.CaseRejected)
        if by == "channel":
            return str(received.channel.value)
        return received.place.division[:6] if isinstance(received, intake.CaseFiled) else None

    @property
    def handled_at(self) -> datetime | None:
        """When it was handled, unless it was sent back or reopened after that."""
        handled = self.every(router.CaseHandled)
        again = self.every(feedback.ReworkRequested | feedback.CaseReopened)
        return handled[-1].occurred_at if len(handled) > len(again) else None

    @property
    def outcome(self) -> str | None:
        """How its last round ended; None while it goes on."""
        ends = self.every(feedback.CaseClosed | feedback.CaseReopened)
        return (
            ends[-1].outcome.value if ends and isinstance(ends[-1], feedback.CaseClosed) else None
        )

    def responded_at(self) -> datetime | None:
        """Return the first sign of the lead's newest attempt; a return is none."""
        signs = (
            department.TaskAcknowledged
            | department.TaskProgressed
            | department.TaskCompleted
            | department.ExtensionRequested
            | department.SuspensionRequested
        )
        if self.lead_task is None:
            return None
        of_lead = [s for s in self.every(signs) if s.task.task_id == self.lead_task.task.task_id]
        return min((sign.occurred_at for sign in of_lead), default=None)

    def numbers(self, now: datetime) -> Counter[str]:
        """Return what is counted of the case itself."""
        counted = Counter({name: len(self.every(kind)) for kind, name in CASE_FACTS.items()})
        counted["received"] = 1
        if not self.first(intake.CaseFiled):
            counted["rejected"] = 1
            return counted
        counted["filed"] = 1
        counted["reopened"] = bool(self.every(feedback.CaseReopened))
        if self.outcome != "merged":
            joined, left = self.every(intake.ReportAttached), self.every(intake.ReportWithdrawn)
            counted["reports"] = 1 + len(joined) - len(left)
        counted.update(self._call_back())
        counted.update(self._progress(now))
        return counted

    def _progress(self, now: datetime) -> Counter[str]:
        """Return how the case stands to its two deadlines."""
        if self.outcome in ENDED_OTHERWISE:
            return Counter({"ended_otherwise": 1})
        (due, stands), handled, closed = self.clock(), self.handled_at, self.outcome is not None
        missed = self.missed()
        passed = missed or (due is not None and due < now)
        late = missed or (due is not None and (handled > due if handled else due < now))
        suspended = stands and handled is None and not missed
        due_to_handle = handled is not None or passed
        due_to_close = closed or passed
        names = {
            "suspended": suspended,
            "due_to_handle": due_to_handle,
            "not_due": not due_to_handle and not suspended,
            "handled": handled is not None,
            "handled_on_time": handled is not None and not late,
            "overdue": late,
            "due_to_close": due_to_close,
            "not_due_to_close": not due_to_close and not suspended,
            "closed": closed,
            "closed_on_time": closed and not late,
            "reworked": due_to_handle and bool(self.every(feedback.ReworkRequested)),
        }
        return Counter({name for name, true in names.items() if true}) + self._response(now)

    def _response(self, now: datetime) -> Counter[str]:
        limit = self.lead_task.response_due_at if self.lead_task else None
        if limit is None:
            return Counter({"no_response_clock": 1})
        first = self.responded_at()
        if first is None and limit >= now:
            return Counter({"response_not_due": 1})
        on_time = first is not None and first <= limit
        return Counter({"due_to_respond": 1, "responded_on_time": int(on_time)})

    def _call_back(self) -> Counter[str]:
        """Return what the last answer of the reporter says."""
        answers = self.every(feedback.SatisfactionRecorded)
        if not answers:
            return Counter({"not_answered": 1})
        limit = self.lead_task.response_due_at if self.lead_task else None
        first = self.responded_at()
        return Counter(
            {
                "valid_call_backs": 1,
                "contacted": int(first is not None and (limit is None or first <= limit)),
                "solved": int(answers[-1].solved),
                "satisfied": int(answers[-1].satisfied is True),
                "satisfaction_not_said": int(answers[-1].satisfied is None),
            }
        )

    def task_numbers(self, given: router.TaskDispatched) -> Counter[str]:
        """Return what is counted of one attempt of one department."""
        about = [f for f in self.every(tuple(TASK_FACTS)) if f.task.task_id == given.task.task_id]
        counted = Counter(TASK_FACTS[type(fact)] for fact in about)
        counted["dispatched"] = 1
        unfounded = bool(counted["returned"]) and self._was_given_back(given)
        counted["returned_unfounded"] = int(unfounded)
        counted["returned_justified"] = int(bool(counted["returned"]) and not unfounded)
        counted["dispatched_accurately"] = 1 - counted["returned_justified"]
        return counted

    def _was_given_back(self, returned: router.TaskDispatched) -> bool:
        """Tell whether a conference or a superior gave the same department the task again."""
        later = [
            task
            for task in self.every(router.TaskReassigned)
            if task.task.task_no == returned.task.task_no
            and task.task.attempt > returned.task.attempt
            and task.department == returned.department
        ]
        return any(task.reason.value == "superior" or self._met(task) for task in later)

    def _met(self, given: router.TaskReassigned) -> bool:
        """Tell whether a conference gave out the task, by the last settlement before it."""
        if given.reason.value != "settled":
            return False
        number, before = given.task.task_no, self.facts[: self.facts.index(given)]
        settled = [f for f in before if isinstance(f, router.DisputeSettled)]
        of_task = [f for f in settled if f.task.task_no == number and f.lead is not None]
        return bool(of_task) and of_task[-1].decided_by.value == "conference"


def ratios(numbers: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return numerator and denominator of each indicator, as the domain defines them."""
    n = defaultdict(int, numbers)
    return {
        "filing_rate": (n["filed"], n["filed"] + n["rejected"]),
        "closing_rate": (n["closed"], n["due_to_close"]),
        "on_time_closing_rate": (n["closed_on_time"], n["due_to_close"]),
        "handling_rate": (n["handled"], n["due_to_handle"]),
        "on_time_handling_rate": (n["handled_on_time"], n["due_to_handle"]),
        "on_time_response_rate": (n["responded_on_time"], n["due_to_respond"]),
        "rework_rate": (n["reworked"], n["due_to_handle"]),
        "buck_passing_rate": (n["returned_unfounded"], n["dispatched"]),
        "accurate_dispatch_rate": (n["dispatched"] - n["returned_justified"], n["dispatched"]),
        "response_rate": (n["contacted"], n["valid_call_backs"]),
        "solved_rate": (n["solved"], n["valid_call_backs"]),
        "satisfaction_rate": (n["satisfied"], n["valid_call_backs"]),
    }
