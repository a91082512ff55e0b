"""What intake does in the model: reports come and go, people want a case to end."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from tests.integration.feedback.model import INTAKE, Act, CaseModel
from tests.unit.feedback.telling import at

from civicloop_contracts import codes
from civicloop_contracts.facts import intake, parts

_DIVISIONS: Final = ("410105004", "410102001")
_CHANNELS: Final = (codes.Channel.HOTLINE, codes.Channel.SNAP)
_SOURCE_LIMIT_H: Final = 6
_SURVIVOR: Final = UUID(int=9)


def intake_acts(case: CaseModel) -> Iterator[Act]:
    """Yield what intake can do next."""
    if case.status == "unfiled":
        yield lambda: _file(case)
    elif case.status != "rejected" and case.reports and case.wish is None and case.likely(0.15):
        yield lambda: _attach(case)
        if case.reports > 1:
            yield lambda: _withdraw(case)
        elif case.likely(0.3):
            yield lambda: _withdraw_last(case)
        if case.likely(0.2):
            yield lambda: _merge(case)


def _file(case: CaseModel) -> None:
    channel = case.chance.choice(_CHANNELS)
    if case.likely(0.1):
        case.status = "rejected"
        rejected = case.story.rejected(case.hours).model_copy(update={"channel": channel})
        case.write(INTAKE, rejected)
        return
    case.status = "filed"
    case.source_clock = case.likely(0.2)
    case.source_due = case.hours + _SOURCE_LIMIT_H if case.likely(0.7) else None
    due_at = None if case.source_due is None else at(case.source_due)
    clock = parts.ExternalClock(due_at=due_at) if case.source_clock else None
    division = case.chance.choice(_DIVISIONS)
    place = parts.Place(division=division, precision=codes.Precision.COARSE)
    case.write(INTAKE, case.story.filed(case.hours, channel=channel, clock=clock, place=place))


def _attach(case: CaseModel) -> None:
    case.reports += 1
    case.write(INTAKE, case.story.attached(case.hours))


def _withdraw(case: CaseModel) -> None:
    case.reports -= 1
    case.write(INTAKE, case.story.withdrawn(case.hours))


def _withdraw_last(case: CaseModel) -> None:
    _withdraw(case)
    case.tell(INTAKE, intake.WithdrawalRequested)
    case.wish = intake.WithdrawalRequested


def _merge(case: CaseModel) -> None:
    case.tell(INTAKE, intake.MergeRequested, survivor=_SURVIVOR)
    case.wish = intake.MergeRequested
