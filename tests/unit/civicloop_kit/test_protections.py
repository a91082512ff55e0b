"""The protections themselves, and that each of them has a scenario with and without it."""

from pathlib import Path

import pytest

from civicloop_kit import protections
from civicloop_kit.testing import PROTECTIONS, without

SCENARIOS = Path(__file__).parents[2] / "integration" / "civicloop_kit"
NAMES = [
    "repeat",
    "gap",
    "compare-and-set",
    "outbox in the transaction",
    "position in the transaction",
    "relay order",
    "delete after confirmation",
    "rebuild after a failed send",
    "lease",
    "isolation of poison",
    "isolation in a group commit",
    "COMMIT unknown",
]


def test_every_protection_is_named() -> None:
    """The list is that of the protocol."""
    assert list(PROTECTIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_every_protection_has_a_scenario(name: str) -> None:
    """A test on the real broker shows the damage without it."""
    texts = [path.read_text() for path in SCENARIOS.glob("test_protections_*.py")]
    assert sum(text.count(f'@with_and_without("{name}")') for text in texts) == 1


@pytest.mark.parametrize("name", NAMES)
def test_taking_one_away_lasts_for_a_block(name: str) -> None:
    """Afterwards it is there again, also after an error."""
    attribute, missing = PROTECTIONS[name]
    kept = getattr(protections, attribute)
    with without(name):
        assert getattr(protections, attribute) is missing
    assert getattr(protections, attribute) is kept
    with pytest.raises(ZeroDivisionError), without(name):
        raise ZeroDivisionError
    assert getattr(protections, attribute) is kept


@pytest.mark.parametrize(
    ("sequence", "repeat", "gap"),
    [(1, True, False), (2, True, False), (3, False, False), (4, False, True)],
)
def test_repeats_and_gaps_around_the_last_number(sequence: int, repeat: bool, gap: bool) -> None:
    """After number 2 comes 3: less is a repeat, more is a gap."""
    assert protections.is_repeat(2, sequence) is repeat
    assert protections.is_gap(2, sequence) is gap


def test_a_hint_is_next_or_not() -> None:
    """Only the direct successor of what was handed over; of an unknown case nothing."""
    assert protections.is_next(2, 3)
    assert not protections.is_next(2, 4)
    assert not protections.is_next(2, 2)
    assert not protections.is_next(None, 1)


def test_a_lease_ends_at_its_limit() -> None:
    """At the limit it is over."""
    assert protections.lease_holds(7.9, 8.0)
    assert not protections.lease_holds(8.0, 8.0)


def test_positions_hold_when_all_moved() -> None:
    """One that did not move is somebody else's."""
    assert protections.positions_hold(2, 2)
    assert not protections.positions_hold(1, 2)
    assert not protections.positions_hold(3, 2)
    # Numbers as they come from a database: equal, and not the same object.
    assert protections.positions_hold(int("300"), int("300"))


def test_the_others_are_in_place() -> None:
    """They give back what they are given, or say yes."""
    assert protections.expected_version(4) == 4
    assert protections.facts_to_save(()) == ()
    assert protections.isolates_poison()
    assert protections.isolates_commands()
    assert protections.may_run_again(has_key=True)
    assert not protections.may_run_again(has_key=False)
    assert protections.may_delete(confirmed=True)
    assert not protections.may_delete(confirmed=False)
    assert protections.must_rebuild_producer(failed=True)
    assert not protections.must_rebuild_producer(failed=False)


@pytest.mark.parametrize(
    ("last", "number", "is_next"),
    [("300", "301", True), ("300", "300", False), ("300", "302", False), (None, "301", False)],
)
def test_the_next_fact_is_known_by_its_number(
    last: str | None, number: str, *, is_next: bool
) -> None:
    """Also that of a long case."""
    handed_over = None if last is None else int(last)
    assert protections.is_next(handed_over, int(number)) is is_next
