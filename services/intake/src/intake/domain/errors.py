"""What intake refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID


class IntakeError(Exception):
    """Intake refuses this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class AlreadyFiledError(IntakeError):
    """The case was filed or rejected before; a new report needs a case of its own."""


class UnknownCaseError(IntakeError):
    """There is no such case."""


class UnknownReportError(IntakeError):
    """There is no such report."""


class ReportElsewhereError(IntakeError):
    """The report is not in this case, or not any more; ask for where it is and try again."""


class ReportWithdrawnError(IntakeError):
    """The reporter has withdrawn this report."""


class TooManySupplementsError(IntakeError):
    """So much was added to this report that no more is taken; hand in a new one."""


class LastReportError(IntakeError):
    """It is the only report of its case; a case is not left without one."""


class CaseEndedError(IntakeError):
    """The case has ended."""


class ImportedHistoryError(IntakeError):
    """The case is part of an imported history, which is not changed."""


class WithdrawalUnderWayError(IntakeError):
    """The last reporter of the case has withdrawn, and it is being ended."""


class MergeUnderWayError(IntakeError):
    """A merge with this case is under way; try again in a moment, or go on with its survivor."""

    def __init__(self, survivor: UUID) -> None:
        super().__init__(f"{MergeUnderWayError.__doc__} Survivor: {survivor}")
        self.survivor = survivor


class AlreadyMergedError(IntakeError):
    """These reports are one case already; go on with its survivor."""

    def __init__(self, survivor: UUID) -> None:
        super().__init__(f"{AlreadyMergedError.__doc__} Survivor: {survivor}")
        self.survivor = survivor
