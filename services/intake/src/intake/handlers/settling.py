"""What follows from a new state, whatever led to it: notices that are owed now, jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from civicloop_kit.jobs import QueueJob
from civicloop_kit.room import Decision
from intake.domain.case import evolve
from intake.domain.notices import take_owed
from intake.ports import StoreNotice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.room import Moment
    from intake.domain.facts import OwnFact
    from intake.domain.notices import OwedNotice
    from intake.domain.state import CaseState

NOTICES_QUEUE: Final = "notices"
MERGES_QUEUE: Final = "merges"


def evolved(state: CaseState, facts: Iterable[OwnFact]) -> CaseState:
    """Return *state* with own facts in it."""
    for fact in facts:
        state = evolve(state, fact)
    return state


def settled(
    state: CaseState,
    now: datetime,
    *,
    facts: tuple[OwnFact, ...] = (),
    effects: tuple[object, ...] = (),
    reply: Mapping[str, Any] | None = None,
) -> Decision[CaseState]:
    """Return the decision that leads to *state*, with the notices that it causes."""
    told, owed = take_owed(state)
    notices = notice_effects(state.case_id, owed, now)
    return Decision(state=told, facts=facts, effects=(*effects, *notices), reply=reply)


def notice_effects(
    case_id: UUID, owed: Iterable[OwedNotice], now: datetime
) -> tuple[QueueJob | StoreNotice, ...]:
    """Return a job per notice, or what became of it at once."""
    return tuple(_notice_effect(case_id, notice, now) for notice in owed)


def merge_job(case_id: UUID, survivor: UUID, moment: Moment, *, granted: bool) -> QueueJob:
    """Return the job that tells the survivor what became of a merge."""
    return QueueJob(
        job_id=f"merge/{case_id}/{moment.sequence}",
        queue=MERGES_QUEUE,
        lane=case_id,
        ordinal=moment.sequence,
        case_id=case_id,
        payload={"survivor": str(survivor), "granted": granted},
        due_at=moment.recorded_at,
    )


def _notice_effect(case_id: UUID, notice: OwedNotice, now: datetime) -> QueueJob | StoreNotice:
    if notice.settled is not None:
        return StoreNotice(
            notice_id=notice.notice_id,
            report_id=notice.report_id,
            case_id=case_id,
            round=notice.round,
            outcome=notice.settled,
            at=now,
        )
    return QueueJob(
        job_id=notice.notice_id,
        queue=NOTICES_QUEUE,
        lane=notice.report_id,
        ordinal=notice.round,
        case_id=case_id,
        payload={"round": notice.round, "text": notice.text.value},
        due_at=now,
    )
