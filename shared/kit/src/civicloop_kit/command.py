"""A command to one case or several, and what its caller gets."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from civicloop_contracts.fact import Replay


class KeyReusedError(Exception):
    """The idempotency key was used before for a different request; use a new key."""


class CommandFailedError(Exception):
    """A command met a bug; nothing was changed."""


class OverloadedError(Exception):
    """Too many requests wait for the database; try again shortly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRequest:
    """A request under an idempotency key: about what, in which words.

    ``target`` is the id of what it is about, a report or a task say, wherever that is by now; empty
    for a request that makes it. ``digest`` is that of the body (`civicloop_kit.http.digest_of`).
    """

    key: str
    target: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCommand:
    """What somebody wants done to a case; ``others`` are cases that are decided together with it.

    ``replay`` and ``now`` are given for an imported history only: the clock that the case lives on.
    ``known_for_ever``: its key is that of a thing and not of one request, so its reply is never
    forgotten.
    """

    case_id: UUID
    others: tuple[UUID, ...] = ()
    body: object
    principal: str
    request: KeyedRequest | None = None
    replay: Replay | None = None
    now: datetime | None = None
    traceparent: str | None = None
    known_for_ever: bool = False
    command_id: UUID = field(default_factory=uuid4)

    @property
    def cases(self) -> tuple[UUID, ...]:
        """All cases that are locked for it, its own first."""
        return (self.case_id, *self.others)

    @property
    def asked(self) -> bytes:
        """What its idempotency key stands for: the kind of command, its target and its words.

        Empty without a key.
        """
        if self.request is None:
            return b""
        kind, target = type(self.body).__name__.encode(), self.request.target.encode()
        return sha256(b"\0".join((kind, target, self.request.digest))).digest()

    @property
    def cause(self) -> str:
        """How facts name this command as their cause."""
        return f"command:{self.command_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a command led to; ``repeated`` when the same request was answered before."""

    body: Mapping[str, Any]
    repeated: bool
