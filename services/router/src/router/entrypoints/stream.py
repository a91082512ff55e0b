"""Facts of the other rooms: translate each, call its handler."""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake
from civicloop_kit.room import Decision, FactHandler, Moment
from router import handlers, wire
from router.domain.case import Case
from router.domain.dispatch import Rulebook


class RouterStream:
    """One method per fact that moves this room."""

    def __init__(self, rules: Rulebook) -> None:
        self._rules = rules

    def on_case_filed(self, case: Case, fact: intake.CaseFiled, at: Moment) -> Decision[Case]:
        """Plan and give out the tasks."""
        return handlers.dispatch_case(case, wire.read_case_filed(fact), self._rules, at.now)

    def on_task_acknowledged(
        self, case: Case, fact: department.TaskAcknowledged, at: Moment
    ) -> Decision[Case]:
        """Stop the response clock."""
        return handlers.weigh_answer(case, wire.read_task_acknowledged(fact), at.now)

    def on_task_progressed(
        self, case: Case, fact: department.TaskProgressed, at: Moment
    ) -> Decision[Case]:
        """Stop the response clock: work is an answer too."""
        return handlers.weigh_answer(case, wire.read_task_progressed(fact), at.now)

    def on_task_completed(
        self, case: Case, fact: department.TaskCompleted, at: Moment
    ) -> Decision[Case]:
        """Say that the case is handled once all required work is done."""
        return handlers.weigh_answer(case, wire.read_task_completed(fact), at.now)

    def on_case_closed(self, case: Case, fact: feedback.CaseClosed, at: Moment) -> Decision[Case]:
        """End the round."""
        return handlers.end_round(case, wire.read_case_closed(fact), at.now)


def routes(stream: RouterStream) -> Mapping[type[Fact], FactHandler[Case]]:
    """Return the handler of each fact."""
    return {
        intake.CaseFiled: stream.on_case_filed,
        department.TaskAcknowledged: stream.on_task_acknowledged,
        department.TaskProgressed: stream.on_task_progressed,
        department.TaskCompleted: stream.on_task_completed,
        feedback.CaseClosed: stream.on_case_closed,
    }
