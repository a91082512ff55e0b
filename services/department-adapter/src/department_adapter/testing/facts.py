"""Facts about one case, and what the room knows of it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from civicloop_contracts import codes
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import intake, parts, router
from department_adapter.domain.department import Department, TransportName
from department_adapter.ports import Registered, TaskEntry

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000001")
# As `civicloop_kit.testing.FakeClock` starts.
START: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
HANDLER: Final = "aaaaaaaaaaaaaaaa"
KEY: Final = b"k" * 32
SECRET: Final = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="  # noqa: S105 - of tests


def at(minutes: float) -> datetime:
    """Return the time *minutes* after the start."""
    return START + timedelta(minutes=minutes)


def task_ref(task_no: int = 1, attempt: int = 1) -> parts.TaskRef:
    """Return a task of the case."""
    task_id = uuid5(CASE_ID, f"{task_no}/{attempt}")
    return parts.TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


def dispatched(
    task_no: int = 1,
    *,
    department: str = "water",
    replay: Replay | None = None,
    return_until: datetime | None = None,
) -> router.TaskDispatched:
    """Return a dispatch at the start."""
    return router.TaskDispatched(
        **_dispatch(task_no, 1, department, replay), return_until=return_until
    )


def reassigned(
    task_no: int = 1,
    *,
    department: str = "power",
    reason: codes.ReassignReason = codes.ReassignReason.RETURNED,
    replay: Replay | None = None,
) -> router.TaskReassigned:
    """Return the second attempt of a task."""
    return router.TaskReassigned(
        **_dispatch(task_no, 2, department, replay),
        return_until=None,
        replaces=task_ref(task_no).task_id,
        reason=reason,
    )


def cancelled(
    task_no: int = 1, *, department: str = "water", replay: Replay | None = None
) -> router.TaskCancelled:
    """Return a cancellation."""
    return router.TaskCancelled(
        case_id=CASE_ID,
        occurred_at=at(5),
        recorded_at=at(5),
        cause=f"/department/handling:{CASE_ID}:1",
        replay=replay,
        task=task_ref(task_no),
        department=department,
        reason=codes.CancelReason.CASE_HANDLED,
    )


def reminded(task_no: int = 1, *, replay: Replay | None = None) -> router.ReminderIssued:
    """Return a reminder of a task's resolution deadline."""
    return router.ReminderIssued(
        **common_fields(replay),
        task=task_ref(task_no),
        department="water",
        clock=codes.ClockKind.RESOLUTION,
        due_at=at(24 * 60),
    )


def supplemented(*, replay: Replay | None = None) -> intake.CaseSupplemented:
    """Return what a reporter added to the case."""
    return intake.CaseSupplemented(
        **common_fields(replay), report_id=uuid5(CASE_ID, "r"), supplement_id=uuid5(CASE_ID, "s")
    )


def attached(*, replay: Replay | None = None) -> intake.ReportAttached:
    """Return that another reporter tells of the case."""
    return intake.ReportAttached(
        **common_fields(replay), report_id=uuid5(CASE_ID, "r2"), channel=codes.Channel.SNAP
    )


def common_fields(replay: Replay | None = None) -> dict[str, Any]:
    """Return what every fact of the case has, at minute 5."""
    cause = f"/department/handling:{CASE_ID}:1"
    return {
        "case_id": CASE_ID,
        "occurred_at": at(5),
        "recorded_at": at(5),
        "cause": cause,
        "replay": replay,
    }


def registered(code: str = "water", **fields: Any) -> Registered:
    """Return a department with a webhook."""
    given = {
        "code": code,
        "name_zh": "水利局",
        "name_en": "Water bureau",
        "transport": TransportName.WEBHOOK,
        "url": f"http://{code}.example/hooks",
    }
    return Registered(department=Department(**{**given, **fields}), secrets=(SECRET,))


def entry(department: str = "water", **fields: Any) -> TaskEntry:
    """Return a task as the outside sees it."""
    given: dict[str, Any] = {
        "task_id": task_ref().task_id,
        "case_id": CASE_ID,
        "department": department,
        "role": "lead",
        "state": "delivered",
        "dispatched_at": START,
        "response_due_at": at(60),
        "resolution_due_at": None,
        "return_until": None,
        "updated_at": START,
    }
    return TaskEntry(**{**given, **fields})


def _dispatch(task_no: int, attempt: int, department: str, replay: Replay | None) -> dict[str, Any]:
    return {
        "case_id": CASE_ID,
        "occurred_at": START,
        "recorded_at": START,
        "cause": f"/intake/cases:{CASE_ID}:1",
        "replay": replay,
        "task": task_ref(task_no, attempt),
        "department": department,
        "role": codes.TaskRole.LEAD if task_no == 1 else codes.TaskRole.ASSIST,
        "required": True,
        "round": 1,
        "tier": codes.Tier.SUBDISTRICT,
        "channel": codes.Channel.SNAP,
        "matter": parts.Matter(standard_ref="demo", kind=codes.MatterKind.MATTER, code="00001"),
        "place": parts.Place(division="410105", precision=codes.Precision.EXACT),
        "response_due_at": at(60),
        "resolution_due_at": at(24 * 60),
        "provisional": False,
        "catalog_version": "2026.1",
        "calendar_version": "2026",
    }
