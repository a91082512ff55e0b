"""The public status at the edges: two dispatches of one attempt."""

from tests.unit.intake.domain.test_case import (
    closed,
    dispatched,
    filed,
    folded,
    rejected,
    status_of,
)

from intake.domain.model import Outcome, Status


def test_of_one_attempt_the_first_lead_read_stands() -> None:
    """A repeat under another name changes nothing that the public was told."""
    lead = folded(filed(), dispatched(1, lead="water"), dispatched(2, lead="power")).lead
    assert lead is not None
    assert lead.department == "water"


def test_of_one_round_the_first_end_read_stands() -> None:
    """Two ends at one time do not replace each other."""
    twice = (closed(9), closed(9, outcome=Outcome.WITHDRAWN))
    progress = folded(filed(), *twice).progress
    assert progress is not None
    assert progress.outcome is Outcome.SOLVED


def test_each_round_has_one_end() -> None:
    """In whatever order the ends of rounds are read, and however often."""
    first, second = closed(9), closed(19, round_=2)
    for order in ((first, second), (second, first)):
        ends = folded(filed(), *order, *order).ends
        assert sorted(end.round for end in ends) == [1, 2]


def test_what_was_rejected_stays_rejected() -> None:
    """An end of the same case that is read later says nothing, however early it was."""
    assert status_of(folded(rejected(), closed(-5))) is Status.REJECTED
    assert status_of(folded(closed(-5), rejected())) is Status.REJECTED
