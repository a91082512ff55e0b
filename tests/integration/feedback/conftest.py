"""An empty read model on a real database."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.integration.feedback.reading import clear

from civicloop_kit.postgres import Database
from civicloop_local.testing import Backends, fresh_prefix


@pytest.fixture(scope="package")
def address(backends: Backends) -> Iterator[str]:
    """The address of a database that only these tests use."""
    prefix = fresh_prefix()
    yield backends.create_databases(prefix)["feedback"]
    backends.drop_databases(prefix)


@pytest.fixture
async def database(address: str) -> AsyncIterator[Database]:
    """An empty read model."""
    database = Database(address, application="test", size=2)
    await database.open()
    await clear(database)
    yield database
    await database.close()
