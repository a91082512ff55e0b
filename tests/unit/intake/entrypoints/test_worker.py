"""The worker: a notice that is due is tried once, and what became of it is recorded."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from civicloop_kit.jobs import FinishJob, Job, RetryJob, StaleClaimError
from civicloop_kit.postgres import UnavailableError
from intake.domain.model import SealedKind
from intake.domain.notices import NoticeOutcome, TextKey
from intake.domain.state import new_case
from intake.entrypoints.worker import CLAIM_EXPIRY, SEND_TIMEOUT_S, NoticeWorker
from intake.handlers import NOTICES_QUEUE
from intake.ports import Contact, Language, Notice, Purpose, StoreNotice
from intake.testing import (
    NOW,
    SUBJECT_KEY,
    FixedClock,
    MemoryCommands,
    MemoryKeys,
    MemoryNotifier,
    MemoryRecords,
)
from intake.vault import seal_contact

CASE_ID = UUID(int=7)
CONTACT = Contact(name="王小明", phone="+86 371 0000 0000", language=Language.ENGLISH)


class Queue:
    """A queue that gives its jobs once."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self.jobs = list(jobs)

    async def claim(
        self, free: Mapping[str, int], _now: datetime, _expiry: timedelta
    ) -> Sequence[Job]:
        """Give what there is."""
        given, self.jobs = self.jobs[: free[NOTICES_QUEUE]], self.jobs[free[NOTICES_QUEUE] :]
        return given


class Setting:
    """A worker with everything around it."""

    def __init__(self, *report_ids: int) -> None:
        self.records, self.keys, self.notifier = MemoryRecords(), MemoryKeys(), MemoryNotifier()
        self.commands = MemoryCommands(self.records)
        self.records.cases[CASE_ID] = new_case(CASE_ID)
        jobs = [job(number) for number in report_ids]
        for item in jobs:
            self.keys.keys[item.lane] = SUBJECT_KEY
            sealed = seal_contact(SUBJECT_KEY, item.lane, CONTACT).content
            self.records.vault[item.lane, SealedKind.CONTACT] = sealed
        self.worker = NoticeWorker(
            queue=Queue(jobs),
            records=self.records,
            keys=self.keys,
            notifier=self.notifier,
            commands=self.commands,
            clock=FixedClock(),
        )

    @property
    def effects(self) -> list[Any]:
        """What was decided."""
        return [effect for done in self.commands.decisions for effect in done.effects]


def job(number: int) -> Job:
    """Return a claimed job."""
    report_id = UUID(int=number)
    return Job(
        job_id=f"{report_id}/1",
        queue=NOTICES_QUEUE,
        lane=report_id,
        case_id=CASE_ID,
        payload={"round": 1, "text": "closed_solved"},
        attempt=1,
        claim_no=4,
        expires_at=NOW + CLAIM_EXPIRY,
    )


async def test_nothing_due_is_nothing_done() -> None:
    """An idle worker reads no contact."""
    setting = Setting()
    assert await setting.worker.send_due_notices() == 0
    assert setting.records.disclosures == []


async def test_a_due_notice_is_sent_and_recorded() -> None:
    """The reporter is told in its language; the job ends under its claim; the read is audited."""
    setting = Setting(1)
    assert await setting.worker.send_due_notices() == 1
    assert setting.notifier.sent == [
        Notice(
            notice_id=f"{UUID(int=1)}/1",
            report_id=UUID(int=1),
            case_id=CASE_ID,
            text=TextKey.CLOSED_SOLVED,
            contact=CONTACT,
        )
    ]
    assert setting.effects == [
        FinishJob(job_id=f"{UUID(int=1)}/1", claim_no=4),
        StoreNotice(
            notice_id=f"{UUID(int=1)}/1",
            report_id=UUID(int=1),
            case_id=CASE_ID,
            round=1,
            outcome=NoticeOutcome.SENT,
            at=NOW,
        ),
    ]
    [audited] = setting.records.disclosures
    assert (audited.principal, audited.case_id, audited.purpose) == (
        "intake",
        CASE_ID,
        Purpose.NOTICE,
    )


async def test_an_erased_reporter_cannot_be_reached() -> None:
    """The key is gone: nothing is sent, and it is counted."""
    setting = Setting(1)
    setting.keys.keys.clear()
    await setting.worker.send_due_notices()
    assert setting.notifier.sent == []
    assert setting.effects[1].outcome is NoticeOutcome.UNREACHABLE_ERASED


async def test_a_reporter_without_contact_is_counted() -> None:
    """Nothing in the vault: nobody to tell."""
    setting = Setting(1)
    setting.records.vault.clear()
    await setting.worker.send_due_notices()
    assert setting.effects[1].outcome is NoticeOutcome.NO_CONTACT


async def test_one_failure_leaves_the_others_alone() -> None:
    """A notice that fails is tried again; its neighbours are done."""
    setting = Setting(1, 2)
    setting.notifier.failing.add(f"{UUID(int=1)}/1")
    assert await setting.worker.send_due_notices() == 2
    assert [notice.report_id for notice in setting.notifier.sent] == [UUID(int=2)]
    assert isinstance(setting.effects[0], RetryJob)
    assert setting.effects[0].due_at is not None
    assert isinstance(setting.effects[1], FinishJob)


async def test_an_unreadable_contact_is_parked() -> None:
    """Nobody can send it, and trying again would not help: a person looks."""
    setting = Setting(1)
    setting.records.vault[UUID(int=1), SealedKind.CONTACT] = b"broken bytes in the vault"
    await setting.worker.send_due_notices()
    assert setting.effects == [RetryJob(job_id=f"{UUID(int=1)}/1", claim_no=4, due_at=None)]


async def test_a_lost_claim_is_nobody_s_fault() -> None:
    """Somebody else has the job now: the worker goes on."""
    setting = Setting(1)
    setting.commands.failure = StaleClaimError(StaleClaimError.__doc__)
    assert await setting.worker.send_due_notices() == 1


async def test_an_outage_while_recording_is_raised() -> None:
    """The kit waits and tries again; the claim runs out meanwhile."""
    setting = Setting(1)
    setting.commands.failure = UnavailableError(UnavailableError.__doc__)
    with pytest.raises(UnavailableError):
        await setting.worker.send_due_notices()


async def test_without_the_keyring_nothing_is_sent() -> None:
    """An unknown key is no erased key."""
    setting = Setting(1)
    setting.keys.failure = UnavailableError(UnavailableError.__doc__)
    with pytest.raises(UnavailableError):
        await setting.worker.send_due_notices()
    assert setting.effects == []


def test_sending_ends_before_the_claim_does() -> None:
    """Half the expiry is left to record the result."""
    assert CLAIM_EXPIRY.total_seconds() / 2 > SEND_TIMEOUT_S
