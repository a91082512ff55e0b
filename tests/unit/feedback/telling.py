"""What the facts of all rooms about one case are made of."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import parts
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
LEAD: Final = "urban-management"
ASSIST: Final = "water"
FactT = TypeVar("FactT", bound=Fact)


def at(hours: float) -> datetime:
    """Return the time *hours* after the start."""
    return START + timedelta(hours=hours)


def task_ref(task_no: int = 1, attempt: int = 1, case_id: UUID = CASE_ID) -> parts.TaskRef:
    """Return the reference of a task of a case."""
    task_id = uuid5(case_id, f"{task_no}/{attempt}")
    return parts.TaskRef(task_id=task_id, task_no=task_no, attempt=attempt)


@dataclass(kw_only=True)
class Teller:
    """Makes the facts of one case."""

    case_id: UUID = CASE_ID
    replay: Replay | None = None

    def make(self, kind: type[FactT], hours: float, /, **fields: Any) -> FactT:
        """Return a fact of a kind that happened at an hour."""
        return kind(
            case_id=self.case_id,
            occurred_at=at(hours),
            recorded_at=at(hours),
            cause=f"/intake/cases:{self.case_id}:1",
            replay=self.replay,
            **fields,
        )

    def ref(self, task_no: int, attempt: int) -> parts.TaskRef:
        """Return the reference of a task of the case."""
        return task_ref(task_no, attempt, self.case_id)

    def about(
        self,
        kind: type[FactT],
        hours: float,
        task_no: int = 1,
        /,
        attempt: int = 1,
        **fields: Any,
    ) -> FactT:
        """Return a fact about a task: number 1 is the lead's, number 2 assists."""
        given = {
            "task": self.ref(task_no, attempt),
            "department": {1: LEAD, 2: ASSIST}.get(task_no),
            **fields,
        }
        return self.make(kind, hours, **given)
