"""Between rows and the tables, as far as it needs no database."""

from uuid import UUID

import pytest
from tests.unit.civicloop_kit.counting import Counter, attached, counting_room, showing_room
from tests.unit.civicloop_kit.memory import placed

from civicloop_kit.room import Room
from civicloop_kit.sealing import Sealer
from civicloop_kit.store import Store, letter_id
from civicloop_kit.testing.bench import record_of

CASE = UUID(int=7)
ROW = {
    "case_id": CASE,
    "version": 4,
    "inbox": '{"/intake/cases": [2, "aa"]}',
    "emitted": '{"/feedback/outcomes": [3, "bb"]}',
    "held_count": 0,
    "blocked": False,
    "replay": None,
    "traceparent": None,
    "state": '{"told": 2}',
}


def store(room: Room[Counter]) -> Store[Counter]:
    """Return the store of a room."""
    return Store(room, Sealer(bytes(32), b"letters"), "router.dead-letters")


def test_a_snapshot_says_where_it_stands() -> None:
    """Its version is that of the row, with the numbers of all sources."""
    shown = store(showing_room()).snapshot(ROW)
    assert shown is not None
    assert (shown.case_id, shown.version, shown.round) == (CASE, 4, 2)
    assert shown.as_of == {"/intake/cases": 2, "/feedback/outcomes": 3}


def test_a_room_that_shows_nothing_has_no_snapshot() -> None:
    """The router's state is its own."""
    assert store(counting_room()).snapshot(ROW) is None


def test_a_row_without_a_state_starts_as_the_room_says() -> None:
    """A case that was only held has none yet."""
    row = store(counting_room())._row({**ROW, "state": None})
    assert (row.state, row.inbox) == (Counter(), {"/intake/cases": (2, "aa")})


@pytest.mark.parametrize(("offset", "topic"), [(2, "intake.cases"), (1, "router.tasks")])
def test_a_letter_has_one_id_per_place(offset: int, topic: str) -> None:
    """Read again it is the same letter; another record is another."""
    record = record_of(attached(CASE), "/intake/cases", 1)
    first = letter_id(placed(record, 1))
    assert first == letter_id(placed(record, 1))
    assert first != letter_id(placed(record, offset, topic))
