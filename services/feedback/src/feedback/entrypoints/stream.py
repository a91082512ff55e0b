"""Facts of the other rooms: translate each, call its handler."""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, intake, remark, router
from civicloop_kit.room import Decision, FactHandler, Moment
from feedback import handlers, wire
from feedback.domain.case import Case
from feedback.domain.closing import Policy


class FeedbackStream:
    """One method per fact that moves this room."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def on_case_filed(self, case: Case, fact: intake.CaseFiled, _at: Moment) -> Decision[Case]:
        """Start the indicators of a case."""
        return handlers.fold_fact(case, wire.read_case_filed(fact), wire.read_replay(fact))

    def on_case_rejected(
        self, case: Case, fact: intake.CaseRejected, _at: Moment
    ) -> Decision[Case]:
        """End what was never filed."""
        return handlers.fold_fact(case, wire.read_case_rejected(fact), wire.read_replay(fact))

    def on_task_dispatched(
        self, case: Case, fact: router.TaskDispatched, _at: Moment
    ) -> Decision[Case]:
        """Keep a task and its clocks."""
        return handlers.fold_fact(case, wire.read_task_dispatched(fact), wire.read_replay(fact))

    def on_dispute_opened(
        self, case: Case, fact: router.DisputeOpened, _at: Moment
    ) -> Decision[Case]:
        """Count a dispute."""
        return handlers.fold_fact(case, wire.read_dispute_opened(fact), wire.read_replay(fact))

    def on_case_handled(self, case: Case, fact: router.CaseHandled, at: Moment) -> Decision[Case]:
        """Ask for a verification, or close."""
        return handlers.settle_handled(
            case, wire.read_case_handled(fact), wire.read_replay(fact), at.now, self._policy
        )

    def on_task_delivered(
        self, case: Case, fact: department.TaskDelivered, _at: Moment
    ) -> Decision[Case]:
        """Measure a delivery."""
        return handlers.fold_fact(case, wire.read_task_delivered(fact), wire.read_replay(fact))

    def on_delivery_parked(
        self, case: Case, fact: department.DeliveryParked, _at: Moment
    ) -> Decision[Case]:
        """Measure a delivery that waits for a person."""
        return handlers.fold_fact(case, wire.read_delivery_parked(fact), wire.read_replay(fact))

    def on_task_acknowledged(
        self, case: Case, fact: department.TaskAcknowledged, _at: Moment
    ) -> Decision[Case]:
        """Measure a response, and keep who gave it."""
        return handlers.fold_fact(case, wire.read_task_acknowledged(fact), wire.read_replay(fact))

    def on_task_progressed(
        self, case: Case, fact: department.TaskProgressed, _at: Moment
    ) -> Decision[Case]:
        """Measure a sign of work, and keep whose."""
        return handlers.fold_fact(case, wire.read_task_progressed(fact), wire.read_replay(fact))

    def on_task_completed(
        self, case: Case, fact: department.TaskCompleted, _at: Moment
    ) -> Decision[Case]:
        """Measure a completion, and keep whose."""
        return handlers.fold_fact(case, wire.read_task_completed(fact), wire.read_replay(fact))

    def on_remarked(self, case: Case, fact: remark.Remarked, _at: Moment) -> Decision[Case]:
        """Count what changed nothing elsewhere."""
        return handlers.fold_fact(case, wire.read_remarked(fact), wire.read_replay(fact))


def routes(stream: FeedbackStream) -> Mapping[type[Fact], FactHandler[Case]]:
    """Return the handler of each fact."""
    return {
        intake.CaseFiled: stream.on_case_filed,
        intake.CaseRejected: stream.on_case_rejected,
        router.TaskDispatched: stream.on_task_dispatched,
        router.DisputeOpened: stream.on_dispute_opened,
        router.CaseHandled: stream.on_case_handled,
        department.TaskDelivered: stream.on_task_delivered,
        department.DeliveryParked: stream.on_delivery_parked,
        department.TaskAcknowledged: stream.on_task_acknowledged,
        department.TaskProgressed: stream.on_task_progressed,
        department.TaskCompleted: stream.on_task_completed,
        remark.Remarked: stream.on_remarked,
    }
