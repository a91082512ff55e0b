"""The arithmetic of the indicators."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedback.domain.indicators import COUNTS, INDICATORS, Counts, ratios_of

VALUES = {key: number for number, key in enumerate(COUNTS)}


def test_a_ratio_names_what_it_leaves_out() -> None:
    """Numerator, denominator and every exclusion are told with the value."""
    counts = {**VALUES, "closed_on_time": 3, "due_to_close": 4, "ended_otherwise": 2}
    counts |= {"not_due_to_close": 7, "suspended": 1}
    ratio = ratios_of(Counts(group="water", total=False, values=counts))["on_time_closing_rate"]
    assert (ratio.numerator, ratio.denominator, ratio.value) == (3, 4, 0.75)
    assert ratio.excluded == {"ended_otherwise": 2, "suspended": 1, "not_due_to_close": 7}


def test_nothing_due_is_no_ratio() -> None:
    """Where nothing is due a ratio has no value; it is neither 0 nor 1."""
    empty = Counts(group=None, total=True, values=dict.fromkeys(COUNTS, 0))
    assert {ratio.value for ratio in ratios_of(empty).values()} == {None}


@pytest.mark.parametrize("indicator", INDICATORS, ids=lambda indicator: indicator.key)
def test_every_indicator_is_made_of_defined_counts(indicator: object) -> None:
    """Each word in an indicator is a count that is named in English and Chinese."""
    words = {indicator.numerator, indicator.denominator, *indicator.excluded}  # type: ignore[attr-defined]
    assert words <= set(COUNTS)


def test_keys_are_unique() -> None:
    """No indicator hides another."""
    assert len({indicator.key for indicator in INDICATORS}) == len(INDICATORS)


@given(st.fixed_dictionaries({key: st.integers(0, 1000) for key in COUNTS}))
def test_a_value_is_its_numerator_over_its_denominator(values: dict[str, int]) -> None:
    """No rounding happens here."""
    for ratio in ratios_of(Counts(group=None, total=True, values=values)).values():
        if ratio.value is not None:
            assert ratio.value * ratio.denominator == pytest.approx(ratio.numerator)
