"""Facts that intake writes to `intake.cases`."""

from typing import ClassVar
from uuid import UUID

from civicloop_contracts.codes import Channel, RejectReason, WithdrawReason
from civicloop_contracts.fact import DepartmentCode, Fact
from civicloop_contracts.facts.parts import ExternalClock, Matter, Place


class IntakeFact(Fact):
    """Written by intake."""

    source: ClassVar[str] = "/intake/cases"


class CaseFiled(IntakeFact):
    """A report became a case (立案). ``lead`` is the department that a source system had named."""

    report_id: UUID
    channel: Channel
    matter: Matter
    place: Place
    clock: ExternalClock | None = None
    lead: DepartmentCode | None = None


class CaseRejected(IntakeFact):
    """A report did not become a case (不予立案)."""

    report_id: UUID
    channel: Channel
    reason: RejectReason


class ReportAttached(IntakeFact):
    """One more report tells of the same case (并案)."""

    report_id: UUID
    channel: Channel


class ReportWithdrawn(IntakeFact):
    """A report left its case."""

    report_id: UUID
    reason: WithdrawReason


class CaseSupplemented(IntakeFact):
    """A reporter added something; the words are in intake's vault under ``supplement_id``."""

    report_id: UUID
    supplement_id: UUID


class WithdrawalRequested(IntakeFact):
    """The last reporter of a case withdrew."""


class MergeRequested(IntakeFact):
    """This case shall join ``survivor``."""

    survivor: UUID
