"""What keeps facts from being lost, doubled or reordered: one small function each.

They are called through this module, so that `civicloop_kit.testing` can take one away in a process
that a test started and show the damage. No setting does.
"""

from collections.abc import Sequence

from civicloop_kit.postgres import Database
from civicloop_kit.rows import Move, OutboxFact


def is_repeat(last: int, sequence: int) -> bool:
    """Tell whether a record was applied before. Kafka delivers at least once."""
    return sequence <= last


def is_gap(last: int, sequence: int) -> bool:
    """Tell whether a record came before its predecessor."""
    return sequence > last + 1


def expected_version(version: int) -> int | None:
    """Return the version that a row must still have. A stalled writer's row has moved on."""
    return version


def facts_to_save(facts: Sequence[OutboxFact]) -> Sequence[OutboxFact]:
    """Return the facts to store with the rows. Sent later, they cannot be lost with the process."""
    return facts


async def moves_to_save(_database: Database, moves: Sequence[Move]) -> Sequence[Move]:
    """Return the positions to store with the rows. Stored elsewhere, they part in a crash."""
    return moves


def positions_hold(moved: int, expected: int) -> bool:
    """Tell whether all positions were ours. If not, another process has the partitions."""
    return moved == expected


def is_next(handed_over: int | None, sequence: int) -> bool:
    """Tell whether a hinted fact may be sent. Otherwise an earlier one waits in the table."""
    return handed_over is not None and sequence == handed_over + 1


def may_delete(*, confirmed: bool) -> bool:
    """Tell whether a fact may leave the outbox. Deleted at hand-over, it dies with the broker."""
    return confirmed


def must_rebuild_producer(*, failed: bool) -> bool:
    """Tell whether to drop a producer: a failed batch has used up its sequence numbers."""
    return failed


def lease_holds(age_of_last_ping_s: float, limit_s: float) -> bool:
    """Tell whether we may still send as the one relay of a shard."""
    return age_of_last_ping_s < limit_s


def isolates_poison() -> bool:
    """Tell whether a record that fails as a bug is held alone, and its neighbours go on."""
    return True


def isolates_commands() -> bool:
    """Tell whether the commands of a failed group commit are tried one by one."""
    return True


def may_run_again(*, has_key: bool) -> bool:
    """Tell whether a command may run again after a COMMIT with unknown result.

    Only one with an idempotency key: the stored reply tells whether it was saved the first time.
    """
    return has_key
