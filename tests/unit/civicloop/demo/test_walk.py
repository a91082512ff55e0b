"""The walk names functions that exist and tells the facts in the order of their writing."""

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from civicloop.audit.records import Sighting
from civicloop.demo.walk import hops_of, walk_paths
from civicloop_contracts.facts import FACTS


def _resolve(path: str) -> Any:
    """Return what a dotted name stands for."""
    module, found = path, None
    while found is None:
        module = module.rpartition(".")[0]
        try:
            found = importlib.import_module(module)
        except ModuleNotFoundError:
            continue
    for name in path.removeprefix(module + ".").split("."):
        found = getattr(found, name)
    return found


@pytest.mark.parametrize("path", sorted({step for path in walk_paths().values() for step in path}))
def test_every_step_of_the_walk_exists(path: str) -> None:
    """What the demo prints can be opened in an editor."""
    assert callable(_resolve(path))


def test_every_fact_of_the_walk_exists() -> None:
    """By its name; `/timer` says that time alone led to it."""
    assert {name.partition("/")[0] for name in walk_paths()} <= {f.__name__ for f in FACTS}


def test_hops_come_in_the_order_of_writing(sight: Callable[..., Sighting]) -> None:
    """Whatever the order of the topics; repeats are told once."""
    filed, handled = sight("CaseFiled", 1, second=0), sight("CaseHandled", 3, second=2)
    dispatched = sight("TaskDispatched", 1, second=1)
    hops = hops_of([handled, filed, dispatched, filed])
    assert [hop.fact for hop in hops] == ["CaseFiled", "TaskDispatched", "CaseHandled"]
    assert [hop.after.total_seconds() for hop in hops] == [0, 1, 2]
    assert hops[0].trace_id == "ab" * 16


def test_a_closing_by_time_alone_has_its_own_way(sight: Callable[..., Sighting]) -> None:
    """Nobody came in by the door."""
    by_time = sight("CaseClosed", 1, cause="timer:due")
    by_door = sight("CaseClosed", 1, cause="command:01980000-0000-7000-8000-000000000001")
    assert hops_of([by_time])[0].path == walk_paths()["CaseClosed/timer"]
    assert hops_of([by_door])[0].path == walk_paths()["CaseClosed"]
