"""Facts are values, also those that say no more than that something happened."""

import inspect

import pytest

from feedback.domain import facts, own_facts

KINDS = [
    kind
    for module in (facts, own_facts)
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, facts.Fact)
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_fact_is_a_value_of_its_own(kind: type[facts.Fact]) -> None:
    """Frozen, slotted, made by keyword; none leaves that to the kind that it is made from."""
    declared = vars(kind)
    assert declared["__dataclass_params__"].frozen
    assert "__slots__" in declared
    with pytest.raises(TypeError, match="positional"):
        kind("now")  # type: ignore[arg-type, call-arg]
