"""Decide a batch, in memory: the pure half of the hot path.

Rows come in locked, go out changed; a failing decision leaves no trace but a held record.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Generic
from uuid import UUID

from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import BY_TYPE
from civicloop_contracts.facts.parts import TaskRef
from civicloop_kit import protections, tracing
from civicloop_kit.command import CaseCommand
from civicloop_kit.holding import BEHIND, GAP, NEWER, Holding
from civicloop_kit.hops import APPLIED, DECIDED, FIRED, Hop
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.numbering import NotApplicable, Numbered, Numbering
from civicloop_kit.received import Received
from civicloop_kit.room import Decision, FactHandler, Moment, Room, S
from civicloop_kit.rows import (
    NO_MARK,
    Letter,
    Row,
    Work,
)

# A state machine that fires this often without moving its timer is a bug, not a clock.
MAX_TIMERS_AT_ONCE: Final = 1_000

_log = get_logger(__name__)


class TimerLoopError(Exception):
    """A timer keeps being due after it fired."""


class Applier(Generic[S]):
    """Applies records, commands and timers of one transaction to its rows."""

    def __init__(self, room: Room[S], work: Work[S], now: datetime, topic: str, shard: int) -> None:
        self._room = room
        self._work = work
        self._now = now
        self._numbering = Numbering(room, now, topic, shard)
        self._holding = Holding(work)

    def apply_record(self, record: Received) -> None:
        """Apply a record, or drop it as a repeat, or hold it."""
        if record.case_id is None:
            self._work.letters.append(Letter(record=record, reason=record.error or "unreadable"))
            return
        row = self._work.rows[record.case_id]
        if self._is_applied(row, record):
            return
        if row.blocked:
            self._holding.hold(row, record, BEHIND, "")
        elif record.error or record.sequence is None:
            self._holding.block(row, record, record.error or "no sequence")
        elif protections.is_gap(row.inbox.get(record.source, NO_MARK)[0], record.sequence):
            self._holding.hold(row, record, GAP, "")
        elif self._try_apply(row, record):
            self._apply_released(row)

    def hold_refused(self, record: Received, error: str) -> None:
        """Hold a record that was decided well but that the database refuses."""
        if record.case_id is None:
            self._work.letters.append(Letter(record=record, reason=error))
        else:
            self._holding.block(self._work.rows[record.case_id], record, error)

    def run_command(self, command: CaseCommand, decider: str | None = None) -> Decision[S]:
        """Decide a command and keep what it decided; return the decision that has the reply.

        *decider* is who gave it, as the log names people.

        Raises:
            Exception: The room's refusal, or a bug; nothing was changed.
        """
        now = command.now or self._now
        due = {case_id: self._due_before(case_id, command, now) for case_id in command.cases}
        states = {case_id: state for case_id, (_, _, state) in due.items()}
        decided = self._decide(command, states, now)
        reply = decided.get(command.case_id) or next(iter(decided.values()))
        name = f"{self._room.service} {type(command.body).__name__}"
        numbered = []
        for case_id, decision in decided.items():
            row, (replay, fired, _) = self._work.rows[case_id], due[case_id]
            with tracing.hop(row.traceparent or command.traceparent, name) as trace:
                decisions = [*fired, decision]
                numbered.append(
                    self._numbering.number(row, replay, decisions, command.cause, trace)
                )
        # Only now, so that a failure in one of several cases leaves all of them as they were.
        for item in numbered:
            self._keep_numbered(item)
            self._note_own(item.row, DECIDED, type(command.body), command.cause, decider)
        return reply

    def _due_before(
        self, case_id: UUID, command: CaseCommand, now: datetime
    ) -> tuple[Replay | None, list[Decision[S]], S]:
        row = self._work.rows[case_id]
        replay = row.replay or command.replay
        fired, state = self._fire_due(row, replay, now) if replay else ([], row.state)
        return replay, fired, state

    def _decide(
        self, command: CaseCommand, states: Mapping[UUID, S], now: datetime
    ) -> Mapping[UUID, Decision[S]]:
        kind = type(command.body)
        if (joint := self._room.on_joint_command.get(kind)) is not None:
            return joint(states, command.body, now)
        state = states[command.case_id]
        return {command.case_id: self._room.on_command[kind](state, command.body, now)}

    def fire_timers(self, row: Row[S], cause: str) -> None:
        """Fire the timers of a case that are due now; a case whose timer fails is blocked."""
        self._fire(row, cause, self._now, inclusive=True)
        # Saved in any case: the timer's time may be one that an older release had stored.
        row.changed = True

    def catch_up(self, row: Row[S], cause: str, until: datetime) -> None:
        """Fire, each at its time, the timers that were due before a held record came.

        They would have fired before it, had the case not been blocked.
        """
        self._fire(row, cause, until, at_due=True)

    def block_timer(self, row: Row[S], error: str) -> None:
        """Block a case whose timer failed: it holds no record that would say why."""
        self._work.failed_timers[row.case_id] = error
        self._holding.block_row(row)

    def _fire(
        self,
        row: Row[S],
        cause: str,
        until: datetime,
        *,
        inclusive: bool = False,
        at_due: bool = False,
    ) -> None:
        try:
            decisions, _ = self._fire_due(
                row, row.replay, until, inclusive=inclusive, at_due=at_due
            )
            if decisions:
                with tracing.hop(row.traceparent, f"{self._room.service} timer") as trace:
                    self._keep(row, row.replay, decisions, cause, trace)
                self._note_own(row, FIRED, None, cause)
        except Exception as error:  # noqa: BLE001 - a bug costs this case, caller or step only
            _log.exception("timer_failed", case_id=str(row.case_id))
            self.block_timer(row, type(error).__name__)

    def _is_applied(self, row: Row[S], record: Received) -> bool:
        last, digest = row.inbox.get(record.source, NO_MARK)
        if record.sequence is None or not protections.is_repeat(last, record.sequence):
            return False
        if record.sequence == last and digest and digest != record.digest:
            self._holding.block(row, record, "integrity: another content under a known number")
        METRICS.repeats.labels(record.source).inc()
        return True

    def _try_apply(self, row: Row[S], record: Received) -> bool:
        if self._waits_for_upgrade(record):
            self._holding.hold(row, record, NEWER, record.newer or "")
            row.blocked = row.changed = True
            return False
        try:
            self._apply(row, record)
        except Exception as error:  # a bug in a decider must cost one case, not a partition
            if not protections.isolates_poison():
                raise
            _log.exception("record_held", case_id=str(row.case_id), **_where(record))
            self._holding.block(row, record, type(error).__name__)
            return False
        return True

    def _waits_for_upgrade(self, record: Received) -> bool:
        """Tell whether this release cannot read a fact that moves the room."""
        if record.newer is None or record.envelope is None:
            return False
        return BY_TYPE[record.envelope.type] in self._room.on_fact

    def _apply(self, row: Row[S], record: Received) -> None:
        envelope, fact = record.envelope, record.fact
        assert envelope is not None  # noqa: S101 - apply_record has sorted out unreadable headers
        handler = self._room.on_fact.get(type(fact)) if fact is not None else None
        if fact is None or handler is None:
            # Never the header itself: a label's values must be few.
            METRICS.without_effect.labels(fact.event_type() if fact else "unknown").inc()
            self._advance(row, record)
            self._note_applied(row, record)
            return
        replay = row.replay or fact.replay
        now = fact.occurred_at if replay else self._now
        fired, state = self._fire_due(row, replay, now) if replay else ([], row.state)
        moment = Moment(
            now=now, recorded_at=self._now, source=record.source, sequence=envelope.sequence
        )
        decision = self._handle(handler, state, fact, moment)
        name = f"{self._room.service} {type(fact).__name__}"
        with tracing.hop(envelope.traceparent, name) as trace:
            self._keep(row, replay, [*fired, decision], envelope.id, trace)
        self._advance(row, record)
        self._note_applied(row, record)

    def _handle(self, handler: FactHandler[S], state: S, fact: Fact, moment: Moment) -> Decision[S]:
        """Decide about a fact. What the room refuses is remarked: the state stays."""
        try:
            return handler(state, fact, moment)
        except self._room.refusals as refusal:
            kind, name = type(fact).__name__, type(refusal).__name__
            _log.warning("fact_refused", case_id=str(fact.case_id), fact=kind, error=name)
            task = getattr(fact, "task", None)
            task_id = task.task_id if isinstance(task, TaskRef) else None
            return Decision(state=state, facts=(NotApplicable(at=moment.now, task_id=task_id),))

    def _advance(self, row: Row[S], record: Received) -> None:
        row.inbox = {**row.inbox, record.source: (record.sequence or 0, record.digest)}
        row.changed = True

    def _note_applied(self, row: Row[S], record: Received) -> None:
        fact, envelope = record.fact, record.envelope
        kind, cause = (None, None) if fact is None else (type(fact), fact.cause)
        trace = envelope.traceparent if envelope else None
        hop = Hop(APPLIED, row.case_id, kind, record.source, record.sequence or 0, cause, trace)
        self._work.hops.append(hop)

    def _note_own(
        self, row: Row[S], event: str, kind: type | None, cause: str, decider: str | None = None
    ) -> None:
        source = self._room.source
        last, _ = row.emitted.get(source, NO_MARK)
        trace = row.traceparent
        self._work.hops.append(Hop(event, row.case_id, kind, source, last, cause, trace, decider))

    def _fire_due(
        self,
        row: Row[S],
        replay: Replay | None,
        now: datetime,
        *,
        inclusive: bool = False,
        at_due: bool = False,
    ) -> tuple[list[Decision[S]], S]:
        """Decide the timers due before *now*. At the same instant a fact wins over a timer."""
        state, decisions = row.state, list[Decision[S]]()
        on_timer = self._room.on_timer
        while on_timer and (due := self._room.next_timer(state)) is not None:
            if due > now or (due == now and not inclusive):
                break
            if len(decisions) >= MAX_TIMERS_AT_ONCE:
                raise TimerLoopError(TimerLoopError.__doc__)
            decisions.append(on_timer(state, due if replay or at_due else now))
            state = decisions[-1].state
        return decisions, state

    def _keep(
        self,
        row: Row[S],
        replay: Replay | None,
        decisions: list[Decision[S]],
        cause: str,
        traceparent: str | None,
    ) -> None:
        self._keep_numbered(self._numbering.number(row, replay, decisions, cause, traceparent))

    def _keep_numbered(self, made: Numbered[S]) -> None:
        row = made.row
        if made.facts:
            last = made.facts[-1][1]
            row.emitted = {**row.emitted, self._room.source: (made.facts[-1][0].seq, last)}
        self._work.facts.extend(fact for fact, _ in made.facts)
        for decision in made.decisions:
            self._work.effects.extend(decision.effects)
        row.state = made.decisions[-1].state
        row.replay = made.replay
        row.traceparent = row.traceparent or made.traceparent
        row.changed = True

    def _apply_released(self, row: Row[S]) -> None:
        """Apply held records that have become next."""
        while not row.blocked and (found := self._holding.take_next(row)):
            if not self._is_applied(row, found.record):
                self._try_apply(row, found.record)


def _where(record: Received) -> dict[str, object]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
