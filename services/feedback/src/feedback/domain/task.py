"""What feedback keeps of one task: the router's part and the department's part of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from feedback.domain.counting import TaskCount
from feedback.domain.parts import GivenBy, TaskRef, TaskRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What the router said when it gave out a task; a deadline of None is no clock.

    ``by_rule``: after a dispute, but the catalog decided it and no conference.
    """

    at: datetime
    role: TaskRole
    required: bool
    round: int
    response_due_at: datetime | None
    due_at: datetime | None
    provisional: bool
    given_by: GivenBy = GivenBy.DUTY
    by_rule: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedClock:
    """Where the resolution clock stands since it was extended, suspended or resumed.

    While it is suspended no deadline can pass: ``due_at`` is None and ``remaining_s`` what is left.
    ``at``: since when; None in what an older release kept, which counts as always.
    """

    due_at: datetime | None
    suspended: bool = False
    remaining_s: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt of one department.

    ``clock``: as it was moved last, after ``moved_before``, oldest first. ``replaced``: the next
    attempt came in its place. ``over``: its round was handled before that: nobody works on it.
    """

    ref: TaskRef
    department: str
    dispatch: Dispatch | None = None
    clock: MovedClock | None = None
    replaced: bool = False
    over: bool = False
    delivered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    # The first sign that the department is at it; a return is none: another one has to answer.
    responded_at: datetime | None = None
    returned_at: datetime | None = None
    completed_at: datetime | None = None
    parked: int = 0
    counts: Mapping[TaskCount, int] = field(default_factory=dict)
    moved_before: tuple[MovedClock, ...] = ()

    @property
    def moves(self) -> tuple[MovedClock, ...]:
        """How its clock was moved before it was completed; what came later moves nothing."""
        if self.clock is None:
            return ()
        end, moves = self.completed_at, (*self.moved_before, self.clock)
        return tuple(m for m in moves if end is None or m.at is None or m.at <= end)

    @property
    def last_move(self) -> MovedClock | None:
        """The last of those moves."""
        moves = self.moves
        return moves[-1] if moves else None

    @property
    def due_at(self) -> datetime | None:
        """By when it has to be done; None is no deadline, or none while it is suspended."""
        if move := self.last_move:
            return move.due_at
        return self.dispatch.due_at if self.dispatch else None

    @property
    def suspended(self) -> bool:
        """Whether its clock stands still (挂起, 挂账)."""
        move = self.last_move
        return move is not None and move.suspended

    @property
    def cancelled(self) -> bool:
        """Whether it ended without its department's doing."""
        return self.over and not (self.replaced or self.returned_at or self.completed_at)
