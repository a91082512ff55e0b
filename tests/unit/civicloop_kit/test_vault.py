"""The keyring, by what its database is asked and what it answers."""

from typing import Any, cast
from uuid import UUID

import pytest
from tests.unit.civicloop_kit.scripted import Scripted

from civicloop_kit.sealing import unseal
from civicloop_kit.vault import ErasedError, Keyring

WRAPPING = b"w" * 32
ONE, TWO = UUID(int=1), UUID(int=2)


class Keys(Scripted):
    """A table of wrapped keys; an erased subject has a row without one."""

    def __init__(self, *erased: UUID) -> None:
        super().__init__(make_keys=self._make, read_keys=self._read, destroy_keys=self._destroy)
        self.kept: dict[UUID, bytes | None] = dict.fromkeys(erased)

    def _make(self, ids: list[UUID], wrapped: list[bytes]) -> list[Any]:
        assert ids == sorted(set(ids))
        for subject, key in zip(ids, wrapped, strict=True):
            self.kept.setdefault(subject, key)
        return []

    def _read(self, ids: list[UUID]) -> list[Any]:
        found = [(subject, self.kept.get(subject)) for subject in ids]
        return [{"subject_id": subject, "wrapped": key} for subject, key in found if key]

    def _destroy(self, ids: list[UUID]) -> list[Any]:
        self.kept.update(dict.fromkeys(ids))
        return []


def ring(keys: Keys) -> Keyring:
    """Return the keyring of a table."""
    return Keyring(cast("Any", keys), WRAPPING)


async def test_each_subject_has_a_key_of_its_own() -> None:
    """Made once, wrapped for its subject only, the same whenever it is asked for."""
    keys = Keys()
    made = await ring(keys).create([TWO, ONE, TWO])
    assert set(made) == {ONE, TWO}
    assert made[ONE] != made[TWO]
    for subject, key in made.items():
        wrapped = keys.kept[subject]
        assert wrapped is not None
        assert unseal(WRAPPING, wrapped, subject.bytes) == key
    assert await ring(keys).create([ONE]) == {ONE: made[ONE]}
    assert await ring(keys).get([ONE, TWO]) == made


async def test_an_erased_subject_gets_no_key_again() -> None:
    """Whoever asks for it with others is refused, for all of them."""
    keys = Keys(ONE)
    for subjects in ([ONE], [TWO, ONE]):
        with pytest.raises(ErasedError):
            await ring(keys).create(subjects)
    assert set(await ring(keys).create([TWO])) == {TWO}


async def test_erasing_destroys_the_key() -> None:
    """Of the others none."""
    keys = Keys()
    await ring(keys).create([ONE, TWO])
    await ring(keys).destroy([ONE])
    assert set(await ring(keys).get([ONE, TWO])) == {TWO}
