"""The store: nothing that was decided is lost without a word; its SQL runs in tests/integration."""

from typing import Any

import pytest

from intake.store.effects import write_effects


class NoConnection:
    """A connection that must not be used."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


async def test_an_effect_without_a_table_is_refused() -> None:
    """A forgotten effect fails the transaction instead of being lost."""
    connection: Any = NoConnection()
    with pytest.raises(TypeError, match="no table"):
        await write_effects(connection, [object()])


async def test_no_effects_cost_nothing() -> None:
    """A batch without effects sends no statement."""
    connection: Any = NoConnection()
    await write_effects(connection, [])
