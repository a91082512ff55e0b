"""Tell reporters the end of their cases: claim, open, send, record."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from civicloop_kit.command import CaseCommand
from civicloop_kit.jobs import StaleClaimError
from civicloop_kit.logs import get_logger
from intake import vault
from intake.domain.commands import RecordNotice
from intake.domain.notices import Attempt, TextKey
from intake.handlers import NOTICES_QUEUE
from intake.ports import Disclosure, Notice, NotifierError, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from civicloop_kit.clock import Clock
    from civicloop_kit.jobs import Job
    from intake.ports import (
        CaseCommands,
        Contact,
        JobQueue,
        Notifier,
        Records,
        SubjectKeys,
    )

BATCH_NOTICES: Final = 50
CLAIM_EXPIRY: Final = timedelta(seconds=30)
# Less than half the claim's expiry, so that a slow answer is never recorded under a lost claim.
SEND_TIMEOUT_S: Final = 10.0
PRINCIPAL: Final = "intake"
_log = get_logger(__name__)


class NoticeWorker:
    """Sends what is due, in batches."""

    def __init__(
        self,
        *,
        queue: JobQueue,
        records: Records,
        keys: SubjectKeys,
        notifier: Notifier,
        commands: CaseCommands,
        clock: Clock,
    ) -> None:
        self._queue = queue
        self._records = records
        self._keys = keys
        self._notifier = notifier
        self._commands = commands
        self._clock = clock

    async def send_due_notices(self) -> int:
        """Try the notices that are due, and return how many they were."""
        now = self._clock.now()
        jobs = await self._queue.claim({NOTICES_QUEUE: BATCH_NOTICES}, now, CLAIM_EXPIRY)
        if not jobs:
            return 0
        contacts = await self._contacts(jobs, now)
        attempts = await asyncio.gather(*(self._attempt(job, contacts[job.lane]) for job in jobs))
        await self._record(jobs, attempts)
        return len(jobs)

    async def _contacts(
        self, jobs: Sequence[Job], now: datetime
    ) -> Mapping[UUID, Contact | Attempt]:
        """Open the contacts, or tell why one cannot be had; each read leaves an audit row."""
        ids = [job.lane for job in jobs]
        disclosures = [
            Disclosure(principal=PRINCIPAL, case_id=job.case_id, purpose=Purpose.NOTICE, at=now)
            for job in jobs
        ]
        sealed = await self._records.contacts(ids, disclosures)
        keys = await self._keys.get(list(sealed)) if sealed else {}
        return {report_id: _contact(report_id, sealed, keys) for report_id in ids}

    async def _attempt(self, job: Job, contact: Contact | Attempt) -> Attempt:
        if isinstance(contact, Attempt):
            return contact
        notice = Notice(
            notice_id=job.job_id,
            report_id=job.lane,
            case_id=job.case_id,
            text=TextKey(job.payload["text"]),
            contact=contact,
        )
        try:
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await self._notifier.send(notice)
        except (NotifierError, TimeoutError):
            _log.warning("notice_failed", notice_id=job.job_id, attempt=job.attempt)
            return Attempt.FAILED
        return Attempt.SENT

    async def _record(self, jobs: Sequence[Job], attempts: Sequence[Attempt]) -> None:
        outcomes = await self._commands.submit_all(
            [_command(job, attempt) for job, attempt in zip(jobs, attempts, strict=True)]
        )
        for job, outcome in zip(jobs, outcomes, strict=True):
            if isinstance(outcome, StaleClaimError):
                # Somebody else has it now: the notifier has seen the id and will not repeat it.
                _log.info("notice_claim_lost", notice_id=job.job_id)
            elif isinstance(outcome, Exception):
                raise outcome


def _contact(
    report_id: UUID, sealed: Mapping[UUID, bytes], keys: Mapping[UUID, bytes]
) -> Contact | Attempt:
    if report_id not in sealed:
        return Attempt.NO_CONTACT
    if report_id not in keys:
        return Attempt.UNREACHABLE_ERASED
    try:
        return vault.open_contact(keys[report_id], report_id, sealed[report_id])
    except vault.UnreadableError:
        _log.error("contact_unreadable", report_id=str(report_id))
        return Attempt.UNREADABLE


def _command(job: Job, attempt: Attempt) -> CaseCommand:
    return CaseCommand(
        case_id=job.case_id,
        body=RecordNotice(
            notice_id=job.job_id,
            report_id=job.lane,
            round=job.payload["round"],
            attempt=job.attempt,
            claim_no=job.claim_no,
            result=attempt,
        ),
        principal=PRINCIPAL,
    )
