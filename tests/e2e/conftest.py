"""A city of its own for each test module."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from civicloop_local.testing import Backends, fresh_prefix

from .city import City

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def city(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give running services with short windows; they end with the module."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    folder: Path = tmp_path_factory.mktemp("city")
    settings = {"CALL_BACK_WINDOW_S": "1", "TRACE_RATIO": "1"}
    running = City(backends=backends, prefix=prefix, folder=folder, settings=settings)
    try:
        running.start()
        yield running
    finally:
        running.end()
        backends.drop_databases(prefix)
