"""Who leads: the lock, and a lease on top of it."""

from time import monotonic
from typing import Any, cast

import pytest

from civicloop_kit.leadership import LEASE_S, PING_EVERY_S, Leadership


class Connection:
    """A connection that answers as it is told."""

    def __init__(self, *answers: bool | Exception) -> None:
        self._answers = list(answers)
        self.is_open = True

    async def fetchval(self, _query: str, *_arguments: Any) -> bool:
        """Answer whether the lock was free."""
        return self._next()

    async def execute(self, _query: str) -> None:
        """Answer a ping."""
        self._next()

    def terminate(self) -> None:
        """Close."""
        self.is_open = False

    def _next(self) -> bool:
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Wired(Leadership):
    """A leadership whose connections are given."""

    def __init__(self, *connections: Connection | Exception) -> None:
        super().__init__("nowhere", 0)
        self._given = list(connections)

    async def _connect(self) -> Any:
        given = self._given.pop(0)
        if isinstance(given, Exception):
            raise given
        return given


async def test_who_gets_the_lock_leads() -> None:
    """With the lock and a fresh answer a process may send."""
    leadership = Wired(Connection(True))  # noqa: FBT003 - the server's answer
    assert not leadership.holds
    assert await leadership.try_win()
    assert leadership.holds


async def test_it_asks_again_on_the_same_connection() -> None:
    """Standing by costs no new session each time."""
    connection = Connection(False, False, True)  # noqa: FBT003 - the server's answers
    leadership = Wired(connection)
    assert [await leadership.try_win() for _ in range(3)] == [False, False, True]
    assert leadership.holds


@pytest.mark.parametrize("error", [OSError(), TimeoutError()])
async def test_a_lost_connection_is_replaced(error: Exception) -> None:
    """No answer, or no connection: ask again with a new one."""
    broken, good = Connection(error), Connection(True)  # noqa: FBT003 - the server's answer
    leadership = Wired(broken, error, good)
    assert [await leadership.try_win() for _ in range(3)] == [False, False, True]
    assert not broken.is_open


async def test_a_lease_runs_out_without_answers() -> None:
    """Who was frozen for long leads no more, whatever he believes."""
    leadership = Wired(Connection(True))  # noqa: FBT003 - the server's answer
    await leadership.try_win()
    leadership._answered_at = monotonic() - LEASE_S
    assert not leadership.holds


async def test_an_unanswered_ping_ends_it() -> None:
    """The connection is closed, so that the server gives the lock to another."""
    connection = Connection(True, OSError())  # noqa: FBT003 - the server's answer
    leadership = Wired(connection)
    await leadership.try_win()
    await leadership.keep()
    assert not leadership.holds
    assert not connection.is_open


async def test_dropping_closes_what_is_open() -> None:
    """Also the connection that only stands by, and again without harm."""
    leading, waiting = Connection(True), Connection(False)  # noqa: FBT003 - the server's answers
    for connection in (leading, waiting):
        leadership = Wired(connection)
        await leadership.try_win()
        leadership.drop()
        leadership.drop()
        assert not connection.is_open
        assert not leadership.holds


def test_the_lease_ends_before_the_server_ends_the_session() -> None:
    """Pings are frequent enough, and a server-side timeout never comes first."""
    assert PING_EVERY_S * 2 < LEASE_S < 10
    assert cast("Any", Leadership("nowhere", 0)).holds is False
