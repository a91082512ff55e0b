"""Fire the timers of cases when their time has come, in batches, each case under its lock."""

from typing import Final, Generic
from uuid import UUID

from civicloop_kit.failures import TooManyHeldError
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import (
    ConflictError,
    MisconfiguredError,
    UnavailableError,
    load_queries,
)
from civicloop_kit.room import S
from civicloop_kit.rows import Work
from civicloop_kit.transactions import Transactions

_QUERIES: Final = load_queries(__package__)
MAX_AT_ONCE: Final = 500
CAUSE: Final = "timer:due"
_log = get_logger(__name__)


class Timers(Generic[S]):
    """The timers of one room. A timer is a pure function of a case's state; see `Room`."""

    def __init__(self, transactions: Transactions[S]) -> None:
        self._transactions = transactions

    async def fire_due(self) -> int:
        """Fire what is due and return how many cases that were; none in a room that stopped.

        Raises:
            UnavailableError: The database does not answer; nothing was changed.
            ConflictError: A case has moved on; ask again.
        """
        transactions = self._transactions
        if transactions.failures.stopped is not None:
            return 0
        now = transactions.clock.now()
        async with transactions.database.read() as connection:
            found = await connection.fetch(_QUERIES["due_timers"], now, MAX_AT_ONCE)
        if due := [row["case_id"] for row in found]:
            await self._fire(due)
        return len(due)

    async def _fire(self, due: list[UUID]) -> None:
        try:
            await self._fire_together(due)
        except (UnavailableError, ConflictError, MisconfiguredError, TooManyHeldError):
            raise
        except Exception as error:  # noqa: BLE001 - what cannot be saved costs one case only
            if len(due) == 1:
                _log.error("timer_refused", case_id=str(due[0]), error=type(error).__name__)
                await self._block(due[0], type(error).__name__)
                return
            for case_id in due:
                await self._fire([case_id])

    async def _fire_together(self, due: list[UUID]) -> None:
        transactions = self._transactions
        with METRICS.batch_seconds.labels("timers").time():
            work = await self._commit(due)
        transactions.committed(work)

    async def _commit(self, due: list[UUID]) -> Work[S]:
        transactions = self._transactions
        async with transactions.database.transaction() as connection:
            work = await transactions.store.lock(connection, due)
            applier = transactions.applier(work)
            for row in work.rows.values():
                if not row.blocked:
                    applier.fire_timers(row, CAUSE)
            await transactions.save(connection, work)
        return work

    async def _block(self, case_id: UUID, error: str) -> None:
        transactions = self._transactions
        async with transactions.database.transaction() as connection:
            work = await transactions.store.lock(connection, [case_id])
            transactions.applier(work).block_timer(work.rows[case_id], error)
            await transactions.save(connection, work)
        transactions.committed(work)
