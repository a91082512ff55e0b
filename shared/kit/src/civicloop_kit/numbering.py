"""Number what was decided: the facts of a case in a row, each chained to the one before."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Generic
from uuid import UUID

import msgspec

from civicloop_contracts.codes import RemarkCode
from civicloop_contracts.envelope import value_of
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts.remark import Remarked
from civicloop_kit.room import Decision, Room, S, Stamp
from civicloop_kit.rows import NO_MARK, OutboxFact, Row


class NotApplicable(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The one fact that the kit itself tells for a room: it refused what it read."""

    at: datetime
    task_id: UUID | None


class Numbered(msgspec.Struct, Generic[S], frozen=True, kw_only=True):
    """What was decided about one case, its facts numbered, and nothing of it kept yet."""

    row: Row[S]
    replay: Replay | None
    decisions: list[Decision[S]]
    facts: list[tuple[OutboxFact, str]]
    traceparent: str | None


class Numbering(Generic[S]):
    """Numbers the facts of one transaction."""

    def __init__(self, room: Room[S], now: datetime, topic: str, shard: int) -> None:
        self._room = room
        self._now = now
        self._topic = topic
        self._shard = shard

    def number(
        self,
        row: Row[S],
        replay: Replay | None,
        decisions: list[Decision[S]],
        cause: str,
        traceparent: str | None,
    ) -> Numbered[S]:
        """Return decisions with their facts as they are stored and sent; *row* stays as it is."""
        stamp = Stamp(case_id=row.case_id, recorded_at=self._now, cause=cause, replay=replay)
        facts = list(self._numbered(row, decisions, stamp, traceparent))
        return Numbered(
            row=row, replay=replay, decisions=decisions, facts=facts, traceparent=traceparent
        )

    def _numbered(
        self,
        row: Row[S],
        decisions: list[Decision[S]],
        stamp: Stamp,
        traceparent: str | None,
    ) -> Iterator[tuple[OutboxFact, str]]:
        seq, digest = row.emitted.get(self._room.source, NO_MARK)
        for domain_fact in (fact for decision in decisions for fact in decision.facts):
            fact = self._to_contract(domain_fact, stamp)
            value, event_type = value_of(fact), fact.event_type()
            seq, digest = seq + 1, chain(digest, event_type, value)
            yield (
                OutboxFact(
                    source=self._room.source,
                    case_id=row.case_id,
                    seq=seq,
                    shard=self._shard,
                    topic=self._topic,
                    type=event_type,
                    value=value,
                    traceparent=traceparent,
                    recorded_at=self._now,
                ),
                digest,
            )

    def _to_contract(self, fact: object, stamp: Stamp) -> Fact:
        if not isinstance(fact, NotApplicable):
            return self._room.to_contract(fact, stamp)
        return Remarked(
            case_id=stamp.case_id,
            occurred_at=fact.at,
            recorded_at=stamp.recorded_at,
            cause=stamp.cause,
            replay=stamp.replay,
            writer=self._room.service,
            code=RemarkCode.NOT_APPLICABLE,
            task_id=fact.task_id,
        )


def chain(previous: str, event_type: str, value: bytes) -> str:
    """Return the digest of a source after one more fact: SHA-256(previous, type, 0, value)."""
    return sha256(bytes.fromhex(previous) + event_type.encode() + b"\0" + value).hexdigest()
