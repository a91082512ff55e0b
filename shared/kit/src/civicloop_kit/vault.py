"""Keys of the people in our care.

Each subject has a key of its own, in a database of its own, wrapped by a key from the secrets file.
Destroying the subject's key erases everything sealed with it, in backups too.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from civicloop_kit.gathering import Gatherer
from civicloop_kit.postgres import Connection, Database, load_queries
from civicloop_kit.sealing import new_key, seal, unseal

_QUERIES: Final = load_queries(__package__)

__all__ = ["ErasedError", "Keyring", "seal", "unseal"]


class ErasedError(Exception):
    """The subject was erased; nothing can be sealed for it any more."""


class Keyring:
    """The keys, readable with the wrapping key only."""

    def __init__(self, database: Database, wrapping_key: bytes) -> None:
        self._database = database
        self._wrapping_key = wrapping_key
        self._creations: Gatherer[UUID, bytes] = Gatherer(self._create)

    async def create(self, subjects: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Return the key of each subject, a new one where there was none.

        Concurrent callers share a transaction. Asking again after a failure gives the same keys.

        Raises:
            ErasedError: The key of a subject was destroyed.
            UnavailableError: The keyring does not answer; no key is kept for sure.
            OverloadedError: Too many wait.
        """
        keys = await self._creations.submit_all(subjects)
        made: dict[UUID, bytes] = {}
        for subject, key in zip(subjects, keys, strict=True):
            if isinstance(key, Exception):
                raise key
            made[subject] = key
        return made

    async def get(self, subjects: Iterable[UUID]) -> Mapping[UUID, bytes]:
        """Return the keys of *subjects*; one that is missing was erased, or never made."""
        async with self._database.read() as connection:
            return await self._read(connection, subjects)

    async def destroy(self, subjects: Iterable[UUID]) -> None:
        """Erase: whatever these keys unlocked can never be read again."""
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["destroy_keys"], list(subjects))

    async def _create(self, subjects: Sequence[UUID]) -> Sequence[bytes | Exception]:
        # In one order everywhere: two processes with the same subjects wait, not deadlock.
        ids = sorted(set(subjects))
        wrapped = [seal(self._wrapping_key, new_key(), subject.bytes) for subject in ids]
        async with self._database.transaction() as connection:
            await connection.execute(_QUERIES["make_keys"], ids, wrapped)
            # Read back: a subject keeps the key that it had.
            kept = await self._read(connection, ids)
        return [
            kept[subject] if subject in kept else ErasedError(ErasedError.__doc__)
            for subject in subjects
        ]

    async def _read(self, connection: Connection, subjects: Iterable[UUID]) -> Mapping[UUID, bytes]:
        rows = await connection.fetch(_QUERIES["read_keys"], list(subjects))
        return {
            row["subject_id"]: unseal(self._wrapping_key, row["wrapped"], row["subject_id"].bytes)
            for row in rows
        }
