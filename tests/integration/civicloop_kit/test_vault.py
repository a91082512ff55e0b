"""Keys of subjects: made once, wrapped in a database of their own, gone for ever when destroyed."""

import asyncio
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from tests.integration.civicloop_kit.world import World

from civicloop_kit.postgres import Database
from civicloop_kit.vault import ErasedError, Keyring, seal, unseal

CONTEXT = b"narrative"


def keyring(world: World, database: Database) -> Keyring:
    """Return the keyring of a world."""
    key = world.settings.keyring_key
    assert key is not None
    return Keyring(database, key)


def keyring_url(world: World) -> str:
    """Return where its database is."""
    url = world.settings.keyring_url
    assert url is not None
    return url.get_secret_value()


async def test_what_a_key_sealed_it_opens(quiet: World) -> None:
    """A key that is read again opens what it sealed, under the same context only."""
    subject = uuid4()
    async with quiet.database(keyring_url(quiet)) as database:
        ring = keyring(quiet, database)
        made = (await ring.create([subject]))[subject]
        sealed = seal(made, b"who and what", CONTEXT)
        found = (await ring.get([subject]))[subject]
    assert unseal(found, sealed, CONTEXT) == b"who and what"
    with pytest.raises(InvalidTag):
        unseal(found, sealed, b"another context")


async def test_a_subject_keeps_the_key_that_it_has(quiet: World) -> None:
    """Asking again, as after a failure, gives the same key: nothing sealed becomes unreadable."""
    subject = uuid4()
    async with quiet.database(keyring_url(quiet)) as database:
        ring = keyring(quiet, database)
        keys = [(await ring.create([subject]))[subject] for _ in range(2)]
        kept = await ring.get([subject])
    assert keys == [kept[subject]] * 2


async def test_concurrent_callers_for_one_subject_get_one_key(quiet: World) -> None:
    """Two processes and many callers at once: one key per subject."""
    subjects = [uuid4() for _ in range(5)]
    url = keyring_url(quiet)
    async with quiet.database(url) as first, quiet.database(url) as second:
        rings = [keyring(quiet, first), keyring(quiet, second)]
        orders = [subjects, subjects[::-1], subjects + subjects]
        made = await asyncio.gather(*(ring.create(order) for ring in rings for order in orders))
        kept = await rings[0].get(subjects)
    assert all(keys == kept for keys in made)
    assert len(set(kept.values())) == len(subjects)


async def test_a_destroyed_key_is_gone(quiet: World) -> None:
    """After destruction the key is neither found nor made anew; other subjects keep theirs."""
    erased, other = uuid4(), uuid4()
    async with quiet.database(keyring_url(quiet)) as database:
        ring = keyring(quiet, database)
        await ring.create([erased, other])
        await ring.destroy([erased])
        await ring.destroy([erased])
        assert list(await ring.get([erased, other])) == [other]
        with pytest.raises(ErasedError):
            await ring.create([erased])
        assert list(await ring.create([other])) == [other]


async def test_a_copy_of_the_keyring_reveals_nothing(quiet: World) -> None:
    """What is stored is wrapped: without the wrapping key there is no key in it."""
    subject = uuid4()
    async with quiet.database(keyring_url(quiet)) as database:
        key = (await keyring(quiet, database).create([subject]))[subject]
        stranger = Keyring(database, bytes(32))
        with pytest.raises(InvalidTag):
            await stranger.get([subject])
        async with database.read() as connection:
            row = await connection.fetchrow("SELECT wrapped FROM subject_keys")
    assert row is not None
    assert key not in row["wrapped"]
