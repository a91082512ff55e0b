"""Leading: the lock is asked for until it is ours, and kept by pings that are answered."""

import pytest
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.test_leadership import Connection, Wired

YES, NO = True, False


def test_it_is_won_by_asking_twice_a_second() -> None:
    """For as long as another process leads."""

    async def win() -> float:
        leadership = Wired(Connection(NO, NO, YES))
        await leadership.win()
        assert leadership.holds
        return seconds()

    assert hurried(win()) == 1.0


def test_it_is_kept_for_as_long_as_pings_are_answered() -> None:
    """One every two seconds; the first that is not answered ends it."""
    connection = Connection(YES, YES, YES, OSError())

    async def keep() -> float:
        leadership = Wired(connection)
        await leadership.win()
        await leadership.keep()
        assert not leadership.holds
        return seconds()

    assert hurried(keep()) == 4.0
    assert not connection.is_open


def test_what_was_given_up_is_not_kept() -> None:
    """Nobody is pinged without a lock."""

    async def keep() -> float:
        await Wired().keep()
        return seconds()

    assert hurried(keep()) == 0


async def test_a_lease_that_is_over_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long ago it ended: another process may lead, so nobody is pinged."""
    time_s = [10.0]
    monkeypatch.setattr("civicloop_kit.leadership.monotonic", lambda: time_s[0])
    connection = Connection(YES)
    leadership = Wired(connection)
    await leadership.win()
    for time_s[0], holds in ((17.9, True), (18.0, False), (25.0, False)):
        assert leadership.holds is holds
    await leadership.keep()
    assert not connection.is_open
