"""The registry of departments in Postgres; webhook secrets are sealed."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from civicloop_kit.clock import Clock
from civicloop_kit.postgres import Database, load_queries
from civicloop_kit.sealing import Sealer
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.ports import Put, Registered

_QUERIES: Final = load_queries(__package__)
# Long enough for a department to put the new secret in place during its office hours.
PREVIOUS_SECRET_VALID_FOR: Final = timedelta(hours=24)
# How soon a change made by another process shows here.
REREAD_AFTER: Final = timedelta(seconds=2)


class PostgresDepartments:
    """The registry; what was read stays known for a moment."""

    def __init__(self, database: Database, sealer: Sealer, clock: Clock) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._known: Mapping[str, Registered] = {}
        self._revoked: Mapping[str, tuple[bool, datetime]] = {}
        self._read_at: datetime | None = None

    async def known(self) -> Mapping[str, Registered]:
        """Return all departments by code; a change shows within seconds."""
        now = self._clock.now()
        if self._read_at is None or now - self._read_at >= REREAD_AFTER:
            return await self.reread()
        return self._known

    async def reread(self) -> Mapping[str, Registered]:
        """Return all departments by code as they are now."""
        now = self._clock.now()
        async with self._database.read() as connection:
            rows = await connection.fetch(_QUERIES["all_departments"])
        self._known = {
            row["code"]: self._registered(row, now) for row in rows if not _is_removed(row)
        }
        self._revoked = {
            row["code"]: (_is_removed(row), row["revoked_at"])
            for row in rows
            if row["revoked_at"] is not None
        }
        self._read_at = now
        return self._known

    async def put(
        self, department: Department, secret: str | None, *, keep_state: bool = False
    ) -> Put:
        """Make or change a department, and let what waits for it be tried at once.

        *secret* becomes its secret when it has none yet. With *keep_state* one that is known stays
        paused, disabled or active as it is.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            row = await connection.fetchrow(
                _QUERIES["put_department"],
                department.code,
                department.name_zh,
                department.name_en,
                department.transport,
                department.url,
                None if secret is None else self._seal(department.code, secret),
                department.concurrency,
                department.state,
                now,
                keep_state,
            )
            await connection.execute(_QUERIES["hurry_queue"], department.code, now)
        self._read_at = None
        return Put(made=bool(row and row["made"]), new_secret=bool(row and row["new_secret"]))

    async def rotate(self, code: str, secret: str) -> datetime | None:
        """Return until when the old secret signs too; None where there is no such webhook."""
        now = self._clock.now()
        until = now + PREVIOUS_SECRET_VALID_FOR
        async with self._database.transaction() as connection:
            sealed = self._seal(code, secret)
            found = await connection.fetchrow(_QUERIES["rotate_secret"], code, sealed, until, now)
        self._read_at = None
        return until if found else None

    async def admits(self, code: str, issued_at: datetime | None) -> bool:
        """Tell whether a department's token still counts: not after the department was removed.

        When it is registered anew, it takes a new token too.
        """
        await self.known()
        is_removed, revoked_at = self._revoked.get(code, (False, None))
        if is_removed:
            return False
        return revoked_at is None or (issued_at is not None and issued_at > revoked_at)

    async def pause(self, code: str, until: datetime) -> bool:
        """Leave a department alone for a while; False when it is disabled or unknown."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await connection.fetchrow(_QUERIES["pause_department"], code, until, now)
        self._read_at = None
        return found is not None

    async def resume(self, code: str) -> bool:
        """Try a department again, and at once what waits for it; False when it is unknown."""
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await connection.fetchrow(_QUERIES["resume_department"], code, now)
            await connection.execute(_QUERIES["hurry_queue"], code, now)
        self._read_at = None
        return found is not None

    async def remove(self, code: str) -> int | None:
        """Forget a department; returns how many open tasks it leaves, None when it is unknown.

        What waits for it is due at once, and finds nobody there.
        """
        now = self._clock.now()
        async with self._database.transaction() as connection:
            found = await connection.fetchrow(_QUERIES["remove_department"], code, now)
            await connection.execute(_QUERIES["hurry_queue"], code, now)
            left = await connection.fetchval(_QUERIES["count_open_tasks"], code)
        self._read_at = None
        return None if found is None else int(left)

    async def disable(self, code: str) -> None:
        """Try a department no more until a person activates it."""
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["disable_department"], code, self._clock.now())
        self._read_at = None

    def _registered(self, row: Any, now: datetime) -> Registered:
        department = Department(
            code=row["code"],
            name_zh=row["name_zh"],
            name_en=row["name_en"],
            transport=TransportName(row["transport"]),
            url=row["url"],
            concurrency=row["concurrency"],
            **_present_state(row, now),
        )
        sealed = [row["secret_sealed"]]
        if row["previous_valid_until"] is not None and now < row["previous_valid_until"]:
            sealed.append(row["previous_secret_sealed"])
        secrets = tuple(self._unseal(department.code, item) for item in sealed if item is not None)
        return Registered(department=department, secrets=secrets)

    def _seal(self, code: str, secret: str) -> bytes:
        return self._sealer.seal(secret.encode(), _context(code))

    def _unseal(self, code: str, sealed: bytes) -> str:
        return self._sealer.unseal(sealed, _context(code)).decode()


def _is_removed(row: Any) -> bool:
    return bool(row["state"] == DepartmentState.REMOVED)


def _present_state(row: Any, now: datetime) -> dict[str, Any]:
    """Return the state of a department: a pause is over when its time is."""
    until = row["paused_until"]
    if until is not None and until <= now:
        return {"state": DepartmentState.ACTIVE}
    return {"state": DepartmentState(row["state"]), "paused_until": until}


def _context(code: str) -> bytes:
    return f"webhook-secret/{code}".encode()
