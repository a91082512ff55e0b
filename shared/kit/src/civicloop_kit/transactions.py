"""One transaction of a room, and who is told of it."""

from collections.abc import Callable, Sequence
from typing import Generic

from civicloop_kit.applying import Applier
from civicloop_kit.clock import Clock
from civicloop_kit.failures import Failures
from civicloop_kit.hops import Hop, WriteHops, no_hops
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import Connection, Database
from civicloop_kit.room import Room, S
from civicloop_kit.rows import OutboxFact, Work
from civicloop_kit.store import Store

_log = get_logger(__name__)


class Transactions(Generic[S]):
    """Runs one transaction of a room and tells the relay and the room what it saved."""

    def __init__(  # noqa: PLR0913 - what a transaction is made of, and who is told
        self,
        room: Room[S],
        database: Database,
        store: Store[S],
        clock: Clock,
        topic: str,
        hint: Callable[[Sequence[OutboxFact]], None],
        rescan: Callable[[], None],
        *,
        write_hops: WriteHops = no_hops,
    ) -> None:
        self.room = room
        self.database = database
        self.store = store
        self.clock = clock
        self._topic = topic
        self.hint = hint
        self.rescan = rescan
        self._write_hops = write_hops
        self.failures = Failures()

    def applier(self, work: Work[S]) -> Applier[S]:
        """Return what decides this transaction, at one instant."""
        return Applier(self.room, work, self.clock.now(), self._topic, shard=0)

    async def save(self, connection: Connection, work: Work[S]) -> None:
        """Save what was decided (`Store.save`).

        Raises:
            TooManyHeldError: Too many cases would be held as bugs.
        """
        self.failures.check(len(work.failed))
        await self.store.save(connection, work, self.clock.now())

    def committed(self, work: Work[S]) -> None:
        """Tell the relay and the room what was saved."""
        if work.facts:
            METRICS.facts.labels(self.room.source).inc(len(work.facts))
            self.hint(work.facts)
        self.failures.add(len(work.failed))
        self._tell_room(work.effects)
        self._log_hops(work.hops)
        for held in work.held:
            # What was tried again and failed again is counted as it was first.
            if held.since is None:
                METRICS.held.labels(held.reason).inc()
        for letter in work.letters:
            METRICS.dead_letters.labels(letter.record.topic).inc()
        if work.letters:
            self.rescan()

    def _tell_room(self, effects: Sequence[object]) -> None:
        if not effects:
            return
        try:
            self.room.saved(effects)
        except Exception:  # noqa: BLE001 - it is saved; who was not told looks again by himself
            _log.exception("room_not_told")

    def _log_hops(self, hops: Sequence[Hop]) -> None:
        if not hops:
            return
        try:
            self._write_hops(hops, self.clock.now())
        except Exception:  # noqa: BLE001 - it is saved; a log that cannot be written undoes nothing
            _log.exception("hops_not_logged")
