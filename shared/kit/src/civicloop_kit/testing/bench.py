"""A room's handlers on a bench: the kit's own applier, without broker and database."""

from collections.abc import Sequence
from typing import Generic
from uuid import UUID

from civicloop_contracts.envelope import Envelope, headers_of, read_fact, value_of
from civicloop_contracts.fact import Fact
from civicloop_kit.applying import Applier
from civicloop_kit.clock import Clock
from civicloop_kit.command import CaseCommand
from civicloop_kit.received import Received
from civicloop_kit.room import Decision, Room, S
from civicloop_kit.rows import OutboxFact, Row, Work
from civicloop_kit.testing.clock import FakeClock


class RoomBench(Generic[S]):
    """Feeds facts and commands to a room and collects what it says."""

    def __init__(self, room: Room[S], clock: Clock | None = None) -> None:
        self._room = room
        self._clock = clock or FakeClock()
        self._work: Work[S] = Work(rows={})
        self._sequences: dict[tuple[str, UUID], int] = {}

    @property
    def effects(self) -> Sequence[object]:
        """All effects so far."""
        return self._work.effects

    @property
    def facts(self) -> list[Fact]:
        """All facts so far, as contracts."""
        return [fact for item in self._work.facts if (fact := _read(item))]

    @property
    def held(self) -> list[tuple[str, str]]:
        """Reason and error of each held record."""
        return [(item.reason, item.error) for item in self._work.held]

    def state(self, case_id: UUID) -> S:
        """Return the state of a case."""
        return self._row(case_id).state

    def tell(self, fact: Fact, source: str | None = None) -> list[Fact]:
        """Deliver the next fact of its source and return what the room says to it."""
        origin = source or fact.source
        key = (origin, fact.case_id)
        self._sequences[key] = self._sequences.get(key, 0) + 1
        return self.deliver(record_of(fact, origin, self._sequences[key]))

    def deliver(self, record: Received) -> list[Fact]:
        """Deliver any record and return what the room says to it."""
        if record.case_id is not None:
            self._row(record.case_id)
        before = len(self.facts)
        self._applier().apply_record(record)
        return self.facts[before:]

    def command(self, command: CaseCommand) -> Decision[S]:
        """Run a command.

        Raises:
            Exception: The room refuses.
        """
        for case_id in command.cases:
            self._row(case_id)
        return self._applier().run_command(command)

    def fire_timers(self, case_id: UUID) -> list[Fact]:
        """Fire what is due and return what the room says."""
        before = len(self.facts)
        self._applier().fire_timers(self._row(case_id), "timer:due")
        return self.facts[before:]

    def _applier(self) -> Applier[S]:
        return Applier(self._room, self._work, self._clock.now(), "bench", 0)

    def _row(self, case_id: UUID) -> Row[S]:
        if case_id not in self._work.rows:
            self._work.rows[case_id] = Row(
                case_id=case_id,
                version=0,
                inbox={},
                emitted={},
                held_count=0,
                blocked=False,
                replay=None,
                state=self._room.new_state(case_id),
            )
        return self._work.rows[case_id]


def record_of(fact: Fact, source: str, sequence: int, traceparent: str | None = None) -> Received:
    """Return a fact as a topic delivers it."""
    envelope = Envelope(
        source=source,
        type=fact.event_type(),
        case_id=fact.case_id,
        sequence=sequence,
        traceparent=traceparent,
    )
    return Received(
        topic=source.strip("/").replace("/", "."),
        partition=0,
        offset=sequence,
        headers=tuple(headers_of(envelope, fact.recorded_at)),
        value=value_of(fact),
        source=source,
        case_id=fact.case_id,
        envelope=envelope,
        fact=fact,
        error=None,
    )


def _read(item: OutboxFact) -> Fact | None:
    envelope = Envelope(
        source=item.source,
        type=item.type,
        case_id=item.case_id,
        sequence=item.seq,
        traceparent=item.traceparent,
    )
    return read_fact(envelope, item.value)
