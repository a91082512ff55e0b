"""A small room: it counts what it is told, and misbehaves when the channel of a report says so."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from civicloop_contracts.codes import CaseStatus, Channel, Outcome, Service
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import feedback, intake, router
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.jobs import JobEffect, QueueJob
from civicloop_kit.room import Decision, Moment, Room, SnapshotStamp, Stamp

WELL = Channel.SNAP
BUG = Channel.SENSOR
NUL = Channel.HOTLINE
NO_TABLE = Channel.COUNCIL
REFUSED = Channel.SUPERIOR


class RefusedError(Exception):
    """The counter refuses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What the small room knows of a case."""

    told: int = 0
    counted: int = 0
    fired: int = 0
    due_at: datetime | None = None
    note: str = ""
    reports: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The small room's fact."""

    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """The small room's command; a refusal, a bug or a NUL for the database on demand."""

    how: str = "well"
    effects: tuple[JobEffect, ...] = ()
    due_at: datetime | None = None


def no_hook(_fact: Any) -> None:
    """Watch nothing."""


def counting_room(hook: Callable[[Any], None] = no_hook) -> Room[Counter]:
    """Return a room that answers every report with a fact, and every command too."""
    return Room(
        service=Service.ROUTER,
        source="/router/tasks",
        state_type=Counter,
        new_state=lambda _case_id: Counter(),
        on_fact={intake.ReportAttached: _on_report(hook)},
        on_command={Count: on_count},
        to_contract=_handled,
        next_timer=lambda state: state.due_at,
        on_timer=on_timer,
        refusals=(RefusedError,),
    )


def showing_room() -> Room[Counter]:
    """Return a room that also shows its state."""
    return replace(
        counting_room(),
        service=Service.FEEDBACK,
        source="/feedback/outcomes",
        to_contract=_reopened,
        snapshot=_snapshot,
    )


def _on_report(hook: Callable[[Any], None]) -> Callable[[Counter, Any, Moment], Decision[Counter]]:
    def on_report(state: Counter, fact: Any, _moment: Moment) -> Decision[Counter]:
        hook(fact)
        if fact.channel is BUG:
            raise ZeroDivisionError
        if fact.channel is REFUSED:
            raise RefusedError(RefusedError.__doc__)
        told = replace(
            state,
            told=state.told + 1,
            reports=(*state.reports, fact.report_id),
        )
        effects = {NO_TABLE: (object(),), NUL: (_job_with_nul(fact.case_id),)}
        return Decision(
            state=told,
            facts=(Told(number=told.told),),
            effects=effects.get(fact.channel, ()),
        )

    return on_report


def _job_with_nul(case_id: UUID) -> QueueJob:
    """Return what the database refuses: jsonb takes no NUL."""
    return QueueJob(
        job_id=f"nul/{case_id}",
        queue="nul",
        lane=case_id,
        ordinal=1,
        case_id=case_id,
        payload={"note": "\0"},
        due_at=datetime.now(UTC),
    )


def on_count(state: Counter, command: Any, _now: datetime) -> Decision[Counter]:
    """Count a command."""
    if command.how == "refused":
        raise RefusedError(RefusedError.__doc__)
    if command.how == "bug":
        raise ZeroDivisionError
    counted = replace(state, counted=state.counted + 1, due_at=command.due_at or state.due_at)
    note = {"data": "\0", "surrogate": "\ud800"}.get(command.how, "")
    return Decision(
        state=counted,
        facts=(Told(number=counted.counted),),
        effects=command.effects,
        reply={"count": counted.counted, "note": note},
    )


def on_timer(state: Counter, _now: datetime) -> Decision[Counter]:
    """Count a timer; the sign of a note is a bug."""
    if state.note == "timer bug":
        raise ZeroDivisionError
    fired = replace(state, fired=state.fired + 1, due_at=None)
    return Decision(state=fired, facts=(Told(number=fired.fired),))


def attached(
    case_id: UUID,
    channel: Channel = WELL,
    at: datetime | None = None,
    replay: Replay | None = None,
) -> intake.ReportAttached:
    """Return a fact that the small room answers."""
    now = at or datetime.now(UTC)
    return intake.ReportAttached(
        case_id=case_id,
        occurred_at=now,
        recorded_at=now,
        cause=f"command:{uuid4()}",
        replay=replay,
        report_id=uuid4(),
        channel=channel,
    )


def without_effect(case_id: UUID) -> intake.WithdrawalRequested:
    """Return a fact that the small room only counts."""
    now = datetime.now(UTC)
    return intake.WithdrawalRequested(
        case_id=case_id, occurred_at=now, recorded_at=now, cause=f"command:{uuid4()}"
    )


def numbered(facts: Sequence[Fact]) -> list[tuple[Fact, int]]:
    """Return facts with the numbers that their source gives them, per case."""
    last: dict[UUID, int] = {}
    found = []
    for fact in facts:
        last[fact.case_id] = last.get(fact.case_id, 0) + 1
        found.append((fact, last[fact.case_id]))
    return found


def _unstorable(fact: Any) -> tuple[object, ...]:
    """Return a job whose words no database takes."""
    job = QueueJob(
        job_id=str(fact.report_id),
        queue="water",
        lane=fact.report_id,
        ordinal=1,
        case_id=fact.case_id,
        payload={"words": "\0"},
        due_at=fact.occurred_at,
    )
    return (job,)


_EFFECTS: Mapping[Channel, Callable[[Any], tuple[object, ...]]] = {
    NO_TABLE: lambda _fact: (object(),),
    NUL: _unstorable,
}


def _round(number: int) -> int:
    return (number - 1) % 99 + 1


def _handled(fact: Told, stamp: Stamp) -> router.CaseHandled:
    return router.CaseHandled(
        case_id=stamp.case_id,
        occurred_at=stamp.recorded_at,
        recorded_at=stamp.recorded_at,
        cause=stamp.cause,
        replay=stamp.replay,
        outcome=Outcome.SOLVED,
        round=_round(fact.number),
    )


def _reopened(fact: Told, stamp: Stamp) -> feedback.CaseReopened:
    return feedback.CaseReopened(
        case_id=stamp.case_id,
        occurred_at=stamp.recorded_at,
        recorded_at=stamp.recorded_at,
        cause=stamp.cause,
        replay=stamp.replay,
        round=_round(fact.number),
    )


def _snapshot(state: Counter, stamp: SnapshotStamp) -> CaseSnapshot:
    return CaseSnapshot(
        case_id=stamp.case_id,
        version=stamp.version,
        as_of=dict(stamp.as_of),
        status=CaseStatus.FILED,
        round=_round(max(1, state.told)),
    )
