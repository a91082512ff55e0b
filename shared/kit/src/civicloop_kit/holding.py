"""Hold what cannot be applied yet, and bring it back when it has become next."""

from typing import Final, Generic

from civicloop_kit.received import Received
from civicloop_kit.room import S
from civicloop_kit.rows import NO_MARK, HeldRecord, Row, Work

GAP: Final = "gap"
BUG: Final = "bug"
BEHIND: Final = "behind"
# The fact has a code that only a newer release knows: nobody's bug, the case waits for the upgrade.
NEWER: Final = "newer"


class Holding(Generic[S]):
    """The held records of one transaction: those from before, and those it adds."""

    def __init__(self, work: Work[S]) -> None:
        self._work = work

    def hold(self, row: Row[S], record: Received, reason: str, error: str) -> None:
        """Keep a record that waits; one that is known to wait is not kept twice."""
        if any(item.record.place == record.place for item in self._held_of(row)):
            return
        since = self._work.held_since.get(record.place)
        self._work.held.append(HeldRecord(record=record, reason=reason, error=error, since=since))
        row.held_count += 1
        row.changed = True

    def block(self, row: Row[S], record: Received, error: str) -> None:
        """Keep a record that failed as a bug; every later one of its case waits behind it."""
        self.hold(row, record, BUG, error)
        self.block_row(row)

    def block_row(self, row: Row[S]) -> None:
        """Let every later record of a case wait: something of it failed as a bug."""
        row.blocked = row.changed = True
        self._work.failed.add(row.case_id)

    def take_next(self, row: Row[S]) -> HeldRecord | None:
        """Take out a held record of a case that has become next, if there is one."""
        for held in self._held_of(row):
            if _is_due(row, held):
                self._forget(row, held)
                return held
        return None

    def _held_of(self, row: Row[S]) -> list[HeldRecord]:
        if not row.held_count:
            return []
        before = self._work.held_before.get(row.case_id, [])
        return [*before, *(item for item in self._work.held if item.record.case_id == row.case_id)]

    def _forget(self, row: Row[S], held: HeldRecord) -> None:
        if held in self._work.held:
            self._work.held.remove(held)
        else:
            self._work.held_before[row.case_id].remove(held)
            self._work.released.append(held.record)
        row.held_count -= 1


def _is_due(row: Row[S], held: HeldRecord) -> bool:
    last = row.inbox.get(held.record.source, NO_MARK)[0]
    return held.reason == GAP and (held.record.sequence or 0) <= last + 1
