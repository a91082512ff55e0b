"""Facts of other rooms: how far the case is, who is told, and what the router agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from intake.domain.case import awaits, evolve
from intake.domain.notices import TextKey, refusals
from intake.domain.reporters import come_back, request_if_left
from intake.handlers.settling import evolved, merge_job, notice_effects, settled
from intake.ports import StoreMembership

if TYPE_CHECKING:
    from datetime import datetime

    from civicloop_kit.jobs import QueueJob
    from civicloop_kit.room import Decision, Moment
    from intake.domain.facts import CaseHandled, IncomingFact, MergeRefused, WithdrawalRefused
    from intake.domain.state import CaseState


def follow_case(state: CaseState, fact: IncomingFact, now: datetime) -> Decision[CaseState]:
    """Move the public status after another room's fact, and queue the notices that it causes."""
    return settled(evolve(state, fact), now)


def end_work(state: CaseState, fact: CaseHandled, moment: Moment) -> Decision[CaseState]:
    """The router has ended the work: a case that was merged may move its reports."""
    after = evolve(state, fact)
    jobs: tuple[QueueJob, ...] = ()
    if after.merge is not None and after.merge != state.merge:
        jobs = (merge_job(state.case_id, after.merge.survivor, moment, granted=True),)
    return settled(after, moment.now, effects=jobs)


def refuse_merge(state: CaseState, fact: MergeRefused, moment: Moment) -> Decision[CaseState]:
    """The case was solved before: it stays one of its own, and its reporters are told."""
    if not awaits(state, fact.survivor):
        return settled(state, moment.now)
    after = evolve(state, fact)
    facts = request_if_left(after, moment.now)
    owed = refusals(after, after.active, TextKey.MERGE_REFUSED, moment.sequence)
    return settled(
        evolved(after, facts),
        moment.now,
        facts=facts,
        effects=(
            merge_job(state.case_id, fact.survivor, moment, granted=False),
            *notice_effects(state.case_id, owed, moment.now),
        ),
    )


def refuse_withdrawal(
    state: CaseState, fact: WithdrawalRefused, moment: Moment
) -> Decision[CaseState]:
    """The case was solved before: its last report counts again, and its reporter is told."""
    if not state.withdrawing:
        return settled(state, moment.now)
    facts = come_back(state, moment.now)
    after = evolved(evolve(state, fact), facts)
    back = [report for report in after.active if report.report_id == state.last_left]
    owed = refusals(after, back, TextKey.WITHDRAWAL_REFUSED, moment.sequence)
    kept = [
        StoreMembership(report_id=report.report_id, case_id=state.case_id, active=True)
        for report in back
    ]
    return settled(
        after,
        moment.now,
        facts=facts,
        effects=(*kept, *notice_effects(state.case_id, owed, moment.now)),
    )
