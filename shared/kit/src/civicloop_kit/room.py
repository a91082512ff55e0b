"""What a room tells the kit about itself: its state, its handlers, its tables.

A handler is pure: it gets the state of one case, a fact or a command, and the time, and returns a
`Decision`. The kit loads and locks, drops repeats, holds gaps, numbers and stores what was decided,
and sends it.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import msgspec

from civicloop_contracts.codes import Service
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.postgres import Connection

S = TypeVar("S")


class Decision(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """What a handler decided about one case.

    ``facts`` are the room's own domain facts, translated by `Room.to_contract`. ``effects`` are
    rows for tables beside the case row, saved in the same transaction: the kit knows those of
    `civicloop_kit.jobs`, the room's store all others. ``reply`` is what the caller of a command
    gets, again for a repeated idempotency key: JSON types only.
    """

    state: S
    facts: tuple[object, ...] = ()
    effects: tuple[object, ...] = ()
    reply: Mapping[str, Any] | None = None


class Stamp(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the kit adds to a domain fact when it becomes a fact of the contracts."""

    case_id: UUID
    recorded_at: datetime
    cause: str
    replay: Replay | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotStamp:
    """What the kit adds to a room's state when it becomes a public snapshot."""

    case_id: UUID
    version: int
    as_of: Mapping[str, int]


class Moment(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When a fact is handled, and which one it is.

    ``now`` is the clock's time, or in a replay the time at which the fact happened. ``recorded_at``
    is the clock's time in any case: work that is queued is due from then on.
    """

    now: datetime
    recorded_at: datetime
    source: str
    sequence: int


FactHandler = Callable[[S, Any, Moment], Decision[S]]
CommandHandler = Callable[[S, Any, datetime], Decision[S]]
# States in the order of `CaseCommand.cases`; a case without a decision stays as it is.
JointHandler = Callable[[Mapping[UUID, S], Any, datetime], Mapping[UUID, Decision[S]]]
SideWriter = Callable[[Connection, Sequence[object]], Awaitable[None]]


async def no_side_tables(_connection: Connection, effects: Sequence[object]) -> None:
    """Refuse effects in a room that has no tables of its own.

    Raises:
        TypeError: A handler returned an effect.
    """
    if effects:
        message = f"no side table takes {type(effects[0]).__name__}"
        raise TypeError(message)


def no_timer(_state: object) -> datetime | None:
    """Answer for a room whose states have no timers."""
    return None


@dataclass(frozen=True, kw_only=True)
class Room(Generic[S]):
    """One room's part of the hot path.

    ``state_type`` is a frozen dataclass that msgspec can write as JSON. ``on_fact`` has a handler
    per contract fact that moves this room; other facts only advance the sequence. A command in
    ``on_joint_command`` is decided about several cases at once, all or none; its reply is that of
    `CaseCommand.case_id`, or of the first decision where that case has none. ``next_timer``
    is a pure function of the state; when its time has come ``on_timer`` decides, with that time or
    later as ``now``. ``refusals`` are the errors that mean "not allowed": answers to a caller,
    never a reason to hold a case. ``saved`` is told after the commit which effects were saved.
    """

    service: Service
    source: str
    state_type: type[S]
    new_state: Callable[[UUID], S]
    on_fact: Mapping[type[Fact], FactHandler[S]]
    to_contract: Callable[[Any, Stamp], Fact]
    on_command: Mapping[type, CommandHandler[S]] = field(default_factory=dict)
    on_joint_command: Mapping[type, JointHandler[S]] = field(default_factory=dict)
    next_timer: Callable[[S], datetime | None] = no_timer
    on_timer: Callable[[S, datetime], Decision[S]] | None = None
    refusals: tuple[type[Exception], ...] = ()
    write_effects: SideWriter = no_side_tables
    saved: Callable[[Sequence[object]], None] = lambda _effects: None
    snapshot: Callable[[S, SnapshotStamp], CaseSnapshot | None] | None = None
