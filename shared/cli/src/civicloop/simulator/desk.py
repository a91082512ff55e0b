"""The tasks of the simulated departments: what came, what was applied, what is still to do.

Notices about a task (reminders, moved deadlines, supplements …) are applied once and change
nothing that is to do.

State is what the journal says: after a restart a department goes on where it was.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from civicloop.simulator.journal import Entry, Event
from civicloop.simulator.plan import Work

DISPATCHED: Final = "task.dispatched"
CANCELLED: Final = "task.cancelled"
# A sample that an operator sends; everything else with a task is a delivery.
SAMPLE: Final = "task.test"


class Took(StrEnum):
    """What a delivery was to its department."""

    NEW = "new"
    REPEAT = "repeat"
    LATE = "late"
    SAMPLE = "sample"


class Desk:
    """Applies each delivery once; deliveries of a cancelled task are ignored."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._applied: set[str] = set()
        self._cancelled: set[UUID] = set()
        self._open: dict[UUID, Work] = {}

    def recall(self, entries: Iterable[Entry]) -> None:
        """Take up what a journal says."""
        for entry in entries:
            if entry["event"] == Event.APPLIED:
                self._apply(entry)
            elif entry["event"] == Event.ANSWERED and entry.get("final"):
                self.finish(UUID(entry["task_id"]))

    def open_work(self) -> tuple[Work, ...]:
        """Return the tasks that are not done."""
        return tuple(self._open.values())

    def work(self, task_id: UUID) -> Work | None:
        """Return what there is to do for a task, if anything."""
        return self._open.get(task_id)

    def finish(self, task_id: UUID) -> None:
        """Forget a task that is done."""
        self._open.pop(task_id, None)

    def take(self, body: Mapping[str, Any], digest: str) -> tuple[Took, list[Entry]]:
        """Return what a delivery is, and the lines that the journal must hold before it counts."""
        if body["type"] == SAMPLE or "task_id" not in body:
            return Took.SAMPLE, [self._entry(Event.SAMPLE, body, digest=digest)]
        received = self._entry(Event.RECEIVED, body, digest=digest)
        if str(body["delivery_id"]) in self._applied:
            return Took.REPEAT, [received]
        if UUID(body["task_id"]) in self._cancelled:
            return Took.LATE, [self._entry(Event.IGNORED, body, digest=digest)]
        # From here on a repeat is one, even while the journal is being written.
        applied = self._entry(Event.APPLIED, body, **_facts_of(body))
        self._apply(applied)
        return Took.NEW, [received, applied]

    def undo(self, body: Mapping[str, Any]) -> None:
        """Take a delivery back whose lines did not reach the disk."""
        self._applied.discard(str(body["delivery_id"]))
        if body["type"] == CANCELLED:
            self._cancelled.discard(UUID(body["task_id"]))
        if body["type"] in (DISPATCHED, CANCELLED):
            self.finish(UUID(body["task_id"]))

    def _apply(self, entry: Entry) -> None:
        self._applied.add(entry["delivery_id"])
        task_id = UUID(entry["task_id"])
        if entry["type"] == CANCELLED:
            self._cancelled.add(task_id)
            self.finish(task_id)
        elif entry["type"] == DISPATCHED:
            self._open[task_id] = Work(
                task_id=task_id,
                delivery_id=entry["delivery_id"],
                department=entry["department"],
                role=entry["role"],
                came_at=datetime.fromisoformat(entry["at"]),
                # A journal of an older release does not say them.
                matter=entry.get("matter", ""),
                attempt=int(entry.get("attempt", 1)),
            )

    def _entry(self, event: Event, body: Mapping[str, Any], **more: object) -> Entry:
        return {
            "event": event.value,
            "at": self._now().isoformat(),
            "department": body["department"],
            "type": body["type"],
            "delivery_id": body["delivery_id"],
            "task_id": body.get("task_id"),
            **more,
        }


def _facts_of(body: Mapping[str, Any]) -> dict[str, object]:
    """Return what a plan needs to know of a task, and nothing that a person said."""
    if body["type"] != DISPATCHED:
        return {}
    return {
        "role": str(body.get("role", "")),
        "matter": str(body.get("matter", {}).get("code", "")),
        "attempt": int(body.get("attempt", 1)),
    }
