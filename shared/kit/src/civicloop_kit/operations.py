"""Retries and discards that operators ask for: each leaves a row, and survives a restart.

An operation goes through the blocked cases that it names in the order of their ids, once, a batch
per transaction; how far it is is saved with each batch. So it may be asked for twice or killed
midway: what was freed stays free, and the next process goes on where it was.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, Generic
from uuid import UUID

from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.logs import get_logger
from civicloop_kit.mending import Mender, UnknownHeldError
from civicloop_kit.operation import (
    Discarded,
    Kind,
    Operation,
    Selection,
    Tried,
    UnknownCaseError,
    UnknownOperationError,
    Why,
    begin,
    next_cases,
    note_tried,
    operation_in,
)
from civicloop_kit.postgres import (
    CommitUnknownError,
    ConflictError,
    DataError,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.received import Place
from civicloop_kit.room import S
from civicloop_kit.rows import Row, Work
from civicloop_kit.transactions import Transactions

_QUERIES: Final = load_queries(__package__)
MAX_AT_ONCE: Final = 50
MAX_CONFLICTS: Final = 20
# These say nothing about the case: the same is tried again.
_PASSING: Final = (UnavailableError, ConflictError, MisconfiguredError, TooManyHeldError)
_log = get_logger(__name__)


class Operations(Generic[S]):
    """The operations of one room."""

    def __init__(self, transactions: Transactions[S]) -> None:
        self._transactions = transactions
        # Told when there is one to work on.
        self.wake: Callable[[], None] = lambda: None

    async def retry(self, principal: str, selection: Selection, rate: int) -> Operation:
        """Try blocked cases again: one case before this returns, more of them in the background.

        Raises:
            UnknownCaseError: The one case is not known here.
            UnavailableError: The database does not answer; what had begun goes on by itself.
        """
        transactions = self._transactions
        operation = Operation(
            kind=Kind.RETRY,
            requested_at=transactions.clock.now(),
            principal=principal,
            selection=selection,
            rate=rate,
        )
        async with transactions.database.transaction() as connection:
            case_id = selection.case_id
            if case_id and not await connection.fetchval(_QUERIES["knows_case"], case_id):
                raise UnknownCaseError(UnknownCaseError.__doc__)
            await begin(connection, operation)
        return await self._work_on(operation)

    async def discard(self, principal: str, case_id: UUID, place: Place, why: Why) -> Operation:
        """Leave out one record that failed and apply what waits behind it; once, if asked twice.

        Raises:
            UnknownHeldError: It is neither held nor was it discarded.
            NotFailedError: It waits for another one.
            NotNextError: An earlier one is missing.
            UnavailableError: The database does not answer; what had begun goes on by itself.
        """
        for _ in range(MAX_CONFLICTS):
            try:
                return await self._work_on(await self._discard(principal, case_id, place, why))
            except ConflictError:
                continue
        raise UnavailableError(UnavailableError.__doc__)

    async def find(self, operation_id: UUID) -> Operation:
        """Return an operation as it stands.

        Raises:
            UnknownOperationError: There is none.
        """
        async with self._transactions.database.read() as connection:
            row = await connection.fetchrow(_QUERIES["find_operation"], operation_id)
        if row is None:
            raise UnknownOperationError(UnknownOperationError.__doc__)
        return operation_in(row)

    async def newest(self, before: UUID | None, limit: int) -> Sequence[Operation]:
        """Return operations, the newest first, older than one when it is given."""
        async with self._transactions.database.read() as connection:
            rows = await connection.fetch(_QUERIES["list_operations"], before, limit)
        return [operation_in(row) for row in rows]

    async def step(self) -> int:
        """Work on the oldest operation that is not finished, at its rate; return 0 for none.

        Raises:
            UnavailableError: The database does not answer; nothing was changed.
            ConflictError: A case has moved on; ask again.
        """
        async with self._transactions.database.read() as connection:
            operation_id = await connection.fetchval(_QUERIES["open_operation"])
        if operation_id is None:
            return 0
        operation = await self.find(operation_id)
        tried = await self._advance(operation)
        await asyncio.sleep(tried / operation.rate)
        return 1

    async def _work_on(self, operation: Operation) -> Operation:
        """Finish what is about one case at once; leave the others to `step`."""
        self.wake()
        for _ in range(MAX_CONFLICTS):
            if operation.finished_at or operation.selection.case_id is None:
                break
            try:
                await self._advance(operation)
            except ConflictError:
                continue
            operation = await self.find(operation.operation_id)
        return operation

    async def _advance(self, operation: Operation) -> int:
        """Try the next batch of an operation; return how many cases that were."""
        at_once = min(MAX_AT_ONCE, operation.rate)
        async with self._transactions.database.read() as connection:
            case_ids = await next_cases(connection, operation, at_once)
        is_last = operation.selection.case_id is not None or len(case_ids) < at_once
        try:
            await self._commit(operation, case_ids, _retry, ends=is_last)
        except _PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - what cannot be saved costs one case only
            _log.warning("retry_refused", error=type(error).__name__, cases=len(case_ids))
            for case_id in case_ids:
                await self._alone(operation, case_id)
        return len(case_ids)

    async def _alone(self, operation: Operation, case_id: UUID) -> None:
        ends = operation.selection.case_id is not None
        try:
            await self._commit(operation, [case_id], _retry, ends=ends)
        except _PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - which of its records it is, is found one by one
            # Where no record is at fault, it is the timer that fired after all of them.
            fails = await self._try_records(operation, case_id)
            last = _leave if fails else partial(_refuse_timer, error=_reason(error))
            await self._commit(operation, [case_id], last, ends=ends)

    async def _try_records(self, operation: Operation, case_id: UUID) -> bool:
        """Try the held records of a case one by one; return whether one of them fails."""
        seen: set[Place] = set()
        while (place := await self._next_place(operation, case_id, seen)) is not None:
            seen.add(place)
            if await self._try_record(operation, case_id, place):
                return True
        return False

    async def _next_place(
        self, operation: Operation, case_id: UUID, seen: set[Place]
    ) -> Place | None:
        places: list[Place] = []

        def look(mender: Mender[S], row: Row[S]) -> None:
            places.extend(item.record.place for item in mender.waiting(row))

        await self._commit(operation, [case_id], look, is_step=True)
        return next((place for place in places if place not in seen), None)

    async def _try_record(self, operation: Operation, case_id: UUID, place: Place) -> bool:
        """Try one record; return whether it fails, in the decider or in the database."""
        failed: list[bool] = []

        def try_it(mender: Mender[S], row: Row[S], refused: str | None = None) -> None:
            held = [item for item in mender.waiting(row) if item.record.place == place]
            failed.extend(mender.retry_one(row, item, refused) for item in held)

        try:
            await self._commit(operation, [case_id], try_it, is_step=True)
        except _PASSING:
            raise
        except Exception as error:  # noqa: BLE001 - it is this record that is refused
            refuse = partial(try_it, refused=_reason(error))
            await self._commit(operation, [case_id], refuse, is_step=True)
        return any(failed)

    async def _commit(
        self,
        operation: Operation,
        case_ids: Sequence[UUID],
        change: Callable[[Mender[S], Row[S]], None],
        *,
        ends: bool = False,
        is_step: bool = False,
    ) -> None:
        """Change blocked cases and note how far the operation is, in one transaction.

        Nothing is done while another process is at it, or when it is over.

        Args:
            operation: What is worked on.
            case_ids: Its next cases.
            change: What to do with each.
            ends: Whether they are its last.
            is_step: Whether more is done about the same cases.
        """
        transactions, now = self._transactions, self._transactions.clock.now()
        work: Work[S] = Work(rows={})
        try:
            async with transactions.database.transaction() as connection:
                found = await connection.fetchrow(
                    _QUERIES["lock_operation"], operation.operation_id
                )
                if found is None or _is_past(operation_in(found), case_ids):
                    return
                work = await transactions.store.lock(connection, case_ids)
                before = sum(row.held_count for row in work.rows.values())
                mender = Mender(work, transactions.applier(work), now)
                for row in work.rows.values():
                    if row.blocked:
                        change(mender, row)
                if work.changed:
                    await transactions.save(connection, work)
                if not is_step:
                    reached = case_ids[-1] if case_ids else None
                    tried = _tried(work, before)
                    await note_tried(connection, operation, reached, tried, now if ends else None)
        except CommitUnknownError:
            transactions.rescan()
            raise
        transactions.committed(work)

    async def _discard(self, principal: str, case_id: UUID, place: Place, why: Why) -> Operation:
        """Take a record out and leave its case blocked: what waits behind it is tried next."""
        transactions, now = self._transactions, self._transactions.clock.now()
        async with transactions.database.transaction() as connection:
            work = await transactions.store.lock(connection, [case_id])
            mender = Mender(work, transactions.applier(work), now)
            try:
                item, number = mender.discard(work.rows[case_id], place)
            except UnknownHeldError:
                done = await connection.fetchrow(_QUERIES["find_discard"], *place)
                if done is None or done["case_id"] != case_id:
                    raise
                return operation_in(done)
            gone = Discarded(
                place=place,
                source=item.record.source,
                sequence=number,
                digest=item.record.digest,
                why=why,
            )
            operation = Operation(
                kind=Kind.DISCARD,
                requested_at=now,
                principal=principal,
                selection=Selection(case_id=case_id),
                discarded=gone,
            )
            await transactions.save(connection, work)
            await begin(connection, operation)
        transactions.committed(work)
        return operation


def _is_past(operation: Operation, case_ids: Sequence[UUID]) -> bool:
    """Tell whether another process has tried these cases meanwhile."""
    reached = operation.reached
    is_behind = bool(reached and case_ids and case_ids[-1] <= reached)
    return operation.finished_at is not None or is_behind


def _retry(mender: Mender[Any], row: Row[Any]) -> None:
    mender.retry(row)


def _leave(_mender: Mender[Any], _row: Row[Any]) -> None:
    """Change nothing more: what there is to know of it is known."""


def _refuse_timer(mender: Mender[Any], row: Row[Any], error: str) -> None:
    """Blame the timer: no record is left that the refusal could be about."""
    mender.refuse_timer(row, error)


def _tried(work: Work[Any], held_before: int) -> Tried:
    rows = work.rows.values()
    return Tried(
        cases=len(rows),
        freed=sum(not (row.blocked or row.held_count) for row in rows),
        records=held_before - sum(row.held_count for row in rows),
    )


def _reason(error: Exception) -> str:
    """Return what to keep: only the database's own errors say nothing of the data."""
    return str(error) if isinstance(error, DataError) else type(error).__name__
