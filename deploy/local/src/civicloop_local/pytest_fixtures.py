"""The pytest fixture `backends`: one real Kafka and Postgres for a whole test run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from civicloop_local.testing import Backends


@pytest.fixture(scope="session")
def backends() -> Iterator[Backends]:
    """Kafka and Postgres; a test takes topics and databases under a prefix of its own."""
    from civicloop_local.testing import chosen_backends  # noqa: PLC0415 -- unit tests need none

    with chosen_backends() as running:
        yield running
