"""One realistic record per fact, to read and to test a consumer with.

Values are given by field name, so that the same field reads the same in every example.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from civicloop_contracts.envelope import CONTENT_TYPE, SPEC_VERSION, Envelope, headers_of, value_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.remark import Remarked
from civicloop_contracts.snapshot import SNAPSHOT_SOURCE, SNAPSHOT_TYPE, CaseSnapshot

CASE_ID: Final = UUID("019f2f6a-5c1e-7d3b-9a42-6f0d8f3e2b71")
RECORDED_AT: Final = datetime.fromisoformat("2026-05-09T02:14:07.512000+00:00")
_TRACEPARENT: Final = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
_TASK: Final = {"task_id": "5f0e7c2a-1c86-5d0e-8f5b-2a9f6f0c7d13", "task_no": 1, "attempt": 1}
_VALUES: Final[Mapping[str, Any]] = {
    "case_id": CASE_ID,
    "occurred_at": "2026-05-09T02:14:05Z",
    "recorded_at": RECORDED_AT,
    "cause": "command:2b1f0c9e-6d7a-4c55-9f0e-3f7a5f1f9c10",
    "report_id": "019f2f6a-5c1d-7a90-8b11-0d5f2c7e9a44",
    "channel": "snap",
    "matter": {
        "standard_ref": "gbt-47678.5-2026",
        "kind": "component",
        "code": "01001",
        "condition": "missing",
    },
    "place": {
        "division": "410105001",
        "precision": "exact",
        "latitude": 34.775879,
        "longitude": 113.679905,
    },
    "supplement_id": "019f2f6a-7c20-7e11-8c3d-1f2e3d4c5b6a",
    "survivor": "019f2f5b-0a11-7b22-9c33-4d44e55f6a77",
    "task": _TASK,
    "replaces": "c1a3f5e7-2b4d-5f60-8a9c-0e1d2c3b4a59",
    "department": "water-supply",
    "lead": "urban-management",
    "role": "lead",
    "required": True,
    "round": 1,
    "tier": "district",
    "response_due_at": "2026-05-09T04:14:05Z",
    "resolution_due_at": "2026-05-09T06:14:05Z",
    "provisional": False,
    "return_until": "2026-05-09T04:14:05Z",
    "catalog_version": "2026.1",
    "calendar_version": "2026.1",
    "dispute_id": "7d6c5b4a-3f2e-5d1c-8b0a-9f8e7d6c5b4a",
    "settle_by": "2026-05-11T02:14:05Z",
    "decided_by": "conference",
    "clock": "resolution",
    "due_at": "2026-05-09T06:14:05Z",
    "extensions": 1,
    "request_id": "0f1e2d3c-4b5a-4697-8879-6a5b4c3d2e1f",
    "remaining_s": 5400,
    "review_at": "2026-06-09T02:14:05Z",
    "delivery_id": f"{_TASK['task_id']}/dispatch/1",
    "attempts": 1,
    "handler": "3fa85f6457174562",
    "verifier": "b3fc2c963f66afa6",
    "progress": "on_site",
    "verify_by": "2026-05-11T06:00:00Z",
    "tasks": [1],
    "solved": True,
    "satisfied": True,
    "writer": "router",
    "code": "late_answer",
}
# Fields whose meaning, and so whose example, depends on the fact.
_OWN_VALUES: Final[Mapping[str, Mapping[str, Any]]] = {
    "CaseRejected": {"reason": "outside_jurisdiction"},
    "ReportWithdrawn": {"reason": "by_reporter"},
    "TaskReassigned": {"reason": "returned"},
    "TaskCancelled": {"reason": "case_handled"},
    "DisputeOpened": {"ground": "no_duty"},
    "CaseEscalated": {"reason": "overdue"},
    "ClockSuspended": {"kind": "suspension"},
    "CaseHandled": {"outcome": "solved"},
    "DeliveryParked": {"reason": "exhausted"},
    "TaskReturned": {"ground": "not_our_duty"},
    "TaskCompleted": {"result": "repaired"},
    "SuspensionRequested": {"kind": "suspension"},
    "ReworkRequested": {"reason": "verification_failed"},
    "CaseClosed": {"outcome": "solved"},
}
_SNAPSHOT: Final = {
    "case_id": CASE_ID,
    "version": 6,
    "as_of": {"/intake/cases": 1, "/router/tasks": 2, "/feedback/outcomes": 3},
    "status": "closed",
    "round": 1,
    "outcome": "solved",
    "matter": _VALUES["matter"],
    "place": _VALUES["place"],
    "lead": "water-supply",
    "opened_at": "2026-05-09T02:14:05Z",
    "due_at": "2026-05-09T06:14:05Z",
    "closed_at": "2026-05-09T05:40:00Z",
}


def example_of(fact: type[Fact]) -> Fact:
    """Return the example of a fact; required fields only, and those that tell something.

    Raises:
        KeyError: A field of the fact has no example value; add one here.
    """
    values = {**_VALUES, **_OWN_VALUES.get(fact.__name__, {})}
    names = [name for name, field in fact.model_fields.items() if field.is_required()]
    return fact.model_validate({name: values[name] for name in names})


def example_record(fact: type[Fact]) -> Mapping[str, Any]:
    """Return key, headers and value of a fact's example, as JSON types."""
    example = example_of(fact)
    source = "/router/tasks" if fact is Remarked else fact.source
    envelope = Envelope(
        source=source,
        type=fact.event_type(),
        case_id=example.case_id,
        sequence=1,
        traceparent=_TRACEPARENT,
    )
    headers = {name: value.decode() for name, value in headers_of(envelope, RECORDED_AT)}
    return {"key": str(CASE_ID), "headers": headers, "value": value_of(example).decode()}


def example_snapshot() -> Mapping[str, Any]:
    """Return key, headers and value of a snapshot's example, as JSON types."""
    snapshot = CaseSnapshot.model_validate(_SNAPSHOT)
    value = snapshot.model_dump_json(exclude_none=True)
    headers = {
        "ce_specversion": SPEC_VERSION,
        "ce_id": f"{SNAPSHOT_SOURCE}:{CASE_ID}:{snapshot.version}",
        "ce_source": SNAPSHOT_SOURCE,
        "ce_type": SNAPSHOT_TYPE,
        "content-type": CONTENT_TYPE,
        "traceparent": _TRACEPARENT,
    }
    return {"key": str(CASE_ID), "headers": headers, "value": value}
