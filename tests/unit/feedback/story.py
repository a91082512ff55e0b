"""The facts of other rooms about one case."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import department, intake, parts, remark, router
from feedback.domain.closing import Policy

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000001")
START: Final = datetime(2026, 5, 4, 8, 0, tzinfo=UTC)
CAUSE: Final = f"/intake/cases:{CASE_ID}:1"
POLICY: Final = Policy(
    verify_within=timedelta(days=2),
    call_back_window=timedelta(days=3),
    replay_verifier="feedfeedfeedfeed",
)
HANDLER: Final = "aaaaaaaaaaaaaaaa"
VERIFIER: Final = "bbbbbbbbbbbbbbbb"
FactT = TypeVar("FactT", bound=Fact)


def at(hours: float) -> datetime:
    """Return the time *hours* after the start."""
    return START + timedelta(hours=hours)


def task_ref(task_no: int = 1, attempt: int = 1) -> parts.TaskRef:
    """Return the reference of a task of the case."""
    task_id = uuid5(CASE_ID, f"{task_no}/{attempt}")
    return parts.TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


@dataclass(kw_only=True)
class Story:
    """Makes the facts of other rooms about one case."""

    case_id: UUID = CASE_ID
    replay: Replay | None = None

    def filed(self, hours: float = 0, **fields: Any) -> intake.CaseFiled:
        """Return a filing; ``clock`` and ``lead`` are those of a source system."""
        given = {
            "report_id": uuid5(self.case_id, "report"),
            "channel": codes.Channel.HOTLINE,
            "matter": parts.Matter(
                standard_ref="gbt-47678.5-2026", kind=codes.MatterKind.COMPONENT, code="01001"
            ),
            "place": parts.Place(
                division="410105004",
                precision=codes.Precision.EXACT,
                latitude=34.77,
                longitude=113.68,
            ),
        }
        return self._make(intake.CaseFiled, hours, **{**given, **fields})

    def rejected(self, hours: float = 0) -> intake.CaseRejected:
        """Return a rejection."""
        return self._make(
            intake.CaseRejected,
            hours,
            report_id=uuid5(self.case_id, "report"),
            channel=codes.Channel.SNAP,
            reason=codes.RejectReason.UNKNOWN_MATTER,
        )

    def dispatched(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of the leading task, to be done in 8 hours."""
        filed = self.filed()
        given = {
            "task": task_ref(),
            "department": "urban-management",
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
        return self._make(router.TaskDispatched, hours, **{**given, **fields})

    def assisting(self, hours: float = 0, **fields: Any) -> router.TaskDispatched:
        """Return a dispatch of task 2, which assists and is not required."""
        given = {
            "task": task_ref(2),
            "department": "water",
            "role": codes.TaskRole.ASSIST,
            "required": False,
        }
        return self.dispatched(hours, **{**given, **fields})

    def disputed(self, hours: float = 0) -> router.DisputeOpened:
        """Return a dispute over task 1."""
        return self._make(
            router.DisputeOpened,
            hours,
            dispute_id=uuid5(self.case_id, "dispute"),
            task=task_ref(),
            ground=codes.DisputeGround.NO_DUTY,
            settle_by=at(48),
        )

    def handled(
        self, hours: float = 4, outcome: codes.Outcome = codes.Outcome.SOLVED, round_no: int = 1
    ) -> router.CaseHandled:
        """Return the end of a handling."""
        return self._make(router.CaseHandled, hours, outcome=outcome, round=round_no)

    def delivered(self, hours: float = 0.1) -> department.TaskDelivered:
        """Return a delivery of task 1."""
        return self._about(
            department.TaskDelivered, hours, 1, delivery_id=f"{self.case_id}/dispatch/1", attempts=1
        )

    def parked(self, hours: float = 0.1) -> department.DeliveryParked:
        """Return a delivery of task 1 that waits for a person."""
        return self._about(
            department.DeliveryParked,
            hours,
            1,
            delivery_id=f"{self.case_id}/dispatch/1",
            reason=codes.ParkReason.EXHAUSTED,
            review_at=at(24),
        )

    def acknowledged(
        self, hours: float = 0.5, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskAcknowledged:
        """Return an acknowledgement."""
        return self._about(department.TaskAcknowledged, hours, task_no, handler=handler)

    def progressed(
        self, hours: float = 1, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskProgressed:
        """Return a sign of work."""
        return self._about(
            department.TaskProgressed,
            hours,
            task_no,
            handler=handler,
            progress=codes.ProgressCode.ON_SITE,
        )

    def completed(
        self, hours: float = 4, task_no: int = 1, handler: str = HANDLER
    ) -> department.TaskCompleted:
        """Return a completion."""
        return self._about(
            department.TaskCompleted,
            hours,
            task_no,
            handler=handler,
            result=codes.ResultCode.REPAIRED,
        )

    def remarked(self, hours: float = 1) -> remark.Remarked:
        """Return a remark of the department-adapter."""
        return self._make(
            remark.Remarked,
            hours,
            writer=codes.Service.DEPARTMENT_ADAPTER,
            code=codes.RemarkCode.LATE_CLOCK,
        )

    def _about(self, kind: type[FactT], hours: float, task_no: int, **fields: Any) -> FactT:
        departments = {1: "urban-management", 2: "water"}
        return self._make(
            kind, hours, task=task_ref(task_no), department=departments[task_no], **fields
        )

    def _make(self, kind: type[FactT], hours: float, **fields: Any) -> FactT:
        return kind(
            case_id=self.case_id,
            occurred_at=at(hours),
            recorded_at=at(hours),
            cause=CAUSE,
            replay=self.replay,
            **fields,
        )
