"""Deliver what is due: claim, commit; deliver outside any transaction; record, commit.

Departments do not wait for each other: each has its own free places, and an attempt that ends is
recorded together with whatever else ended meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from civicloop_kit.clock import Clock
from civicloop_kit.command import OverloadedError, Reply
from civicloop_kit.jobs import Job, StaleClaimError
from civicloop_kit.logs import get_logger
from civicloop_kit.metrics import METRICS
from civicloop_kit.postgres import UnavailableError
from department_adapter.domain.commands import AttemptResult
from department_adapter.domain.department import Department, DepartmentState, TransportName
from department_adapter.entrypoints.attempts import Attempts, Ended, command_of
from department_adapter.entrypoints.recording import MAX_RECORDED, Recorder
from department_adapter.ports import (
    MAX_NARRATIVES,
    Breakers,
    Delivery,
    Departments,
    Narratives,
    NarrativesUnavailableError,
    Queues,
    Registered,
)
from department_adapter.wire import REPLAY_QUEUE, to_delivery

# More than twice what an attempt may take (4.5 s narrative, 10 s webhook).
CLAIM_EXPIRY: Final = timedelta(seconds=30)
# Imported histories have no department to protect: as many as fill a transaction.
REPLAY_PLACES: Final = 400
# Deliveries to a department that nobody registered are only looked at, to be parked.
UNKNOWN_PLACES: Final = 100
LOOK_FOR_UNKNOWN_EVERY: Final = timedelta(seconds=1)
WORKER: Final = "deliveries"

_log = get_logger(__name__)
_REPLAY: Final = Registered(
    department=Department(
        code=REPLAY_QUEUE,
        name_zh="历史数据",
        name_en="Imported history",
        transport=TransportName.REPLAY,
        concurrency=REPLAY_PLACES,
    )
)


class JobQueue(Protocol):
    """Where due jobs are claimed (`civicloop_kit.jobs.Jobs`)."""

    async def claim(
        self, free: Mapping[str, int], now: datetime, expiry: timedelta
    ) -> Sequence[Job]:
        """Claim up to ``free[queue]`` due jobs of each queue."""


class DueTasks:
    """The deliveries of this process: due, under way, ended."""

    def __init__(  # noqa: PLR0913 - all that a delivery touches, joined once in main
        self,
        *,
        jobs: JobQueue,
        recorder: Recorder,
        departments: Departments,
        queues: Queues,
        narratives: Narratives,
        attempts: Attempts,
        breakers: Breakers,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._recorder = recorder
        self._departments = departments
        self._queues = queues
        self._narratives = narratives
        self._attempts = attempts
        self._breakers = breakers
        self._clock = clock
        self._wake = wake
        self._in_flight: Counter[str] = Counter()
        self._ended: list[Ended] = []
        self._running: set[asyncio.Task[None]] = set()
        self._looked_at: datetime | None = None

    @property
    def in_flight(self) -> Mapping[str, int]:
        """How many deliveries per queue are under way or not recorded yet."""
        return self._in_flight

    async def deliver_due_tasks(self) -> int:
        """Record what has ended, begin what is due; returns how much that was.

        Raises:
            UnavailableError: The database does not answer; nothing is lost, ask again.
        """
        recorded = await self._record()
        begun = await self._begin()
        # Let attempts that need no waiting end now, so that the next round records them together.
        await asyncio.sleep(0)
        return recorded + begun

    async def _record(self) -> int:
        batch = self._ended[:MAX_RECORDED]
        if not batch:
            return 0
        await self._disable_gone(batch)
        try:
            outcomes = await self._recorder.submit_all([command_of(ended) for ended in batch])
        except OverloadedError as error:
            raise UnavailableError(OverloadedError.__doc__) from error
        waiting = [
            ended
            for ended, outcome in zip(batch, outcomes, strict=True)
            if not self._is_settled(ended, outcome)
        ]
        self._ended = [*waiting, *self._ended[len(batch) :]]
        if waiting:
            raise UnavailableError(UnavailableError.__doc__)
        return len(batch)

    def _is_settled(self, ended: Ended, outcome: Reply | Exception) -> bool:
        """Tell whether nothing is left to record; whatever is not comes again."""
        if isinstance(outcome, (UnavailableError, OverloadedError)):
            return False
        self._in_flight[ended.job.queue] -= 1
        METRICS.jobs.labels(WORKER, ended.result.value).inc()
        if isinstance(outcome, StaleClaimError):
            _log.info("delivery_superseded", delivery_id=ended.job.job_id)
        elif isinstance(outcome, Exception):
            # The claim runs out and the delivery is tried again: visible, and never lost.
            error = type(outcome).__name__
            _log.error("delivery_not_recorded", delivery_id=ended.job.job_id, error=error)
        return True

    async def _disable_gone(self, batch: Sequence[Ended]) -> None:
        for code in {ended.job.queue for ended in batch if ended.gone}:
            _log.warning("department_disabled", department=code, reason="gone")
            await self._departments.disable(code)

    async def _begin(self) -> int:
        now = self._clock.now()
        known, unknown = await self._known_and_unknown(now)
        free = {**self._free(known), **dict.fromkeys(unknown, UNKNOWN_PLACES)}
        jobs = await self._jobs.claim({q: n for q, n in free.items() if n > 0}, now, CLAIM_EXPIRY)
        for job in jobs:
            self._in_flight[job.queue] += 1
        self._park([job for job in jobs if job.queue in unknown])
        known = {**known, REPLAY_QUEUE: _REPLAY}
        self._start(known, [job for job in jobs if job.queue not in unknown])
        return len(jobs)

    def _free(self, known: Mapping[str, Registered]) -> dict[str, int]:
        free = {REPLAY_QUEUE: REPLAY_PLACES - self._in_flight[REPLAY_QUEUE]}
        for code, registered in known.items():
            department = registered.department
            if _is_tried(department):
                under_way = self._in_flight[code]
                free[code] = self._breakers.allows(
                    code, free=department.concurrency - under_way, in_flight=under_way
                )
        return free

    async def _known_and_unknown(
        self, now: datetime
    ) -> tuple[Mapping[str, Registered], frozenset[str]]:
        """Return all departments, and now and then the queues of those that nobody registered."""
        known = await self._departments.known()
        if self._looked_at is not None and now - self._looked_at < LOOK_FOR_UNKNOWN_EVERY:
            return known, frozenset()
        self._looked_at = now
        names = await self._queues.names() - {REPLAY_QUEUE}
        if names - known.keys():
            # What was read a moment ago may be older than a department that was just added.
            known = await self._departments.reread()
        return known, names - known.keys()

    def _park(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            self._end(Ended(job=job, result=AttemptResult.NO_DEPARTMENT))

    def _start(self, known: Mapping[str, Registered], jobs: Sequence[Job]) -> None:
        with_words = []
        for job in jobs:
            registered, delivery = known[job.queue], to_delivery(job)
            if delivery.needs_narrative:
                with_words.append((job, registered, delivery))
            else:
                self._spawn(self._deliver(job, registered, delivery))
        for first in range(0, len(with_words), MAX_NARRATIVES):
            self._spawn(self._deliver_with_words(with_words[first : first + MAX_NARRATIVES]))

    async def _deliver_with_words(
        self, deliveries: Sequence[tuple[Job, Registered, Delivery]]
    ) -> None:
        case_ids = list({delivery.case_id for _, _, delivery in deliveries})
        try:
            narratives = await self._narratives.fetch(case_ids)
        except NarrativesUnavailableError:
            narratives = {}
        if missing := set(case_ids) - narratives.keys():
            _log.warning("narratives_unavailable", case_ids=sorted(map(str, missing)))
        for job, registered, delivery in deliveries:
            if delivery.case_id in missing:
                self._end(Ended(job=job, result=AttemptResult.WAITED))
            else:
                told = delivery.with_narrative(narratives)
                self._spawn(self._deliver(job, registered, told))

    async def _deliver(self, job: Job, registered: Registered, delivery: Delivery) -> None:
        try:
            self._end(await self._attempts.make(job, registered, delivery))
        except Exception:  # noqa: BLE001 - a bug in a transport costs one attempt, not the worker
            # The delivery comes again when its claim has run out.
            _log.exception("delivery_failed", delivery_id=job.job_id)
            self._in_flight[job.queue] -= 1

    def _end(self, ended: Ended) -> None:
        self._ended.append(ended)
        self._wake()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)


def _is_tried(department: Department) -> bool:
    """Tell whether we go to a department; one that pulls comes to us."""
    is_active = department.state is DepartmentState.ACTIVE
    return is_active and department.transport is not TransportName.PULL
