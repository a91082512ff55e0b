"""What a room leaves out."""

from typing import Any, cast

import pytest
from tests.unit.civicloop_kit.counting import Counter

from civicloop_kit.room import no_side_tables, no_timer


async def test_a_room_without_tables_takes_no_effects() -> None:
    """A handler that returns one has a bug, named by what it returned."""
    await no_side_tables(cast("Any", None), [])
    with pytest.raises(TypeError, match="no side table takes Counter"):
        await no_side_tables(cast("Any", None), [Counter(), "photo"])


def test_a_room_without_timers_has_none() -> None:
    """Whatever its state."""
    assert no_timer(Counter()) is None
