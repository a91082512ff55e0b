"""Every fact, by the service that writes it."""

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, remark, router

FACTS: tuple[type[Fact], ...] = (
    intake.CaseFiled,
    intake.CaseRejected,
    intake.ReportAttached,
    intake.ReportWithdrawn,
    intake.CaseSupplemented,
    intake.WithdrawalRequested,
    intake.MergeRequested,
    router.TaskDispatched,
    router.TaskReassigned,
    router.TaskCancelled,
    router.DisputeOpened,
    router.DisputeSettled,
    router.ReminderIssued,
    router.SupervisionIssued,
    router.CaseEscalated,
    router.DeadlineExtended,
    router.ExtensionRefused,
    router.ClockSuspended,
    router.SuspensionRefused,
    router.ClockResumed,
    router.WithdrawalRefused,
    router.MergeRefused,
    router.CaseHandled,
    department.TaskDelivered,
    department.DeliveryParked,
    department.TaskAcknowledged,
    department.TaskReturned,
    department.TaskProgressed,
    department.TaskCompleted,
    department.ExtensionRequested,
    department.SuspensionRequested,
    feedback.VerificationRequested,
    feedback.CaseVerified,
    feedback.ReworkRequested,
    feedback.SatisfactionRecorded,
    feedback.CaseClosed,
    feedback.CaseReopened,
    remark.Remarked,
)

BY_TYPE: dict[str, type[Fact]] = {fact.event_type(): fact for fact in FACTS}
