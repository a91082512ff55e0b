"""Merges: asked for, ended by moving the reports or by a refusal, and undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_kit.jobs import FinishJob
from civicloop_kit.room import Decision
from intake.domain.merging import (
    expect,
    forget,
    may_move,
    move_reports,
    request_merge,
    unmerge,
)
from intake.handlers.reports import place_effects
from intake.handlers.settling import evolved, settled
from intake.ports import StoreMembership

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from intake.domain.commands import AttachReports, ForgetMerge, MergeCase, UnmergeReport
    from intake.domain.state import CaseState
    from intake.handlers.reports import FilingRules


def merge_case(
    states: Mapping[UUID, CaseState], _command: MergeCase, now: datetime
) -> Mapping[UUID, Decision[CaseState]]:
    """Mark the first case as merging, and let the other expect it."""
    loser, survivor = states.values()
    fact = request_merge(loser, survivor, now)
    reply = {
        "case_id": str(loser.case_id),
        "survivor": str(survivor.case_id),
        "state": "merging",
    }
    return {
        loser.case_id: settled(evolved(loser, (fact,)), now, facts=(fact,), reply=reply),
        survivor.case_id: Decision(state=expect(survivor, loser.case_id)),
    }


def attach_reports(
    states: Mapping[UUID, CaseState], command: AttachReports, now: datetime
) -> Mapping[UUID, Decision[CaseState]]:
    """Move the reports of the second case to the first; a job that was done before only ends."""
    survivor, loser = states.values()
    done = FinishJob(job_id=command.job_id, claim_no=command.claim_no)
    if not may_move(loser, survivor):
        return {survivor.case_id: Decision(state=survivor, effects=(done,))}
    moved, taken, facts = move_reports(loser, survivor, now)
    members = (
        StoreMembership(report_id=report.report_id, case_id=survivor.case_id, active=True)
        for report in loser.active
    )
    return {
        survivor.case_id: settled(taken, now, facts=facts, effects=(*members, done)),
        loser.case_id: Decision(state=moved),
    }


def forget_merge(state: CaseState, command: ForgetMerge, now: datetime) -> Decision[CaseState]:
    """Expect the reports of a refused merge no more."""
    after, facts = forget(state, command.loser, now)
    done = FinishJob(job_id=command.job_id, claim_no=command.claim_no)
    return settled(after, now, facts=facts, effects=(done,))


def unmerge_report(
    rules: FilingRules, states: Mapping[UUID, CaseState], command: UnmergeReport, now: datetime
) -> Mapping[UUID, Decision[CaseState]]:
    """Take a report out of the second case and file it as the first."""
    case, former = states.values()
    left, filed = unmerge(former, command.report_id, command.particulars, now)
    member = StoreMembership(report_id=command.report_id, case_id=case.case_id, active=True)
    reply = {
        "case_id": str(case.case_id),
        "report_id": str(command.report_id),
        "status": "filed",
    }
    return {
        case.case_id: settled(
            evolved(case, (filed,)),
            now,
            facts=(filed,),
            effects=(member, *place_effects(rules, case.case_id, filed)),
            reply=reply,
        ),
        former.case_id: settled(evolved(former, (left,)), now, facts=(left,)),
    }
