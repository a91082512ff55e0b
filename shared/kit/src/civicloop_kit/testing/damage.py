"""Take one protection away, for the length of a block, and see the damage."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from civicloop_kit import protections
from civicloop_kit.postgres import Database
from civicloop_kit.rows import Move

_MOVE_FIRST: Final = "UPDATE positions SET next = $3 WHERE topic = $1 AND partition = $2"


async def _move_first(database: Database, moves: Sequence[Move]) -> Sequence[Move]:
    """Store positions by themselves, before the work, as an automatic commit does."""
    async with database.transaction() as connection:
        for move in moves:
            await connection.execute(_MOVE_FIRST, move.topic, move.partition, move.next)
    return ()


# Name in the protocol -> (function, what stands in its place when it is missing).
PROTECTIONS: Final[Mapping[str, tuple[str, Callable[..., Any]]]] = {
    "repeat": ("is_repeat", lambda _last, _sequence: False),
    "gap": ("is_gap", lambda _last, _sequence: False),
    "compare-and-set": ("expected_version", lambda _version: None),
    "outbox in the transaction": ("facts_to_save", lambda _facts: ()),
    "position in the transaction": ("moves_to_save", _move_first),
    "relay order": ("is_next", lambda _last, _sequence: True),
    "delete after confirmation": ("may_delete", lambda *, confirmed: not confirmed),
    "rebuild after a failed send": ("must_rebuild_producer", lambda **_failed: False),
    "lease": ("lease_holds", lambda _age, _limit: True),
    "isolation of poison": ("isolates_poison", lambda: False),
    "isolation in a group commit": ("isolates_commands", lambda: False),
    "COMMIT unknown": ("may_run_again", lambda **_has_key: True),
}


@contextmanager
def without(name: str) -> Iterator[None]:
    """Run without one protection.

    Raises:
        KeyError: No protection has that name.
    """
    attribute, missing = PROTECTIONS[name]
    kept = getattr(protections, attribute)
    setattr(protections, attribute, missing)
    try:
        yield
    finally:
        setattr(protections, attribute, kept)
