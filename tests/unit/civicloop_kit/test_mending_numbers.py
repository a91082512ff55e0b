"""Held records by their numbers: which is tried first, and which number a discard leaves behind."""

from typing import Any

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import BUG
from tests.unit.civicloop_kit.test_mending import (
    INTAKE,
    MINUTE,
    ROUTER,
    START,
    Bench,
    held,
    record,
    unnumbered,
    watching,
)

from civicloop_contracts.fact import Replay
from civicloop_kit.mending import NotNextError

# Of a long case: its numbers share bits, and two equal ones are two objects.
LAST = 303


def number(text: str) -> int:
    """Return a number as it comes over a wire."""
    return int(text)


def source() -> str:
    """Return a source as it comes over a wire."""
    return INTAKE.encode().decode()


def test_a_record_without_a_number_is_tried_first_of_its_source() -> None:
    """It may be any of them: those with a number wait behind it, wherever it lies."""
    bench = Bench([held(record(1)), held(unnumbered(5), "bug", "ce_id is missing")])
    bench.retry()
    assert bench.left == [(None, "bug", "ce_id is missing"), (1, "behind", "")]


def test_numbers_count_not_offsets() -> None:
    """A relay that sends again may write a later one first."""
    seen: list[Any] = []
    items = [held(changed(record(n), offset=10 - n)) for n in (1, 2, 3)]
    Bench(items, room=watching(seen)).retry()
    assert seen == [(INTAKE, 1), (INTAKE, 2), (INTAKE, 3)]


@pytest.mark.parametrize("replay", [None, Replay(run="run-1", handled_at=None, as_of=START)])
def test_a_case_of_which_only_repeats_were_held_is_saved(replay: Replay | None) -> None:
    """They are dropped, and it is free; also one that was imported, which has no timers."""
    bench = Bench([held(record(1))], last=1)
    bench.row.replay = replay
    bench.retry()
    assert (bench.left, bench.row.blocked, bench.row.changed) == ([], False, True)


def test_no_timer_fires_behind_a_record_that_fails_again() -> None:
    """Though it was due before the next one came."""
    seen: list[Any] = []
    items = [held(record(1, channel=BUG), "bug", "KeyError"), held(record(2), minute=10)]
    Bench(items, room=watching(seen), due_at=START + 5 * MINUTE).retry()
    assert seen == [(INTAKE, 1)]


def test_the_next_of_a_long_case_is_discarded() -> None:
    """One that was applied long ago claims nothing, nor does one of another source."""
    bad = record(number("304"), channel=BUG)
    others = [held(record(303)), held(record(number("304"), "/z/source"))]
    bench = Bench([held(bad, "bug", "KeyError"), *others], last=LAST)
    assert bench.mender.discard(bench.row, bad.place)[1] == 304
    assert bench.row.inbox == {INTAKE: (304, bad.digest)}


def test_the_one_after_the_next_of_a_long_case_is_not() -> None:
    """One is missing."""
    bad = record(305, channel=BUG)
    bench = Bench([held(bad, "bug", "KeyError")], last=LAST)
    with pytest.raises(NotNextError):
        bench.mender.discard(bench.row, bad.place)


@pytest.mark.parametrize(
    ("following", "found"),
    [((100, 303, 305), 304), ((305,), 304), ((306,), None), ((100, 303), None)],
)
def test_without_a_number_it_stands_for_the_one_after_the_last(
    following: tuple[int, ...], found: int | None
) -> None:
    """What was applied before does not wait behind it."""
    bad = unnumbered(8)
    items = [held(record(n, source())) for n in following]
    bench = Bench([held(bad, "bug", "ce_id is missing"), *items], last=LAST)
    assert bench.mender.discard(bench.row, bad.place)[1] == found


def test_two_without_a_number_leave_the_second_to_be_looked_at() -> None:
    """The first stands for the one that is missing all the same."""
    bad = unnumbered(8)
    items = [held(unnumbered(9), "bug", "ce_id is missing"), held(record(2))]
    bench = Bench([held(bad, "bug", "ce_id is missing"), *items])
    assert bench.mender.discard(bench.row, bad.place)[1] == 1


def test_what_waits_of_another_source_waits_for_nothing_of_this_one() -> None:
    """Whichever comes first in the alphabet."""
    bad = unnumbered(8, ROUTER)
    bench = Bench([held(bad, "bug", "ce_id is missing"), held(record(2))])
    assert bench.mender.discard(bench.row, bad.place)[1] is None


@pytest.mark.parametrize("first", [True, False])
def test_either_of_two_contents_leaves_a_number_to_the_other(*, first: bool) -> None:
    """Whichever digest is the greater one."""
    items = [changed(record(number("304"), channel=BUG), offset=offset) for offset in (8, 9)]
    bench = Bench([held(item, "bug", "KeyError") for item in items], last=LAST)
    bad = items[0] if first else items[1]
    assert bench.mender.discard(bench.row, bad.place)[1] is None


def test_a_record_is_found_by_its_own_place() -> None:
    """Whatever is held before it."""
    bad = record(1, channel=BUG)
    bench = Bench([held(record(2)), held(bad, "bug", "KeyError")])
    assert bench.mender.discard(bench.row, bad.place)[0].record == bad
