"""Take one protection away, for the length of a block, and see the damage."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from civicloop_kit import protections

# Name in the protocol -> (function, what it does when it is missing).
PROTECTIONS: Final[Mapping[str, tuple[str, Callable[..., Any]]]] = {
    "repeat": ("is_repeat", lambda _last, _sequence: False),
    "gap": ("is_gap", lambda _last, _sequence: False),
    "compare-and-set": ("expected_version", lambda _version: None),
    "outbox in the transaction": ("facts_to_save", lambda _facts: ()),
    "position in the transaction": ("moves_to_save", lambda _moves: ()),
    "relay order": ("is_next", lambda _last, _sequence: True),
    "delete after confirmation": ("may_delete", lambda *, confirmed: not confirmed),
    "rebuild after a failed send": ("must_rebuild_producer", lambda **_failed: False),
    "lease": ("lease_holds", lambda _age, _limit: True),
    "isolation of poison": ("isolates_poison", lambda: False),
    "isolation in a group commit": ("isolates_commands", lambda: False),
    "COMMIT unknown": ("looks_up_unknown_commit", lambda: False),
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
