"""A model of one case in the rooms around feedback; it writes facts, each legal when written.

Made from the choreography by hand, without any code of a room. What can happen next is a list of
acts; whoever drives it chooses. Times are hours after the start of the story.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import at

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, intake, router

INTAKE: Final = intake.CaseFiled.source
ROUTER: Final = router.TaskDispatched.source
DESKS: Final = department.TaskDelivered.source
DEPARTMENTS: Final = ("water", "parks", "roads", "power")
Act = Callable[[], None]
# What facts about tasks carry and no number depends on; a kind takes what it declares.
_BESIDE: Final[dict[str, Any]] = {
    "attempts": 1,
    "reason": codes.ParkReason.EXHAUSTED,
    "handler": "a" * 16,
    "progress": codes.ProgressCode.ON_SITE,
    "result": codes.ResultCode.DONE,
    "ground": codes.ReturnGround.NOT_OUR_DUTY,
    "clock": codes.ClockKind.RESOLUTION,
    "kind": codes.SuspensionKind.SUSPENSION,
    "review_at": at(1_000),
    "request_id": UUID(int=7),
    "due_at": at(1_000),
}


@dataclass(kw_only=True)
class Attempt:
    """One attempt of a task.

    ``router``: open, suspended, disputed or closed. ``desk``: queued, parked, delivered,
    acknowledged, in_progress, returned or completed. No department: born disputed.
    """

    number: int
    attempt: int
    department: str | None
    role: codes.TaskRole
    required: bool
    due: float | None
    returnable: bool
    round: int
    router: str = "open"
    desk: str = "queued"
    extensions: int = 0
    wants_extension: bool = False
    wants_suspension: bool = False
    weighed: bool = False

    @property
    def answered(self) -> bool:
        """Whether its department has said its last word."""
        return self.desk in {"returned", "completed"}

    @property
    def live(self) -> bool:
        """Whether somebody works on it, as far as the router knows."""
        return self.router in {"open", "suspended"} and not self.answered


@dataclass(kw_only=True)
class CaseModel:
    """One case; ``written`` are the facts of each source in their order."""

    case_id: UUID
    chance: Random
    hours: float = 0.0
    written: dict[str, list[Fact]] = field(default_factory=dict)
    status: str = "unfiled"
    round: int = 1
    tier: codes.Tier = codes.Tier.SUBDISTRICT
    reports: int = 1
    # What intake asked the router for and has no answer to yet.
    wish: type[Fact] | None = None
    source_clock: bool = False
    source_due: float | None = None
    tasks: list[Attempt] = field(default_factory=list)
    # What feedback decided and the router has not read yet.
    heard: list[Fact] = field(default_factory=list)

    @property
    def story(self) -> Story:
        """Who makes the facts of this case."""
        return Story(case_id=self.case_id)

    def likely(self, share: float) -> bool:
        """Decide by chance."""
        return self.chance.random() < share

    def write(self, source: str, fact: Fact) -> None:
        """Let a source have its next fact."""
        self.written.setdefault(source, []).append(fact)

    def tell(self, source: str, kind: type[Fact], /, **fields: Any) -> None:
        """Write a fact about the case."""
        self.write(source, self.story.make(kind, self.hours, **fields))

    def tell_of(self, task: Attempt, source: str, kind: type[Fact], /, **fields: Any) -> None:
        """Write a fact about a task."""
        ref = self.story.ref(task.number, task.attempt)
        given = {**_BESIDE, "delivery_id": f"{ref.task_id}/dispatch/1", **fields}
        given |= {"task": ref, "department": task.department}
        self.tell(source, kind, **{k: v for k, v in given.items() if k in kind.model_fields})

    def newest(self) -> list[Attempt]:
        """Return the newest attempt of each task."""
        return list({task.number: task for task in self.tasks}.values())

    def dispute_id(self, task: Attempt) -> UUID:
        """Return the id of the dispute over a task."""
        return uuid5(self.story.ref(task.number, task.attempt).task_id, "dispute")
