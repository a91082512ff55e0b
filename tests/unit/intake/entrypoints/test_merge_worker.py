"""The merge worker: what the router has answered is brought to the survivor, once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from tests.unit.intake.bench import claimed

from civicloop_kit.jobs import Job, QueueJob, StaleClaimError
from civicloop_kit.postgres import UnavailableError
from intake.domain.commands import AttachReports, ForgetMerge
from intake.domain.state import new_case
from intake.entrypoints.merge_worker import CLAIM_EXPIRY, MergeWorker
from intake.handlers import MERGES_QUEUE
from intake.testing import NOW, FixedClock, MemoryCommands, MemoryRecords

LOSER, SURVIVOR = UUID(int=1), UUID(int=2)


class Queue:
    """A queue that gives its jobs once."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = jobs
        self.asked: list[tuple[Mapping[str, int], datetime, timedelta]] = []

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Give what there is."""
        self.asked.append((free, now, expiry))
        given, self.jobs = self.jobs, ()
        return given


def job(*, granted: bool) -> Job:
    """Return a claimed job."""
    made = QueueJob(
        job_id=f"merge/{LOSER}/4",
        queue=MERGES_QUEUE,
        lane=LOSER,
        ordinal=4,
        case_id=LOSER,
        payload={"survivor": str(SURVIVOR), "granted": granted},
        due_at=NOW,
    )
    return claimed(made, claim_no=7)


def commands_of() -> MemoryCommands:
    """Return commands over two known cases."""
    records = MemoryRecords(cases={key: new_case(key) for key in (LOSER, SURVIVOR)})
    return MemoryCommands(records)


async def test_nothing_due_is_nothing_done() -> None:
    """It looks at its own queue only."""
    queue = Queue()
    assert await MergeWorker(queue, commands_of(), FixedClock()).settle_due_merges() == 0
    assert queue.asked == [({MERGES_QUEUE: 50}, NOW, CLAIM_EXPIRY)]


@pytest.mark.parametrize("granted", [True, False])
async def test_the_survivor_is_told_what_became_of_a_merge(*, granted: bool) -> None:
    """Granted: its reports come, both cases under lock. Refused: it expects them no more."""
    commands = commands_of()
    worker = MergeWorker(Queue(job(granted=granted)), commands, FixedClock())
    assert await worker.settle_due_merges() == 1
    [command] = commands.run
    assert (command.case_id, command.principal) == (SURVIVOR, "intake")
    if granted:
        assert command.others == (LOSER,)
        assert command.body == AttachReports(job_id=f"merge/{LOSER}/4", claim_no=7)
    else:
        assert command.others == ()
        assert command.body == ForgetMerge(loser=LOSER, job_id=f"merge/{LOSER}/4", claim_no=7)


async def test_a_lost_claim_is_nobody_s_fault() -> None:
    """Somebody else has the job now."""
    commands = commands_of()
    commands.failure = StaleClaimError(StaleClaimError.__doc__)
    worker = MergeWorker(Queue(job(granted=True)), commands, FixedClock())
    assert await worker.settle_due_merges() == 1


async def test_an_outage_is_raised() -> None:
    """The kit waits and tries again; the claim runs out meanwhile."""
    commands = commands_of()
    commands.failure = UnavailableError(UnavailableError.__doc__)
    with pytest.raises(UnavailableError):
        await MergeWorker(Queue(job(granted=True)), commands, FixedClock()).settle_due_merges()
