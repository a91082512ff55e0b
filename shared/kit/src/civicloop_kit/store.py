"""Load and save the rows of a transaction, in bulk."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Generic
from uuid import NAMESPACE_URL, UUID, uuid5

import msgspec
import orjson

from civicloop_contracts.envelope import traceparent_of
from civicloop_contracts.fact import Replay
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit import protections
from civicloop_kit.jobs import FinishJob, QueueJob, RetryJob, write_job_effects
from civicloop_kit.postgres import ConflictError, Connection, load_queries
from civicloop_kit.received import Headers, Received, pack_headers, receive, unpack_headers
from civicloop_kit.release import RELEASE
from civicloop_kit.room import Room, S, SnapshotStamp
from civicloop_kit.rows import HeldRecord, Letter, Mark, OutboxFact, Row, Work
from civicloop_kit.sealing import Sealer

_QUERIES: Final = load_queries(__package__)
_JOB_EFFECTS: Final = (QueueJob, FinishJob, RetryJob)
_marks = msgspec.json.Decoder(dict[str, Mark])
LETTER_TYPE: Final = "civicloop.record.unreadable.v1"
LETTER_SHARD: Final = 100


class PositionLostError(Exception):
    """Another process has taken the partition over; what was decided here is dropped."""


class Store(Generic[S]):
    """The case rows of one room."""

    def __init__(self, room: Room[S], sealer: Sealer, letters_topic: str) -> None:
        self._room = room
        self._sealer = sealer
        self._letters_topic = letters_topic
        self._states = msgspec.json.Decoder(room.state_type)

    async def lock(self, connection: Connection, case_ids: Iterable[UUID]) -> Work[S]:
        """Make and lock the rows of *case_ids* and load their held records."""
        ids = sorted(set(case_ids))
        if not ids:
            return Work(rows={})
        await connection.execute(_QUERIES["insert_missing_rows"], ids)
        rows = {
            row["case_id"]: self._row(row)
            for row in await connection.fetch(_QUERIES["lock_rows"], ids)
        }
        work = Work(rows=rows)
        if waiting := [row.case_id for row in rows.values() if row.held_count]:
            for record in await connection.fetch(_QUERIES["load_held"], waiting):
                work.held_before.setdefault(record["case_id"], []).append(_held(record))
        return work

    async def forget_blank(self, connection: Connection, work: Work[S]) -> None:
        """Remove rows that were made for this transaction and that nothing was decided about."""
        blank = [row.case_id for row in work.rows.values() if not (row.version or row.changed)]
        if blank:
            await connection.execute(_QUERIES["drop_blank_rows"], blank)

    async def read(self, connection: Connection, case_id: UUID) -> Row[S] | None:
        """Return one case without locking it, or None when it is not known."""
        row = await connection.fetchrow(_QUERIES["read_state"], case_id)
        return None if row is None or row["state"] is None else self._row(row)

    def snapshot(self, record: Any) -> CaseSnapshot | None:
        """Return the public state in a case row, or None while it has none."""
        if self._room.snapshot is None:
            return None
        row = self._row(record)
        as_of = {source: mark[0] for source, mark in {**row.inbox, **row.emitted}.items()}
        stamp = SnapshotStamp(case_id=row.case_id, version=row.version, as_of=as_of)
        return self._room.snapshot(row.state, stamp)

    async def save(self, connection: Connection, work: Work[S], now: datetime) -> None:
        """Save a transaction's worth.

        Raises:
            ConflictError: A row has moved on; redo from freshly locked rows.
            PositionLostError: Another process has the partitions.
            StaleClaimError: A job's result came too late.
        """
        await self._write_effects(connection, work.effects)
        await _write_held(connection, work, now)
        await _write_failed_timers(connection, work, now)
        await self._write_letters(connection, work.letters, now)
        await self._save_rows(connection, work)

    def _row(self, row: Any) -> Row[S]:
        state = row["state"]
        replay = row["replay"]
        return Row(
            case_id=row["case_id"],
            version=row["version"],
            inbox=_marks.decode(row["inbox"]),
            emitted=_marks.decode(row["emitted"]),
            held_count=row["held_count"],
            blocked=row["blocked"],
            replay=None if replay is None else Replay.model_validate_json(replay),
            traceparent=row["traceparent"],
            state=(
                self._room.new_state(row["case_id"])
                if state is None
                else self._states.decode(state)
            ),
        )

    async def _write_effects(self, connection: Connection, effects: Sequence[object]) -> None:
        jobs = [effect for effect in effects if isinstance(effect, _JOB_EFFECTS)]
        others = [effect for effect in effects if not isinstance(effect, _JOB_EFFECTS)]
        if others:
            await self._room.write_effects(connection, others)
        if jobs:
            await write_job_effects(connection, jobs)

    async def _save_rows(self, connection: Connection, work: Work[S]) -> None:
        rows, moves = work.changed, work.moves
        if not rows and not moves:
            return
        saved = await connection.fetchrow(
            _QUERIES["save"],
            *self._row_columns(rows),
            *fact_columns(protections.facts_to_save(work.facts)),
            self._room.snapshot is not None,
            [move.topic for move in moves],
            [move.partition for move in moves],
            [move.expected for move in moves],
            [move.next for move in moves],
        )
        if saved is None or saved["rows"] != len(rows):
            raise ConflictError(ConflictError.__doc__)
        if not protections.positions_hold(saved["positions"], len(moves)):
            raise PositionLostError(PositionLostError.__doc__)

    def _row_columns(self, rows: Sequence[Row[S]]) -> tuple[list[Any], ...]:
        return (
            [row.case_id for row in rows],
            [protections.expected_version(row.version) for row in rows],
            [orjson.dumps(row.inbox).decode() for row in rows],
            [orjson.dumps(row.emitted).decode() for row in rows],
            [row.held_count for row in rows],
            [row.blocked for row in rows],
            [row.replay.model_dump_json() if row.replay else None for row in rows],
            [row.traceparent for row in rows],
            [self._timer_at(row) for row in rows],
            [msgspec.json.encode(row.state).decode() for row in rows],
        )

    def _timer_at(self, row: Row[S]) -> datetime | None:
        # A replayed case lives on the times of its file, a blocked one has to be looked at first:
        # no worker fires their timers.
        return None if row.replay or row.blocked else self._room.next_timer(row.state)

    async def _write_letters(
        self, connection: Connection, letters: Sequence[Letter], now: datetime
    ) -> None:
        if not letters:
            return
        await connection.execute(
            _QUERIES["write_letters"],
            [letter_id(item.record) for item in letters],
            [item.record.topic for item in letters],
            [item.record.partition for item in letters],
            [item.record.offset for item in letters],
            [item.reason for item in letters],
            [bytes.fromhex(item.record.digest) for item in letters],
            [traceparent_of(item.record.headers) for item in letters],
            [self._sealer.seal(item.record.value, b"dead-letter") for item in letters],
            [now for _ in letters],
        )
        facts = [self._letter_fact(item, now) for item in letters]
        await connection.execute(_QUERIES["send_letters"], *fact_columns(facts))

    def _letter_fact(self, letter: Letter, now: datetime) -> OutboxFact:
        record = letter.record
        body = {
            "reason": letter.reason,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "digest": record.digest,
            "recorded_at": now.isoformat(),
        }
        return OutboxFact(
            source=f"/{self._room.service}/dead-letters",
            case_id=letter_id(record),
            seq=1,
            shard=LETTER_SHARD,
            topic=self._letters_topic,
            type=LETTER_TYPE,
            value=orjson.dumps(body),
            traceparent=traceparent_of(record.headers),
            recorded_at=now,
        )


def letter_id(record: Received) -> UUID:
    """Return the id of a dead letter: the same whenever the record is read again."""
    return uuid5(NAMESPACE_URL, f"{record.topic}/{record.partition}/{record.offset}")


def fact_columns(facts: Sequence[OutboxFact]) -> tuple[list[Any], ...]:
    """Return facts as the columns that `save` and `send_letters` take."""
    return (
        [fact.source for fact in facts],
        [fact.case_id for fact in facts],
        [fact.seq for fact in facts],
        [fact.shard for fact in facts],
        [fact.topic for fact in facts],
        [fact.type for fact in facts],
        [fact.value for fact in facts],
        [fact.traceparent for fact in facts],
        [fact.recorded_at for fact in facts],
    )


async def _write_held(connection: Connection, work: Work[S], now: datetime) -> None:
    if work.released:
        await connection.execute(
            _QUERIES["release"],
            [record.topic for record in work.released],
            [record.partition for record in work.released],
            [record.offset for record in work.released],
        )
    if work.held:
        records = [held.record for held in work.held]
        await connection.execute(
            _QUERIES["hold"],
            [record.topic for record in records],
            [record.partition for record in records],
            [record.offset for record in records],
            [record.case_id for record in records],
            [record.source for record in records],
            [record.sequence for record in records],
            [held.reason for held in work.held],
            [held.error for held in work.held],
            [pack_headers(record) for record in records],
            [record.value for record in records],
            [held.since or now for held in work.held],
            RELEASE,
        )


async def _write_failed_timers(connection: Connection, work: Work[Any], now: datetime) -> None:
    if work.retried:
        await connection.execute(_QUERIES["forget_failed_timers"], list(work.retried))
    if failed := work.failed_timers:
        await connection.execute(
            _QUERIES["note_failed_timers"], list(failed), list(failed.values()), RELEASE, now
        )


class _Stored(msgspec.Struct):
    """A held record in the shape that a topic delivers."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def _held(row: Any) -> HeldRecord:
    raw = _Stored(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=str(row["case_id"]).encode(),
        value=row["value"],
        headers=unpack_headers(row["headers"]),
    )
    record = receive(raw, {row["topic"]: row["source"]})
    return HeldRecord(record=record, reason=row["reason"], error=row["error"], since=row["held_at"])
