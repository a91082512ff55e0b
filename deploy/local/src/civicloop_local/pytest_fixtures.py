"""The pytest fixture `backends`: one real Kafka and Postgres for a whole test run.

When pytest-xdist spreads the run over processes, the first that needs an embedded stack starts it
and the others use the same one; it ends with the run.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from civicloop_local.testing import Backends

SHARED_FOLDER: Final = "civicloop_folder"
FOLDER_KEY: Final = pytest.StashKey[Path]()


@pytest.fixture(scope="session")
def backends(request: pytest.FixtureRequest) -> Iterator[Backends]:
    """Kafka and Postgres; a test takes topics and databases under a prefix of its own."""
    from civicloop_local.testing import chosen_backends  # noqa: PLC0415 -- unit tests need none

    worker: dict[str, Any] = getattr(request.config, "workerinput", {})
    folder = Path(worker[SHARED_FOLDER]) if SHARED_FOLDER in worker else None
    # A worker's parent is the process that spreads the run, and outlives every worker.
    with chosen_backends(shared=folder, tied_to=os.getppid()) as running:
        yield running


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker in which folder the run's stack is, or will be."""
    stash = node.config.stash
    if FOLDER_KEY not in stash:
        stash[FOLDER_KEY] = Path(tempfile.mkdtemp(prefix="civicloop-"))
    node.workerinput[SHARED_FOLDER] = str(stash[FOLDER_KEY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the stack that the workers shared."""
    folder = config.stash.get(FOLDER_KEY, None)
    if folder is None:
        return
    from civicloop_local.testing import end_shared  # noqa: PLC0415 -- as above

    end_shared(folder)
    shutil.rmtree(folder, ignore_errors=True)
