"""Facts of the other rooms: translate each, call its handler."""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake
from civicloop_kit.room import Decision, FactHandler, Moment
from router import handlers, wire
from router.domain.case import Case
from router.domain.rulebook import Rulebook

ReportsChanged = intake.ReportAttached | intake.ReportWithdrawn


class RouterStream:
    """One method per fact, or kind of facts, that moves this room."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules

    def on_case_filed(self, case: Case, fact: intake.CaseFiled, at: Moment) -> Decision[Case]:
        """Plan and give out the tasks."""
        return handlers.dispatch_case(case, wire.read_case_filed(fact), self._rules, at.now)

    def on_reports_changed(self, case: Case, fact: ReportsChanged, at: Moment) -> Decision[Case]:
        """Count who reports it: many make it a major case."""
        return handlers.weigh(case, wire.read_reports_changed(fact), self._rules, at.now)

    def on_withdrawal_requested(
        self, case: Case, fact: intake.WithdrawalRequested, at: Moment
    ) -> Decision[Case]:
        """Cancel what is open, or refuse after solved."""
        return handlers.weigh(case, wire.read_withdrawal_requested(fact), self._rules, at.now)

    def on_merge_requested(
        self, case: Case, fact: intake.MergeRequested, at: Moment
    ) -> Decision[Case]:
        """Cancel what is open, or refuse after solved."""
        return handlers.weigh(case, wire.read_merge_requested(fact), self._rules, at.now)

    def on_answer(self, case: Case, fact: department.DepartmentFact, at: Moment) -> Decision[Case]:
        """Take what is told of a task into account: it moves clocks, gates, and the case."""
        return handlers.weigh(case, wire.read_answer(fact), self._rules, at.now)

    def on_rework_requested(
        self, case: Case, fact: feedback.ReworkRequested, at: Moment
    ) -> Decision[Case]:
        """Give out the next attempts of the tasks that failed."""
        return handlers.weigh(case, wire.read_rework_requested(fact), self._rules, at.now)

    def on_case_reopened(
        self, case: Case, fact: feedback.CaseReopened, at: Moment
    ) -> Decision[Case]:
        """Climb a tier and give out the next attempts of all required tasks."""
        return handlers.weigh(case, wire.read_case_reopened(fact), self._rules, at.now)

    def on_case_closed(self, case: Case, fact: feedback.CaseClosed, at: Moment) -> Decision[Case]:
        """End the round."""
        return handlers.weigh(case, wire.read_case_closed(fact), self._rules, at.now)


def routes(stream: RouterStream) -> Mapping[type[Fact], FactHandler[Case]]:
    """Return the handler of each fact."""
    return {
        intake.CaseFiled: stream.on_case_filed,
        intake.ReportAttached: stream.on_reports_changed,
        intake.ReportWithdrawn: stream.on_reports_changed,
        intake.WithdrawalRequested: stream.on_withdrawal_requested,
        intake.MergeRequested: stream.on_merge_requested,
        department.TaskDelivered: stream.on_answer,
        department.DeliveryParked: stream.on_answer,
        department.TaskAcknowledged: stream.on_answer,
        department.TaskProgressed: stream.on_answer,
        department.TaskReturned: stream.on_answer,
        department.TaskCompleted: stream.on_answer,
        department.ExtensionRequested: stream.on_answer,
        department.SuspensionRequested: stream.on_answer,
        feedback.ReworkRequested: stream.on_rework_requested,
        feedback.CaseReopened: stream.on_case_reopened,
        feedback.CaseClosed: stream.on_case_closed,
    }
