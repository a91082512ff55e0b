"""Group commit: concurrent commands share one transaction, and each gets its own answer."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from time import monotonic
from typing import Any, Final, Generic

import orjson

from civicloop_kit import protections
from civicloop_kit.auth import principal_ref
from civicloop_kit.backoff import Backoff
from civicloop_kit.command import CaseCommand, CommandFailedError, KeyReusedError, Reply
from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.gathering import Gatherer
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import (
    CommitUnknownError,
    ConflictError,
    Connection,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.replies import KEEP_REPLIES
from civicloop_kit.room import S
from civicloop_kit.rows import Work
from civicloop_kit.transactions import Transactions

_QUERIES: Final = load_queries(__package__)
# How long a caller waits while his command meets others, or for the result of a broken COMMIT.
PATIENCE_S: Final = 5.0
_log = get_logger(__name__)

Outcome = Reply | Exception


@dataclass(frozen=True, slots=True, kw_only=True)
class _New:
    """What a command decided, before it is saved."""

    key: bytes | None
    digest: bytes
    command: CaseCommand
    reply: Mapping[str, Any]


class Commands(Generic[S]):
    """Runs commands on the cases of one room."""

    def __init__(
        self,
        transactions: Transactions[S],
        secret: bytes,
        *,
        patience_s: float = PATIENCE_S,
        keep_replies: timedelta = KEEP_REPLIES,
    ) -> None:
        self._transactions = transactions
        self._secret = secret
        self._keep_replies = keep_replies
        self._patience_s = patience_s
        self._gatherer: Gatherer[CaseCommand, Reply] = Gatherer(self._run)

    async def submit(self, command: CaseCommand) -> Reply:
        """Run a command; returns when it is saved.

        Raises:
            Exception: The room's refusal, or `CommandFailedError` for a bug.
            KeyReusedError: The idempotency key stands for another request.
            OverloadedError: Too many commands wait.
            UnavailableError: The database does not answer, or a bad release was stopped; ask again
                with the same key.
            StaleClaimError: The job that it reports on has another claim now.
        """
        return await self._gatherer.submit(command)

    async def submit_all(self, commands: Sequence[CaseCommand]) -> list[Outcome]:
        """Run commands together; one outcome each, in order (`submit`)."""
        return list(await self._gatherer.submit_all(commands))

    async def drain(self) -> None:
        """Wait until everything submitted is saved or refused."""
        await self._gatherer.drain()

    async def _run(self, commands: Sequence[CaseCommand]) -> Sequence[Outcome]:
        METRICS.batch_records.labels("commands").observe(len(commands))
        try:
            return await self._run_together(commands)
        except (UnavailableError, MisconfiguredError) as error:
            return [error] * len(commands)
        except TooManyHeldError:
            return [UnavailableError(UnavailableError.__doc__)] * len(commands)
        except Exception as error:  # noqa: BLE001 - one command's error is its caller's answer only
            if len(commands) == 1 or not protections.isolates_commands():
                return [_foreseen(error)] * len(commands)
        return [outcome for command in commands for outcome in await self._run([command])]

    async def _run_together(self, commands: Sequence[CaseCommand]) -> Sequence[Outcome]:
        """Run in one transaction; redo on a conflict, look up after an unknown COMMIT."""
        backoff, give_up_at = Backoff(), monotonic() + self._patience_s
        unknown: CommitUnknownError | None = None
        while True:
            try:
                with METRICS.batch_seconds.labels("commands").time():
                    return await self._commit(commands, unknown)
            except ConflictError as error:
                METRICS.conflicts.labels("commands").inc()
                if monotonic() > give_up_at:
                    raise UnavailableError(UnavailableError.__doc__) from error
            except UnavailableError as error:
                if isinstance(error, CommitUnknownError):
                    self._transactions.rescan()
                    unknown = error
                if unknown is None or monotonic() > give_up_at:
                    raise
            await backoff.wait()

    async def _commit(
        self, commands: Sequence[CaseCommand], unknown: CommitUnknownError | None
    ) -> Sequence[Outcome]:
        transactions = self._transactions
        async with transactions.database.transaction() as connection:
            cases = {case_id for command in commands for case_id in command.cases}
            work = await transactions.store.lock(connection, cases)
            # Under the locks: whoever had them before may have answered the same key.
            known = await self._known(connection, commands)
            outcomes = [self._known_outcome(command, known, unknown) for command in commands]
            new = self._decide(commands, outcomes, work)
            await self._write_replies(connection, [item for item in new if item.key])
            await transactions.store.forget_blank(connection, work)
            if work.changed:
                await transactions.save(connection, work)
        transactions.committed(work)
        return [outcome or CommandFailedError(CommandFailedError.__doc__) for outcome in outcomes]

    def _decide(
        self, commands: Sequence[CaseCommand], outcomes: list[Outcome | None], work: Work[S]
    ) -> list[_New]:
        applier = self._transactions.applier(work)
        new: dict[bytes, _New] = {}
        plain: list[_New] = []
        for index, command in enumerate(commands):
            if outcomes[index] is not None:
                continue
            key = self._key(command)
            if key and (twin := new.get(key)):
                outcomes[index] = self._answer(command, twin.digest, twin.reply)
                continue
            decider = principal_ref(command.principal, self._secret)
            try:
                decision = applier.run_command(command, decider)
            except self._transactions.room.refusals as refusal:
                outcomes[index] = refusal
                continue
            except Exception:  # noqa: BLE001 - a bug costs this case, caller or step only
                _log.exception("command_failed", command=type(command.body).__name__)
                outcomes[index] = CommandFailedError(CommandFailedError.__doc__)
                continue
            reply = decision.reply or {}
            outcomes[index] = Reply(body=reply, repeated=False)
            item = _New(key=key, digest=self._digest(command), command=command, reply=reply)
            if key:
                new[key] = item
            else:
                plain.append(item)
        return [*new.values(), *plain]

    async def _known(
        self, connection: Connection, commands: Sequence[CaseCommand]
    ) -> Mapping[bytes, tuple[bytes, Mapping[str, Any]]]:
        keys = [key for command in commands if (key := self._key(command))]
        if not keys:
            return {}
        rows = await connection.fetch(_QUERIES["find_replies"], keys)
        return {row["key"]: (row["digest"], orjson.loads(row["reply"])) for row in rows}

    def _known_outcome(
        self,
        command: CaseCommand,
        known: Mapping[bytes, tuple[bytes, Mapping[str, Any]]],
        unknown: CommitUnknownError | None,
    ) -> Outcome | None:
        """Return the stored reply; unknown for what was tried and has no key; None to decide."""
        key = self._key(command)
        if key is not None and key in known:
            return self._answer(command, *known[key])
        if unknown is None or protections.may_run_again(has_key=key is not None):
            return None
        return unknown

    async def _write_replies(self, connection: Connection, new: Sequence[_New]) -> None:
        if not new:
            return
        # In one order everywhere: two processes with the same keys wait, not deadlock.
        new = sorted(new, key=lambda item: item.key or b"")
        now = self._transactions.clock.now()
        await connection.execute(
            _QUERIES["write_replies"],
            [item.key for item in new],
            [item.digest for item in new],
            [item.command.case_id for item in new],
            [orjson.dumps(item.reply).decode() for item in new],
            [now for _ in new],
            [None if item.command.known_for_ever else now + self._keep_replies for item in new],
        )

    def _key(self, command: CaseCommand) -> bytes | None:
        """Return what a key is stored as: unique per principal, unreadable."""
        if command.request is None:
            return None
        text = f"{command.principal}\0{command.request.key}"
        return hmac.digest(self._secret, text.encode(), sha256)

    def _digest(self, command: CaseCommand) -> bytes:
        """Return what a request is stored as: a bare digest could be tried with what people say."""
        return hmac.digest(self._secret, command.asked, sha256)

    def _answer(self, command: CaseCommand, digest: bytes, reply: Mapping[str, Any]) -> Outcome:
        if not hmac.compare_digest(digest, self._digest(command)):
            return KeyReusedError(KeyReusedError.__doc__)
        return Reply(body=reply, repeated=True)


def _foreseen(error: Exception) -> Exception:
    """Return what the caller is told; of the database's own words nothing, they may quote data."""
    if isinstance(error, StaleClaimError):
        return error
    _log.error("command_failed", error=type(error).__name__)
    return CommandFailedError(CommandFailedError.__doc__)
