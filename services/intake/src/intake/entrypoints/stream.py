"""Facts of other rooms: each is translated and folded into the public status of its case."""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, router
from civicloop_kit.room import Decision, FactHandler, Moment
from intake import wire
from intake.domain.state import CaseState
from intake.handlers import end_work, follow_case, refuse_merge, refuse_withdrawal


class Follower:
    """One method per fact that moves a case here."""

    def on_task_dispatched(
        self, state: CaseState, fact: router.TaskDispatched, moment: Moment
    ) -> Decision[CaseState]:
        """A department works on it."""
        return follow_case(state, wire.task_dispatched(fact), moment.now)

    def on_task_reassigned(
        self, state: CaseState, fact: router.TaskReassigned, moment: Moment
    ) -> Decision[CaseState]:
        """Another department works on it, or the same one again."""
        return follow_case(state, wire.task_reassigned(fact), moment.now)

    def on_dispute_opened(
        self, state: CaseState, fact: router.DisputeOpened, moment: Moment
    ) -> Decision[CaseState]:
        """A joint conference looks for its lead."""
        return follow_case(state, wire.dispute_opened(fact), moment.now)

    def on_dispute_settled(
        self, state: CaseState, fact: router.DisputeSettled, moment: Moment
    ) -> Decision[CaseState]:
        """Its lead is found, or it needs none any more."""
        return follow_case(state, wire.dispute_settled(fact), moment.now)

    def on_case_handled(
        self, state: CaseState, fact: router.CaseHandled, moment: Moment
    ) -> Decision[CaseState]:
        """The departments are done with it; merged: its reports go on to the survivor."""
        return end_work(state, wire.case_handled(fact), moment)

    def on_withdrawal_refused(
        self, state: CaseState, fact: router.WithdrawalRefused, moment: Moment
    ) -> Decision[CaseState]:
        """Its last report counts again."""
        return refuse_withdrawal(state, wire.withdrawal_refused(fact), moment)

    def on_merge_refused(
        self, state: CaseState, fact: router.MergeRefused, moment: Moment
    ) -> Decision[CaseState]:
        """It stays a case of its own."""
        return refuse_merge(state, wire.merge_refused(fact), moment)

    def on_task_acknowledged(
        self, state: CaseState, fact: department.TaskAcknowledged, moment: Moment
    ) -> Decision[CaseState]:
        """A department has taken it."""
        return follow_case(state, wire.task_acknowledged(fact), moment.now)

    def on_task_progressed(
        self, state: CaseState, fact: department.TaskProgressed, moment: Moment
    ) -> Decision[CaseState]:
        """A department is at it."""
        return follow_case(state, wire.task_progressed(fact), moment.now)

    def on_verification_requested(
        self, state: CaseState, fact: feedback.VerificationRequested, moment: Moment
    ) -> Decision[CaseState]:
        """Somebody else looks whether it is done."""
        return follow_case(state, wire.verification_requested(fact), moment.now)

    def on_case_verified(
        self, state: CaseState, fact: feedback.CaseVerified, moment: Moment
    ) -> Decision[CaseState]:
        """It is done; the reporter is asked."""
        return follow_case(state, wire.case_verified(fact), moment.now)

    def on_rework_requested(
        self, state: CaseState, fact: feedback.ReworkRequested, moment: Moment
    ) -> Decision[CaseState]:
        """It is not done: the departments have it again."""
        return follow_case(state, wire.rework_requested(fact), moment.now)

    def on_case_reopened(
        self, state: CaseState, fact: feedback.CaseReopened, moment: Moment
    ) -> Decision[CaseState]:
        """It begins a new round."""
        return follow_case(state, wire.case_reopened(fact), moment.now)

    def on_case_closed(
        self, state: CaseState, fact: feedback.CaseClosed, moment: Moment
    ) -> Decision[CaseState]:
        """It is over; its reporters are told."""
        return follow_case(state, wire.case_closed(fact), moment.now)


def routes(follower: Follower) -> Mapping[type[Fact], FactHandler[CaseState]]:
    """Return which method handles which fact."""
    return {
        router.TaskDispatched: follower.on_task_dispatched,
        router.TaskReassigned: follower.on_task_reassigned,
        router.DisputeOpened: follower.on_dispute_opened,
        router.DisputeSettled: follower.on_dispute_settled,
        router.CaseHandled: follower.on_case_handled,
        router.WithdrawalRefused: follower.on_withdrawal_refused,
        router.MergeRefused: follower.on_merge_refused,
        department.TaskAcknowledged: follower.on_task_acknowledged,
        department.TaskProgressed: follower.on_task_progressed,
        feedback.VerificationRequested: follower.on_verification_requested,
        feedback.CaseVerified: follower.on_case_verified,
        feedback.ReworkRequested: follower.on_rework_requested,
        feedback.CaseReopened: follower.on_case_reopened,
        feedback.CaseClosed: follower.on_case_closed,
    }
