"""Try held records again, or leave one out: in memory, by the same decider that held them.

Nothing is ever produced to a source's topic: what was held is applied where it was held.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Generic

from civicloop_kit.applying import Applier
from civicloop_kit.holding import BUG, NEWER
from civicloop_kit.received import Place
from civicloop_kit.room import S
from civicloop_kit.rows import NO_MARK, HeldRecord, Row, Work
from civicloop_kit.timers import CAUSE


class UnknownHeldError(Exception):
    """Nothing of that case is held here under that place."""


class NotFailedError(Exception):
    """Only a record that failed can be discarded: this one waits for another, so mend that one."""


class NotNextError(Exception):
    """Earlier records of its source have not come: it can be discarded when they have."""


class Mender(Generic[S]):
    """Works on the held records of the rows of one transaction."""

    def __init__(self, work: Work[S], applier: Applier[S], now: datetime) -> None:
        self._work = work
        self._applier = applier
        self._now = now

    def retry(self, row: Row[S]) -> None:
        """Unblock a case and apply what is held of it, as if it had not been blocked.

        Timers that were due before a record came fire before it, the others after all of them. What
        fails again is held again, with its new error, since when it was held first.
        """
        queue = self._take(row, self._held_of(row))
        for at, item in queue:
            self._catch_up(row, at)
            self._applier.apply_record(item.record)
        if not row.blocked and row.replay is None:
            self._applier.fire_timers(row, CAUSE)
        # It had failed before: nothing new for whoever counts bad releases.
        self._work.failed.discard(row.case_id)

    def retry_one(self, row: Row[S], item: HeldRecord, refused: str | None = None) -> bool:
        """Try one held record, and leave the case blocked for the others.

        Args:
            row: Its case.
            item: One of `waiting`.
            refused: Why the database does not take what is decided about it.

        Returns:
            Whether it failed as a bug.
        """
        others = [held for held in self._held_of(row) if held is not item]
        ((at, _),) = self._take(row, [item])
        self._work.held_before.pop(row.case_id, None)
        if refused is None:
            self._catch_up(row, at)
            self._applier.apply_record(item.record)
        else:
            self._applier.hold_refused(item.record, refused)
        self._work.held_before[row.case_id] = others
        failed = row.blocked
        row.blocked = True
        self._work.failed.discard(row.case_id)
        return failed

    def refuse_timer(self, row: Row[S], error: str) -> None:
        """Leave a case blocked whose timer the database refuses."""
        self._work.retried.add(row.case_id)
        self._applier.block_timer(row, error)
        self._work.failed.discard(row.case_id)

    def waiting(self, row: Row[S]) -> list[HeldRecord]:
        """Return the held records of a case, the first to be applied first."""
        return [item for _, item in self._in_order(self._held_of(row))]

    def discard(self, row: Row[S], place: Place) -> tuple[HeldRecord, int | None]:
        """Leave out one record that failed; the case stays blocked until it is tried again.

        Returns:
            The record, and the number that its source has advanced to, None for no advance.

        Raises:
            UnknownHeldError: It is not held.
            NotFailedError: It has not been tried.
            NotNextError: An earlier one is missing.
        """
        held = self._held_of(row)
        item = next((one for one in held if one.record.place == place), None)
        if item is None:
            raise UnknownHeldError(UnknownHeldError.__doc__)
        if item.reason not in (BUG, NEWER):
            raise NotFailedError(NotFailedError.__doc__)
        others = [one for one in held if one is not item]
        number = _number_to_skip(row, item, others)
        self._work.released.append(item.record)
        self._work.held_before[row.case_id] = others
        row.held_count -= 1
        row.changed = True
        if number is not None:
            digest = item.record.digest if item.record.sequence else ""
            row.inbox = {**row.inbox, item.record.source: (number, digest)}
        return item, number

    def _held_of(self, row: Row[S]) -> list[HeldRecord]:
        return list(self._work.held_before.get(row.case_id, []))

    def _take(self, row: Row[S], items: Sequence[HeldRecord]) -> list[tuple[datetime, HeldRecord]]:
        """Unblock a case and take records out of what is held of it."""
        self._work.retried.add(row.case_id)
        kept = [held for held in self._held_of(row) if held not in items]
        self._work.held_before[row.case_id] = kept
        row.held_count -= len(items)
        row.blocked, row.changed = False, True
        for item in items:
            self._work.released.append(item.record)
            self._work.held_since[item.record.place] = item.since
        return self._in_order(items)

    def _in_order(self, items: Sequence[HeldRecord]) -> list[tuple[datetime, HeldRecord]]:
        """Return records with the times at which they could have been applied, in that order.

        A record could not have been applied before those of its source with a lower number.
        """
        ready: dict[str, datetime] = {}
        timed = []
        for item in sorted(items, key=_number):
            source = item.record.source
            at = max(item.since or self._now, ready.get(source, item.since or self._now))
            ready[source] = at
            timed.append((at, item))
        return sorted(timed, key=lambda pair: pair[0])

    def _catch_up(self, row: Row[S], until: datetime) -> None:
        # An imported case lives on the times of its file: each record fires what was due before it.
        if not row.blocked and row.replay is None:
            self._applier.catch_up(row, CAUSE, until)


def _number(item: HeldRecord) -> tuple[str, int, int]:
    return item.record.source, item.record.sequence or 0, item.record.offset


def _number_to_skip(row: Row[S], item: HeldRecord, others: Sequence[HeldRecord]) -> int | None:
    """Return the number that a record leaves behind as applied, None when there is none.

    A record whose number cannot be read stands for the one that is missing before those that wait
    behind it. A number that another content claims too is left to that one.

    Raises:
        NotNextError: It is not the next of its source.
    """
    record = item.record
    last = row.inbox.get(record.source, NO_MARK)[0]
    same = [one.record for one in others if one.record.source == record.source]
    if record.sequence is None:
        later = sorted(number for one in same if (number := one.sequence or 0) > last)
        return last + 1 if later[:1] == [last + 2] else None
    if record.sequence > last + 1:
        raise NotNextError(NotNextError.__doc__)
    claimed = any(one.sequence == record.sequence and one.digest != record.digest for one in same)
    return record.sequence if record.sequence == last + 1 and not claimed else None
