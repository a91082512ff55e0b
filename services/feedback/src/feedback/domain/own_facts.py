"""What was decided in this room."""

from dataclasses import dataclass
from datetime import datetime

from feedback.domain.facts import Fact
from feedback.domain.parts import Outcome, RemarkCode, ReworkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFact(Fact):
    """Decided in this room, about one round of the case."""

    round: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRequested(OwnFact):
    """Somebody who did not handle it shall look (核实)."""

    verify_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationOverdue(OwnFact):
    """Nobody looked in time: the next tier is asked, until ``verify_by``."""

    verify_by: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseVerified(OwnFact):
    """Somebody who did not handle it found it done; the reporter has until ``call_back_until``."""

    verifier: str
    call_back_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReworkRequested(OwnFact):
    """The tasks of these numbers have to be done again (返工)."""

    tasks: tuple[int, ...]
    reason: ReworkReason


@dataclass(frozen=True, slots=True, kw_only=True)
class SatisfactionRecorded(OwnFact):
    """The reporter answered (回访); ``satisfied`` is None where not said."""

    solved: bool
    satisfied: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(OwnFact):
    """This round is over (结案)."""

    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(OwnFact):
    """The case starts the new round ``round``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked(OwnFact):
    """Read here, and rightly without effect."""

    code: RemarkCode
