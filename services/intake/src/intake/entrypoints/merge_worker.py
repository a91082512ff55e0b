"""Bring merges to their end: the reports of a merged case to its survivor, a refusal to it too."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from civicloop_kit.command import CaseCommand
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.logs import get_logger
from intake.domain.commands import AttachReports, ForgetMerge
from intake.handlers import MERGES_QUEUE

if TYPE_CHECKING:
    from civicloop_kit.clock import Clock
    from civicloop_kit.jobs import Job
    from intake.ports import CaseCommands, JobQueue

BATCH_MERGES: Final = 50
CLAIM_EXPIRY: Final = timedelta(seconds=30)
PRINCIPAL: Final = "intake"
_log = get_logger(__name__)


class MergeWorker:
    """Settles what is due, in batches."""

    def __init__(self, queue: JobQueue, commands: CaseCommands, clock: Clock) -> None:
        self._queue = queue
        self._commands = commands
        self._clock = clock

    async def settle_due_merges(self) -> int:
        """Settle the merges that the router has answered, and return how many they were."""
        now = self._clock.now()
        jobs = await self._queue.claim({MERGES_QUEUE: BATCH_MERGES}, now, CLAIM_EXPIRY)
        if not jobs:
            return 0
        outcomes = await self._commands.submit_all([command_of(job) for job in jobs])
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, StaleClaimError):
                # Somebody else has it now, and finds what was done before.
                _log.info("merge_claim_lost", job_id=job.job_id)
            elif isinstance(outcome, Exception):
                raise outcome
        return len(jobs)


def command_of(job: Job) -> CaseCommand:
    """Return what a job asks its survivor to do."""
    survivor = UUID(job.payload["survivor"])
    if job.payload["granted"]:
        return CaseCommand(
            case_id=survivor,
            others=(job.case_id,),
            body=AttachReports(job_id=job.job_id, claim_no=job.claim_no),
            principal=PRINCIPAL,
        )
    forget = ForgetMerge(loser=job.case_id, job_id=job.job_id, claim_no=job.claim_no)
    return CaseCommand(case_id=survivor, body=forget, principal=PRINCIPAL)
