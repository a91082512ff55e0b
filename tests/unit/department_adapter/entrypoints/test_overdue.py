"""Cancellations that nobody took in time."""

import pytest

from civicloop_kit.command import CommandFailedError, OverloadedError
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.testing import FakeClock
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.overdue import OverdueCancellations
from department_adapter.ports import Leased
from department_adapter.testing import CASE_ID, START, FakeCommands, FakeJobs, task_ref

TASK_ID = task_ref().task_id
LATE = Leased(delivery_id=f"{TASK_ID}/cancellation/2", task_id=TASK_ID, case_id=CASE_ID, claim_no=3)


def step(jobs: FakeJobs, commands: FakeCommands) -> OverdueCancellations:
    """Return the step of the worker."""
    return OverdueCancellations(
        queues=jobs, recorder=commands, clock=FakeClock(START), policy=RetryPolicy()
    )


async def test_what_is_late_is_judged_without_an_attempt() -> None:
    """All of it together; the rules decide that its time is over."""
    jobs, commands = FakeJobs(late=[LATE, LATE]), FakeCommands()
    assert await step(jobs, commands).give_up() == 2
    assert jobs.asked_overdue == [(START - RetryPolicy().cancel_for, START)]
    assert commands.batches == [2]
    assert commands.taken[0].case_id == CASE_ID
    assert commands.taken[0].body == RecordDelivery(
        task_id=TASK_ID,
        delivery_id=LATE.delivery_id,
        kind=DeliveryKind.CANCELLATION,
        claim_no=3,
        result=AttemptResult.WAITED,
    )


async def test_no_more_is_given_up_at_once_than_fits() -> None:
    """The rest is found in the next round."""
    commands = FakeCommands()
    assert await step(FakeJobs(late=[LATE] * 401), commands).give_up() == 400


@pytest.mark.parametrize("error", [UnavailableError(), OverloadedError()])
async def test_a_database_that_is_away_is_waited_for(error: Exception) -> None:
    """The same is found again."""
    with pytest.raises(UnavailableError):
        await step(FakeJobs(late=[LATE]), FakeCommands(error=error)).give_up()


async def test_a_bug_does_not_make_the_worker_spin() -> None:
    """What cannot be done counts as not done."""
    assert (
        await step(FakeJobs(late=[LATE]), FakeCommands(error=CommandFailedError())).give_up() == 0
    )
