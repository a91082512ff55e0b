"""A relay of snapshots without Kafka: a table that is looked at, and a producer that keeps."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.scripted import Scripted
from tests.unit.civicloop_kit.test_producing import Batch
from tests.unit.civicloop_kit.test_producing_sending import ACCESS
from tests.unit.civicloop_kit.test_snapshots import Lock, Story

from civicloop_contracts.codes import CaseStatus
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_kit.snapshots import SnapshotRelay

PARTITIONS = 3
TOPIC = "feedback.case-snapshots"


def row(number: int, traceparent: str | None = None) -> dict[str, Any]:
    """Return the row of a case as the table has it."""
    return {"case_id": UUID(int=number), "version": 10 + number, "traceparent": traceparent}


def shown(found: Any) -> CaseSnapshot | None:
    """Return the snapshot of a row: none of the second, and a bug at the third."""
    if found["case_id"].int == 2:
        return None
    if found["case_id"].int == 3:
        raise ZeroDivisionError
    return CaseSnapshot(
        case_id=found["case_id"],
        version=found["version"],
        as_of={"/intake/cases": 1},
        status=CaseStatus.FILED,
        round=1,
    )


class Whole(Batch):
    """Keeps all of what it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[Any] = []

    def append(self, **record: Any) -> object | None:
        """Take a record, or none when it is full."""
        taken = super().append(**record)
        if taken is not None:
            self.records.append(record)
        return taken


class Producer:
    """Kafka's producer in transactions; what it stores is confirmed unless told otherwise."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int, list[Any]]] = []
        self.ended: list[str] = []
        self.refuses: list[Exception] = []
        self.fails_at_start: list[Exception] = []
        self.fails_at_stop: Exception | None = None
        self.hangs = False
        self.built: list[float] = []
        self.stopped: list[float] = []

    def build(self) -> Any:
        """Return it as a new one."""
        self.built.append(seconds())
        return self

    async def start(self) -> None:
        """Connect."""
        if self.fails_at_start:
            raise self.fails_at_start.pop(0)

    async def stop(self) -> None:
        """Disconnect."""
        self.stopped.append(seconds())
        if self.hangs:
            await asyncio.Event().wait()
        if self.fails_at_stop is not None:
            raise self.fails_at_stop

    async def partitions_for(self, topic: str) -> set[int]:
        """Return the numbers of the topic's partitions."""
        assert topic == TOPIC
        return set(range(PARTITIONS))

    def create_batch(self) -> Whole:
        """Return an empty batch."""
        return Whole()

    async def send_batch(self, batch: Whole, topic: str, *, partition: int) -> Any:
        """Take a batch."""
        self.sent.append((topic, partition, batch.records))
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.refuses:
            stored.set_exception(self.refuses.pop(0))
        else:
            stored.set_result(None)
        return stored

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Commit at the end, or abort."""
        try:
            yield
        except BaseException:
            self.ended.append("aborted")
            raise
        self.ended.append("committed")


class Bench:
    """A relay with a table that is read once per look."""

    def __init__(self, *looks: list[dict[str, Any]]) -> None:
        self.producer = Producer()
        self.looked: list[float] = []
        self._looks = list(looks)
        self.database = Scripted(take_snapshots=self._take)

    def run_for(self, time_s: float) -> float:
        """Run for a while, then cancel; returns how long leaving took."""

        async def run() -> float:
            relay = SnapshotRelay(
                cast("Any", self.database),
                ACCESS,
                shown,
                topic=TOPIC,
                transactional_id="feedback-0",
                make_producer=self.producer.build,
                leadership=cast("Any", Lock(Story(1))),
            )
            task = asyncio.create_task(relay.run())
            await asyncio.sleep(time_s)
            assert not task.done()
            task.cancel()
            await asyncio.wait([task])
            return round(seconds() - time_s, 3)

        return hurried(run())

    def _take(self, limit: int) -> list[dict[str, Any]]:
        assert limit == 1_000
        self.looked.append(seconds())
        return self._looks.pop(0) if self._looks else []
