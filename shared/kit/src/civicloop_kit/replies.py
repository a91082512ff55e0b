"""Forget the replies to idempotency keys that nobody will send again."""

from datetime import timedelta
from typing import Final

from civicloop_kit.clock import Clock
from civicloop_kit.postgres import Database, load_queries

# Whoever got no answer asks again within minutes, after a bad week-end within days.
KEEP_REPLIES: Final = timedelta(days=30)
FORGET_EVERY_S: Final = 600.0
# Short enough for one transaction beside the commands of a busy hour.
BATCH_REPLIES: Final = 5_000
_QUERIES: Final = load_queries(__package__)


class ReplySweeper:
    """Keeps the table of replies as small as the time for which they are kept."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_old(self) -> int:
        """Forget some replies whose time has come, and return how many.

        Raises:
            UnavailableError: The database does not answer.
        """
        async with self._database.transaction() as connection:
            now = self._clock.now()
            return len(await connection.fetch(_QUERIES["forget_replies"], now, BATCH_REPLIES))
