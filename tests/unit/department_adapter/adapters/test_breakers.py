"""A breaker per department."""

import asyncio

import pytest

from department_adapter.adapters.breakers import Breakers
from department_adapter.ports import (
    BreakerOpenError,
    BreakerState,
    DeliveryRefusedError,
    DepartmentUnavailableError,
)

NEVER_S = 3600.0
AT_ONCE_S = -1.0


async def fail(breakers: Breakers, code: str, error: Exception | None = None) -> None:
    """Make one attempt that ends with an error."""
    error = error or DepartmentUnavailableError()
    with pytest.raises(type(error)):
        async with breakers.attempt(code):
            raise error


async def test_it_opens_after_so_many_failures_in_a_row() -> None:
    """Then nothing is sent any more."""
    breakers = Breakers(threshold=2, open_s=NEVER_S)
    await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.CLOSED
    await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.OPEN
    assert breakers.allows("water", free=8, in_flight=0) == 0
    with pytest.raises(BreakerOpenError):
        async with breakers.attempt("water"):
            pytest.fail("nothing may be sent")


async def test_a_success_between_failures_starts_the_count_anew() -> None:
    """A department that stumbles now and then is well."""
    breakers = Breakers(threshold=2, open_s=NEVER_S)
    await fail(breakers, "water")
    async with breakers.attempt("water"):
        pass
    await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.CLOSED


async def test_other_departments_go_on() -> None:
    """A bulkhead: one leak floods one room."""
    breakers = Breakers(threshold=1, open_s=NEVER_S)
    await fail(breakers, "water")
    assert breakers.allows("power", free=8, in_flight=3) == 8


async def test_a_refusal_is_no_failure() -> None:
    """Whoever says no is well."""
    breakers = Breakers(threshold=1, open_s=NEVER_S)
    await fail(breakers, "water", DeliveryRefusedError())
    assert breakers.state("water") is BreakerState.CLOSED


async def test_after_a_while_one_attempt_tries_the_water() -> None:
    """One at a time; if it goes well, all may go."""
    breakers = Breakers(threshold=1, open_s=AT_ONCE_S)
    await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.HALF_OPEN
    assert breakers.allows("water", free=8, in_flight=0) == 1
    assert breakers.allows("water", free=7, in_flight=1) == 0
    async with breakers.attempt("water"):
        pass
    assert breakers.state("water") is BreakerState.CLOSED


async def test_the_while_is_measured_by_a_clock_that_nobody_sets() -> None:
    """A time of day that is set back keeps nobody waiting; a failed try begins the next while."""
    now = [5_000.0]
    breakers = Breakers(threshold=1, open_s=30.0, monotonic=lambda: now[0])
    await fail(breakers, "water")
    for _ in range(2):
        now[0] += 29.9
        assert breakers.state("water") is BreakerState.OPEN
        with pytest.raises(BreakerOpenError):
            async with breakers.attempt("water"):
                pytest.fail("nothing may be sent")
        now[0] += 0.1
        assert breakers.state("water") is BreakerState.HALF_OPEN
        await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.OPEN


async def test_a_cancelled_attempt_opens_nothing() -> None:
    """It ended because we end."""
    breakers = Breakers(threshold=1, open_s=NEVER_S)
    with pytest.raises(asyncio.CancelledError):
        async with breakers.attempt("water"):
            raise asyncio.CancelledError
    assert breakers.state("water") is BreakerState.CLOSED


async def test_an_attempt_from_before_it_opened_closes_nothing() -> None:
    """Many are under way at once; only the try after the while counts."""
    breakers = Breakers(threshold=1, open_s=NEVER_S)
    async with breakers.attempt("water"):
        await fail(breakers, "water")
    assert breakers.state("water") is BreakerState.OPEN


async def test_a_failed_try_opens_it_again() -> None:
    """The next while begins."""
    breakers = Breakers(threshold=3, open_s=AT_ONCE_S)
    for _ in range(4):
        await fail(breakers, "water")
    # Three opened it, the fourth was the try.
    assert breakers.state("water") is BreakerState.HALF_OPEN
