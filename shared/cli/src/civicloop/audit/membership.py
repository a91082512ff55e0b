"""Which report is in which case, and whether that is what callers were told (A1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from civicloop.audit.findings import Rule
from civicloop_contracts.codes import Outcome, WithdrawReason
from civicloop_contracts.facts.intake import (
    CaseFiled,
    CaseRejected,
    ReportAttached,
    ReportWithdrawn,
)
from civicloop_contracts.facts.router import CaseHandled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from civicloop.audit.findings import Findings
    from civicloop.audit.journals import Answer
    from civicloop.audit.snapshot import Receipt
    from civicloop_contracts.fact import Fact


@dataclass(slots=True, kw_only=True)
class Membership:
    """Reports and their cases, and into which case another one went.

    ``cases`` are all that a report was ever in. ``out`` are those that it was taken out of and has
    not come back to; ``taken`` those that it was ever taken out of: a receipt may still name one.
    """

    cases: dict[UUID, set[UUID]] = field(default_factory=dict)
    out: dict[UUID, set[UUID]] = field(default_factory=dict)
    taken: dict[UUID, set[UUID]] = field(default_factory=dict)
    survivors: dict[UUID, UUID] = field(default_factory=dict)

    def fold(self, fact: Fact) -> None:
        """Take a fact of any source."""
        if isinstance(fact, CaseFiled | CaseRejected | ReportAttached):
            self.cases.setdefault(fact.report_id, set()).add(fact.case_id)
            self.out.get(fact.report_id, set()).discard(fact.case_id)
        elif isinstance(fact, ReportWithdrawn) and fact.reason is WithdrawReason.UNMERGED:
            for known in (self.out, self.taken):
                known.setdefault(fact.report_id, set()).add(fact.case_id)
        elif isinstance(fact, CaseHandled) and fact.outcome is Outcome.MERGED and fact.survivor:
            self.survivors[fact.case_id] = fact.survivor

    def homes(self, report_id: UUID) -> set[UUID]:
        """Return the cases that a report is in, after following merges.

        Taken out of a case, it is none of those that had joined it either.
        """
        left = self.out.get(report_id, set())
        known = self.cases.get(report_id, set())
        return {self._end(case) for case in known if not left & set(self._chain(case))}

    def may_name(self, report_id: UUID, case_id: UUID) -> bool:
        """Tell whether a receipt for a report may name that case."""
        chain = set(self._chain(case_id))
        return bool(chain & (self.homes(report_id) | self.taken.get(report_id, set())))

    def check_receipt(self, receipt: Receipt, findings: Findings) -> None:
        """Hold what a caller was told against the topics."""
        findings.counts["reports"] += 1
        homes = self.homes(receipt.report_id)
        if not homes:
            text = f"report {receipt.report_id} has a receipt and is in no case"
        elif len(homes) > 1:
            text = f"report {receipt.report_id} is in {len(homes)} cases"
        elif not self.may_name(receipt.report_id, receipt.case_id):
            text = f"report {receipt.report_id} is in case {min(homes)}"
        else:
            return
        findings.violate(Rule.RECEIPTS, receipt.case_id, "/intake/cases", text)

    def check_answers(self, answers: Iterable[Answer], findings: Findings) -> None:
        """Hold a client's journal against the topics: one report per key, and all are there."""
        known: dict[str, UUID] = {}
        for answer in answers:
            if answer.report_id is None:
                continue
            if known.setdefault(answer.key, answer.report_id) != answer.report_id:
                text = f"line {answer.line}: key {answer.key!r} was answered with two reports"
                findings.violate(Rule.RECEIPTS, answer.case_id, answer.file, text)
            homes = self.homes(answer.report_id)
            told = answer.case_id
            if len(homes) != 1 or (told and not self.may_name(answer.report_id, told)):
                text = f"line {answer.line}: report {answer.report_id} is in {len(homes)} cases"
                if len(homes) == 1:
                    text = f"line {answer.line}: report {answer.report_id} is in another case"
                findings.violate(Rule.RECEIPTS, answer.case_id, answer.file, text)

    def _end(self, case_id: UUID) -> UUID:
        """Follow merges to the case that lives on."""
        return self._chain(case_id)[-1]

    def _chain(self, case_id: UUID) -> list[UUID]:
        """Return a case and those that it has joined; a forged ring of merges ends somewhere."""
        passed = [case_id]
        while (survivor := self.survivors.get(passed[-1])) is not None and survivor not in passed:
            passed.append(survivor)
        return passed
