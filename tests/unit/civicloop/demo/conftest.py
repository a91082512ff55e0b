"""Facts as the topics hold them, made by name."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from civicloop.audit.records import Sighting
from civicloop_contracts import facts

CASE = UUID("01980000-0000-7000-8000-000000000001")
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TASK = {"task_id": CASE, "task_no": 1, "attempt": 1}
KNOWN: dict[str, Any] = {
    "case_id": CASE,
    "occurred_at": NOW,
    "cause": "timer:test",
    "report_id": CASE,
    "channel": "patrol",
    "reason": "unknown_matter",
    "matter": {"standard_ref": "demo", "kind": "matter", "code": "00001"},
    "place": {"division": "410105001", "precision": "coarse"},
    "task": TASK,
    "department": "water",
    "role": "lead",
    "required": True,
    "round": 1,
    "tier": "city",
    "response_due_at": NOW,
    "resolution_due_at": NOW,
    "provisional": False,
    "return_until": NOW,
    "catalog_version": "1",
    "calendar_version": "1",
    "handler": "0" * 16,
    "verifier": "1" * 16,
    "result": "done",
    "outcome": "solved",
}


@pytest.fixture
def sight() -> Callable[..., Sighting]:
    """Make a fact as it was seen in its topic."""

    def make(name: str, sequence: int = 1, *, second: int = 0, **values: Any) -> Sighting:
        model = next(fact for fact in facts.FACTS if fact.__name__ == name)
        known = KNOWN | {"recorded_at": NOW + timedelta(seconds=second)}
        wanted = {key: known[key] for key in model.model_fields if key in known}
        fact = model.model_validate(wanted | values)
        return Sighting(
            case_id=fact.case_id,
            source=model.source,
            sequence=sequence,
            type=model.event_type(),
            value=b"",
            fact=fact,
            fault=None,
            keyed=True,
            trace_id="ab" * 16,
        )

    return make
