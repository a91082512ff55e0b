"""The facts of the router about one case."""

from typing import Any, Final
from uuid import UUID, uuid5

from tests.unit.feedback.story_intake import IntakeStory
from tests.unit.feedback.telling import ASSIST, LEAD, at

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import router

PARKS: Final = "parks"
REQUEST: Final = UUID(int=7)
_DISPATCHED: Final = router.TaskDispatched.model_fields.keys() - Fact.model_fields.keys()


class RouterStory(IntakeStory):
    """Makes the facts of the router."""

    def dispatched(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of the leading task, to be done in 8 hours."""
        filed = self.filed()
        given = {
            "task": self.ref(1, 1),
            "department": LEAD,
            "role": codes.TaskRole.LEAD,
            "required": True,
            "round": 1,
            "tier": codes.Tier.SUBDISTRICT,
            "channel": filed.channel,
            "matter": filed.matter,
            "place": filed.place,
            "response_due_at": at(1),
            "resolution_due_at": at(8),
            "provisional": False,
            "return_until": None,
            "catalog_version": "2026.1",
            "calendar_version": "2026",
        }
        return self.make(router.TaskDispatched, hours, **{**given, **fields})

    def assisting(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of task 2, which assists and is not required."""
        given = {
            "task": self.ref(2, 1),
            "department": ASSIST,
            "role": codes.TaskRole.ASSIST,
            "required": False,
        }
        return self.dispatched(hours, **{**given, **fields})

    def reassigned(
        self, hours: float = 1, attempt: int = 2, **fields: Any
    ) -> router.TaskReassigned:
        """Return the next attempt of task 1, for the parks, after a return."""
        before = self.dispatched()
        given = {
            **{name: getattr(before, name) for name in _DISPATCHED},
            "task": self.ref(1, attempt),
            "department": PARKS,
            "replaces": self.ref(1, attempt - 1).task_id,
            "reason": codes.ReassignReason.RETURNED,
        }
        return self.make(router.TaskReassigned, hours, **{**given, **fields})

    def disputed(self, hours: float = 0) -> router.DisputeOpened:
        """Return a dispute over task 1."""
        return self.make(
            router.DisputeOpened,
            hours,
            dispute_id=uuid5(self.case_id, "dispute"),
            task=self.ref(1, 1),
            ground=codes.DisputeGround.NO_DUTY,
            settle_by=at(48),
        )

    def handled(
        self, hours: float = 4, outcome: codes.Outcome = codes.Outcome.SOLVED, round_no: int = 1
    ) -> router.CaseHandled:
        """Return the end of a handling."""
        return self.make(router.CaseHandled, hours, outcome=outcome, round=round_no)

    def settled(
        self,
        hours: float = 2,
        lead: str | None = LEAD,
        decided_by: codes.DecidedBy = codes.DecidedBy.CONFERENCE,
    ) -> router.DisputeSettled:
        """Return the end of the dispute over task 1; without a lead it became moot."""
        return self.make(
            router.DisputeSettled,
            hours,
            dispute_id=uuid5(self.case_id, "dispute"),
            task=self.ref(1, 1),
            decided_by=decided_by if lead else codes.DecidedBy.MOOT,
            lead=lead,
        )

    def reminded(self, hours: float = 6) -> router.ReminderIssued:
        """Return a reminder of task 1."""
        return self.about(
            router.ReminderIssued, hours, clock=codes.ClockKind.RESOLUTION, due_at=at(8)
        )

    def supervised(self, hours: float = 6) -> router.SupervisionIssued:
        """Return a supervision of task 1."""
        return self.about(router.SupervisionIssued, hours, tier=codes.Tier.DISTRICT)

    def escalated(
        self, hours: float = 8, tier: codes.Tier = codes.Tier.DISTRICT
    ) -> router.CaseEscalated:
        """Return a climb of the case."""
        return self.make(
            router.CaseEscalated, hours, tier=tier, reason=codes.EscalationReason.OVERDUE
        )

    def extended(self, hours: float = 2, due: float = 16, **fields: Any) -> router.DeadlineExtended:
        """Return a later deadline of task 1."""
        return self.about(router.DeadlineExtended, hours, due_at=at(due), extensions=1, **fields)

    def suspended(
        self, hours: float = 2, remaining_s: int | None = 6 * 3600, **fields: Any
    ) -> router.ClockSuspended:
        """Return a clock of task 1 that stands still."""
        return self.about(
            router.ClockSuspended,
            hours,
            kind=codes.SuspensionKind.LEDGER,
            remaining_s=remaining_s,
            review_at=at(100),
            **fields,
        )

    def resumed(
        self, hours: float = 100, due: float | None = 106, **fields: Any
    ) -> router.ClockResumed:
        """Return a clock of task 1 that runs again."""
        due_at = None if due is None else at(due)
        return self.about(router.ClockResumed, hours, due_at=due_at, **fields)

    def extension_refused(self, hours: float = 2) -> router.ExtensionRefused:
        """Return a refusal of a later deadline of task 1."""
        return self.about(router.ExtensionRefused, hours, request_id=REQUEST)

    def suspension_refused(self, hours: float = 2) -> router.SuspensionRefused:
        """Return a refusal to stop the clock of task 1."""
        return self.about(router.SuspensionRefused, hours, request_id=REQUEST)

    def withdrawal_refused(self, hours: float = 5) -> router.WithdrawalRefused:
        """Return the refusal of a withdrawal."""
        return self.make(router.WithdrawalRefused, hours)

    def merge_refused(self, hours: float = 5) -> router.MergeRefused:
        """Return the refusal of a merge."""
        return self.make(router.MergeRefused, hours, survivor=UUID(int=2))
