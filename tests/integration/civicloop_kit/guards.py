"""The same scenario with a protection and without it."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import pytest

from civicloop_kit.testing import without


@dataclass(frozen=True, kw_only=True)
class Guard:
    """A protection that is there, or taken away."""

    holds: bool
    active: Callable[[], AbstractContextManager[None]]


def with_and_without(name: str) -> pytest.MarkDecorator:
    """Run a test twice; its argument `guard` tells in which of the two worlds it is."""
    guards: list[Any] = [
        pytest.param(Guard(holds=True, active=nullcontext), id="with"),
        pytest.param(Guard(holds=False, active=lambda: without(name)), id="without"),
    ]
    return pytest.mark.parametrize("guard", guards)
