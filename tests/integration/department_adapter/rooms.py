"""The adapter's hot path on a real database, without topics."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from civicloop_contracts.fact import Fact
from civicloop_kit.command import CaseCommand, KeyedRequest, Reply
from civicloop_kit.commands import Commands
from civicloop_kit.jobs import Job, Jobs
from civicloop_kit.postgres import Database
from civicloop_kit.testing import FakeClock
from civicloop_kit.testing.bench import record_of
from civicloop_kit.transactions import Transactions
from department_adapter.domain.commands import (
    AbandonTask,
    Answer,
    AttemptResult,
    DeliveryKind,
    RecordDelivery,
    RecordUpdate,
    ReleaseTask,
    UpdateKind,
)
from department_adapter.domain.model import CaseTasks
from department_adapter.testing import CASE_ID, HANDLER, task_ref

TASK_ID: Final = task_ref().task_id
EXPIRY: Final = timedelta(seconds=30)


@dataclass(kw_only=True)
class Room:
    """The adapter's hot path on a real database, without topics."""

    database: Database
    clock: FakeClock
    transactions: Transactions[CaseTasks]
    commands: Commands[CaseTasks]
    jobs: Jobs
    numbers: Counter[tuple[str, UUID]] = field(default_factory=Counter)

    async def tell(self, *facts: Fact) -> None:
        """Apply facts of other rooms in one transaction."""
        records = []
        for fact in facts:
            key = (fact.source, fact.case_id)
            self.numbers[key] += 1
            records.append(record_of(fact, fact.source, self.numbers[key]))
        async with self.database.transaction() as connection:
            cases = {fact.case_id for fact in facts}
            work = await self.transactions.store.lock(connection, cases)
            applier = self.transactions.applier(work)
            for record in records:
                applier.apply_record(record)
            await self.transactions.save(connection, work)
        self.transactions.committed(work)

    async def claim(self, queue: str = "water", free: int = 9) -> list[Job]:
        """Claim what is due."""
        return list(await self.jobs.claim({queue: free}, self.clock.now(), EXPIRY))

    async def record(self, job: Job, result: AttemptResult) -> Any:
        """Record how an attempt ended."""
        body = RecordDelivery(
            task_id=job.lane,
            delivery_id=job.job_id,
            kind=DeliveryKind(job.job_id.split("/")[1]),
            claim_no=job.claim_no,
            result=result,
        )
        command = CaseCommand(case_id=CASE_ID, body=body, principal="adapter")
        (outcome,) = await self.commands.submit_all([command])
        return outcome

    async def update(self, kind: UpdateKind, update_id: UUID, **fields: Any) -> Reply:
        """Record a department's update."""
        answer = Answer(kind=kind, handler=HANDLER, **fields)
        body = RecordUpdate(update_id=update_id, task_id=TASK_ID, department="water", answer=answer)
        return await self.commands.submit(
            CaseCommand(
                case_id=CASE_ID,
                body=body,
                principal="department:water",
                request=KeyedRequest(key=str(update_id), target=str(TASK_ID), digest=kind.encode()),
            )
        )

    async def count(self, table: str) -> int:
        """Return how many rows a table has."""
        async with self.database.read() as connection:
            return int(await connection.fetchval(f"SELECT count(*) FROM {table}"))  # noqa: S608

    async def release(self, task_id: UUID = TASK_ID) -> Reply:
        """Release a task."""
        body = ReleaseTask(task_id=task_id)
        return await self.commands.submit(
            CaseCommand(case_id=CASE_ID, body=body, principal="operator")
        )

    async def abandon(self, task_id: UUID = TASK_ID) -> Reply:
        """Park a task whose department was removed."""
        body = AbandonTask(task_id=task_id)
        return await self.commands.submit(
            CaseCommand(case_id=CASE_ID, body=body, principal="adapter")
        )

    async def told(self) -> list[str]:
        """Return the facts that were written, by name, in order."""
        async with self.database.read() as connection:
            rows = await connection.fetch("SELECT type FROM outbox ORDER BY seq")
        return [row["type"].removeprefix("civicloop.").removesuffix(".v1") for row in rows]

    async def jobs_now(self) -> list[str]:
        """Return what waits, by kind and number, in the order of the lanes."""
        async with self.database.read() as connection:
            rows = await connection.fetch("SELECT job_id FROM jobs ORDER BY lane, ordinal")
        return [row["job_id"].partition("/")[2] for row in rows]
