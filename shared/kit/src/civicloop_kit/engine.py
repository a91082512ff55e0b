"""The hot path of one room, joined: what reads, decides, saves and sends."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic

from civicloop_contracts.topics import subscriptions
from civicloop_kit.batches import Batches
from civicloop_kit.clock import Clock
from civicloop_kit.commands import Commands
from civicloop_kit.hops import hop_writer, no_hops
from civicloop_kit.postgres import Database
from civicloop_kit.producing import FactProducer, KafkaProducer
from civicloop_kit.relay import Relay
from civicloop_kit.room import Room, S
from civicloop_kit.sealing import Sealer
from civicloop_kit.settings import ServiceSettings
from civicloop_kit.snapshots import SnapshotRelay
from civicloop_kit.store import LETTER_SHARD, Store
from civicloop_kit.stream import Stream
from civicloop_kit.timers import Timers
from civicloop_kit.transactions import Transactions

FACT_SHARD = 0


@dataclass(frozen=True, kw_only=True)
class Engine(Generic[S]):
    """The joined parts of one room. Nothing runs until its coroutines are started."""

    topic: str
    store: Store[S]
    transactions: Transactions[S]
    commands: Commands[S]
    batches: Batches[S]
    stream: Stream
    facts: Relay
    letters: Relay
    timers: Timers[S]
    snapshots: SnapshotRelay | None

    @property
    def senders(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What sends; the last to stop."""
        shown = [] if self.snapshots is None else [self.snapshots.run]
        return [self.facts.run, self.letters.run, *shown]


def own_topic(room: Room[Any], prefix: str) -> str:
    """Return the topic that a room writes."""
    return prefix + room.source.strip("/").replace("/", ".")


def assemble(
    room: Room[S],
    settings: ServiceSettings,
    database: Database,
    clock: Clock,
    make_producer: Callable[[], FactProducer] | None = None,
) -> Engine[S]:
    """Join the parts of a room; *make_producer* replaces Kafka's producer in tests."""
    prefix, service = settings.topic_prefix, room.service
    producer = make_producer or (lambda: KafkaProducer(settings.kafka))
    topic = own_topic(room, prefix)
    facts = Relay(database, producer, shard=FACT_SHARD, scan_every_s=settings.relay_scan_s)
    letters = Relay(database, producer, shard=LETTER_SHARD, scan_every_s=settings.relay_scan_s)
    sealer = Sealer(settings.idempotency_key, b"dead-letters")
    store = Store(room, sealer, f"{prefix}{service}.dead-letters")

    def rescan() -> None:
        facts.rescan()
        letters.rescan()

    write_hops = hop_writer(service, settings.log_format) if settings.log_hops else no_hops
    transactions = Transactions(
        room, database, store, clock, topic, facts.hint, rescan, write_hops=write_hops
    )
    batches = Batches(transactions)
    stream = Stream(
        settings.kafka,
        database,
        batches,
        sources={f"{prefix}{t.name}": t.source or "" for t in subscriptions(service)},
        group=f"{prefix}{service}",
        instance=f"{service}-{settings.replica}",
        below_high_water=facts.backlog.low,
    )
    return Engine(
        topic=topic,
        store=store,
        transactions=transactions,
        commands=Commands(
            transactions,
            settings.idempotency_key,
            keep_replies=timedelta(days=settings.keep_replies_days),
        ),
        batches=batches,
        stream=stream,
        facts=facts,
        letters=letters,
        timers=Timers(transactions),
        snapshots=_snapshots(store, room, settings, database),
    )


def _snapshots(
    store: Store[S], room: Room[S], settings: ServiceSettings, database: Database
) -> SnapshotRelay | None:
    if room.snapshot is None:
        return None
    topic = f"{settings.topic_prefix}{room.service}.case-snapshots"
    return SnapshotRelay(
        database,
        settings.kafka,
        store.snapshot,
        topic=topic,
        transactional_id=f"{topic}-{FACT_SHARD}",
    )
