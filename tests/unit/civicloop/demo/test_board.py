"""The board counts what came of a run's own cases, each fact once."""

from collections import Counter
from collections.abc import Callable
from uuid import UUID, uuid4

from civicloop.audit.records import Sighting
from civicloop.demo.board import KEPT_CASES, Board
from civicloop.demo.generator import Outcome

Sight = Callable[..., Sighting]
CASE = UUID("01980000-0000-7000-8000-000000000001")


def _play(board: Board, sight: Sight) -> None:
    names = ("CaseFiled", "TaskDispatched", "TaskAcknowledged", "TaskCompleted")
    for name in (*names, "CaseVerified", "CaseClosed"):
        board.see(sight(name))
        # Each source counts by itself: here a repeat is the same source and number.
        board.see(sight(name))
    board.see(sight("TaskCompleted", 2))
    board.see(sight("CaseClosed", 2))


def test_a_case_reaches_its_milestones(sight: Sight) -> None:
    """And is ended once it is closed."""
    board = Board()
    board.see(sight("CaseFiled"))
    assert not board.card(CASE).ended
    _play(board, sight)
    assert board.card(CASE).ended
    counts = board.count([CASE])
    assert (counts["filed"], counts["dispatched"], counts["closed"]) == (1, 1, 1)


def test_the_outcome_is_that_of_the_runs_own_cases(sight: Sight) -> None:
    """Whatever else is in the topics."""
    board = Board()
    _play(board, sight)
    board.see(sight("CaseFiled", case_id=uuid4()))
    assert board.outcome([CASE]) == Outcome(
        filed=1,
        tasks=Counter({("water", "lead"): 1}),
        closed=Counter(solved=1),
    )


def test_a_rejected_case_is_ended(sight: Sight) -> None:
    """With its reason."""
    board = Board()
    board.see(sight("CaseRejected"))
    assert board.card(CASE).ended
    assert board.outcome([CASE]).rejected == Counter(unknown_matter=1)


def test_a_repeat_counts_once(sight: Sight) -> None:
    """At least once is what the topics promise."""
    board = Board()
    for _ in range(3):
        board.see(sight("TaskDispatched"))
    assert board.count([CASE])["tasks"] == 1


def test_the_first_cases_keep_their_facts(sight: Sight) -> None:
    """So many that one of them can be told; later ones only count."""
    board = Board()
    cases = [uuid4() for _ in range(KEPT_CASES + 1)]
    for case in cases:
        board.see(sight("CaseFiled", case_id=case))
    assert len(board.history(cases[0])) == 1
    assert board.history(cases[-1]) == ()
