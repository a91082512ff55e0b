"""What an idempotency key is stored as: unique per principal, unreadable."""

import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, cast
from uuid import uuid4

import pytest
from tests.unit.civicloop_kit.counting import Count
from tests.unit.civicloop_kit.memory import Memory

from civicloop_kit.command import CaseCommand, KeyedRequest, KeyReusedError, Reply
from civicloop_kit.commands import Commands

SECRET = b"s" * 32
REQUEST = KeyedRequest(key="a-key", target="case/1", digest=b"this")
COMMAND = CaseCommand(case_id=uuid4(), body=Count(), principal="desk-1", request=REQUEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwiceAsMuch(Count):
    """Another kind of command, about the same in the same words."""


def under(
    *, key: str = "a-key", target: str = "case/1", digest: bytes = b"this", **changes: Any
) -> CaseCommand:
    """Return the command as it comes with another request."""
    request = KeyedRequest(key=key, target=target, digest=digest)
    return replace(COMMAND, request=request, **changes)


def key(command: CaseCommand = COMMAND, secret: bytes = SECRET) -> bytes | None:
    """Return what a command's key is stored as."""
    commands: Commands[Any] = Commands(cast("Any", None), secret)
    return commands._key(command)


def test_without_a_key_nothing_is_stored() -> None:
    """A command need not have one."""
    assert key(replace(COMMAND, request=None)) is None


def test_the_same_key_of_one_principal_is_found_again() -> None:
    """Whatever the case: the reply of the first time is given."""
    assert key() == key(under(digest=b"other", case_id=uuid4()))


def test_principal_key_and_secret_make_it_unique() -> None:
    """Nobody finds another's reply, nor by moving the border between name and key."""
    keys = {
        key(),
        key(replace(COMMAND, principal="desk-2")),
        key(under(key="b-key")),
        key(under(key="-key", principal="desk-1a")),
        key(secret=b"t" * 32),
    }
    assert len(keys) == 5


def test_the_key_itself_is_not_readable() -> None:
    """A table that leaks tells no keys."""
    stored = key()
    assert stored is not None
    assert len(stored) == 32
    assert b"a-key" not in stored


@pytest.mark.parametrize(
    "other", [under(digest=b"that"), under(target="case/2"), under(body=TwiceAsMuch())]
)
async def test_a_known_key_answers_the_same_request_only(other: CaseCommand) -> None:
    """In other words, about something else or of another kind, it is another request."""
    commands = Commands(Memory().transactions(), SECRET)
    first, again = [await commands.submit(COMMAND) for _ in range(2)]
    assert again == Reply(body=first.body, repeated=True)
    with pytest.raises(KeyReusedError):
        await commands.submit(other)


async def test_a_digest_is_stored_under_the_secret_only() -> None:
    """Who reads the table cannot try what a person may have sent."""
    stored = []
    for secret in (SECRET, b"t" * 32):
        memory = Memory()
        await Commands(memory.transactions(), secret).submit(COMMAND)
        ((digest, _),) = memory.tables.replies.values()
        stored.append(digest)
    assert stored[0] == hmac.digest(SECRET, COMMAND.asked, sha256)
    assert stored[0] != stored[1]
    assert COMMAND.asked not in stored


def test_a_command_is_named_as_a_cause() -> None:
    """Facts name the command, and each command has an id of its own."""
    other = replace(COMMAND, command_id=uuid4())
    assert COMMAND.cause == f"command:{COMMAND.command_id}"
    assert other.cause != COMMAND.cause
