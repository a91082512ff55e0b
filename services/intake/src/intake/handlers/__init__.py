"""One function per command and fact: the rules decide, this arranges what follows. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from intake.domain.commands import (
    AddSupplement,
    AttachReports,
    ForgetMerge,
    MergeCase,
    RecordNotice,
    SubmitReport,
    UnmergeReport,
    WithdrawReport,
)
from intake.handlers.following import end_work, follow_case, refuse_merge, refuse_withdrawal
from intake.handlers.merges import attach_reports, forget_merge, merge_case, unmerge_report
from intake.handlers.notices import record_notice
from intake.handlers.reports import FilingRules, add_supplement, submit_report, withdraw_report
from intake.handlers.settling import MERGES_QUEUE, NOTICES_QUEUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop_kit.room import CommandHandler, JointHandler
    from intake.domain.state import CaseState

ON_COMMAND: Final[Mapping[type, CommandHandler[CaseState]]] = {
    WithdrawReport: withdraw_report,
    AddSupplement: add_supplement,
    ForgetMerge: forget_merge,
    RecordNotice: record_notice,
}


def on_joint_command(rules: FilingRules) -> Mapping[type, JointHandler[CaseState]]:
    """Return the handlers of commands to several cases."""
    return {
        SubmitReport: partial(submit_report, rules),
        MergeCase: merge_case,
        AttachReports: attach_reports,
        UnmergeReport: partial(unmerge_report, rules),
    }


__all__ = [
    "MERGES_QUEUE",
    "NOTICES_QUEUE",
    "ON_COMMAND",
    "FilingRules",
    "add_supplement",
    "attach_reports",
    "end_work",
    "follow_case",
    "forget_merge",
    "merge_case",
    "on_joint_command",
    "record_notice",
    "refuse_merge",
    "refuse_withdrawal",
    "submit_report",
    "unmerge_report",
    "withdraw_report",
]
