"""Facts that feedback writes to `feedback.outcomes`."""

from typing import Annotated, ClassVar

from pydantic import AwareDatetime, Field

from civicloop_contracts.codes import Outcome, ReworkReason
from civicloop_contracts.fact import Fact, PrincipalRef
from civicloop_contracts.facts.parts import Round, TaskNo


class FeedbackFact(Fact):
    """Written by feedback about one round of a case."""

    source: ClassVar[str] = "/feedback/outcomes"

    round: Round


class VerificationRequested(FeedbackFact):
    """Somebody who did not handle it shall look (核实), by ``verify_by``."""

    verify_by: AwareDatetime


class CaseVerified(FeedbackFact):
    """Somebody who did not handle it found it done."""

    verifier: PrincipalRef


class ReworkRequested(FeedbackFact):
    """The named tasks have to be done again (返工)."""

    tasks: Annotated[tuple[TaskNo, ...], Field(min_length=1)]
    reason: ReworkReason


class SatisfactionRecorded(FeedbackFact):
    """A reporter was asked (回访) and answered; ``satisfied`` is None where not said."""

    solved: bool
    satisfied: bool | None = None


class CaseClosed(FeedbackFact):
    """This round of the case is over (结案)."""

    outcome: Outcome


class CaseReopened(FeedbackFact):
    """The case starts a new round, numbered ``round``."""
