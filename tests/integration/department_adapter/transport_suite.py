"""What every way of reaching a department keeps, whoever goes to whom.

A transport passes when a class with its `department` fixture inherits these tests.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from civicloop_contracts.codes import ReassignReason
from civicloop_kit.sealing import Sealer
from department_adapter.domain.commands import UpdateKind
from department_adapter.domain.department import Department, TransportName
from department_adapter.domain.model import ParkReason, TaskState
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.leaving import LeftTasks
from department_adapter.ports import Narrative, NarrativeState, NarrativesUnavailableError
from department_adapter.store.postgres import PostgresTasks
from department_adapter.store.registry import PostgresDepartments
from department_adapter.testing import (
    CASE_ID,
    SECRET,
    cancelled,
    dispatched,
    reassigned,
    reminded,
    supplemented,
)

from .rooms import TASK_ID, Room

Body = Mapping[str, Any]
WORDS: Final = {"state": "text", "text": "水管爆裂"}
# Longer than any wait between two attempts, shorter than the review of what is parked.
LATER: Final = timedelta(hours=1)
REVIEW: Final = RetryPolicy().review_after


@dataclass(kw_only=True)
class Words:
    """What intake says of every case."""

    narrative: Narrative = field(
        default_factory=lambda: Narrative(state=NarrativeState.TEXT, text="水管爆裂")
    )
    away: bool = False

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return it, or fail."""
        if self.away:
            raise NarrativesUnavailableError
        return dict.fromkeys(case_ids, self.narrative)


class Reached(ABC):
    """A department behind one transport, in a room on a real database."""

    transport: TransportName
    url: str | None = None

    def __init__(self, room: Room) -> None:
        self.room = room
        self.words = Words()
        self.registry = PostgresDepartments(
            room.database, Sealer(b"k" * 32, b"secrets"), room.clock
        )
        self.tasks = PostgresTasks(room.database)

    async def register(self, code: str = "water") -> None:
        """Make it known."""
        department = Department(
            code=code, name_zh="水利局", name_en="Water", transport=self.transport, url=self.url
        )
        await self.registry.put(department, SECRET if self.url else None)

    @abstractmethod
    async def hear(self) -> list[Body]:
        """Take all that is due, and keep it; returns it in the order in which it came."""

    @abstractmethod
    async def miss(self) -> list[Body]:
        """Have all that is due tried once, and fail to keep it; returns what was tried."""

    async def state(self) -> TaskState:
        """Return how the task stands."""
        entry = await self.tasks.find(TASK_ID)
        assert entry is not None
        return entry.state


def types(bodies: Sequence[Body]) -> list[str]:
    """Return what was told."""
    return [str(body["type"]) for body in bodies]


class TransportSuite:
    """The tests."""

    async def test_a_task_comes_whole(self, department: Reached) -> None:
        """With everything that the department needs, the words included; then it is delivered."""
        await department.room.tell(dispatched())
        assert await department.room.told() == []
        (body,) = await department.hear()
        assert body["delivery_id"] == f"{TASK_ID}/dispatch/1"
        assert (body["task_id"], body["case_id"]) == (str(TASK_ID), str(CASE_ID))
        assert body["narrative"] == WORDS
        assert await department.room.told() == ["task.delivered"]
        assert await department.hear() == []

    async def test_what_was_missed_comes_again_under_its_id(self, department: Reached) -> None:
        """It is not delivered before it is kept, and then once."""
        await department.room.tell(dispatched())
        (missed,) = await department.miss()
        assert (await department.room.told(), await department.state()) == ([], "queued")
        department.room.clock.move(LATER)
        assert await department.hear() == [missed]
        assert await department.room.told() == ["task.delivered"]

    async def test_after_ten_misses_a_person_has_to_look(self, department: Reached) -> None:
        """It is parked with its reason, and comes again at its review."""
        await department.room.tell(dispatched())
        for _ in range(10):
            assert len(await department.miss()) == 1
            department.room.clock.move(LATER)
        assert await department.room.told() == ["delivery.parked"]
        (entry,) = await department.tasks.parked(None, 9)
        assert (entry.task_id, entry.parked.reason) == (TASK_ID, ParkReason.EXHAUSTED)
        assert await department.hear() == []
        department.room.clock.move(REVIEW)
        assert types(await department.hear()) == ["task.dispatched"]
        assert await department.state() is TaskState.DELIVERED
        assert await department.tasks.parked(None, 9) == []

    async def test_a_release_brings_it_at_once(self, department: Reached) -> None:
        """And with all its attempts again."""
        await department.room.tell(dispatched())
        for _ in range(10):
            await department.miss()
            department.room.clock.move(LATER)
        await department.room.release()
        assert await department.tasks.parked(None, 9) == []
        assert len(await department.miss()) == 1
        department.room.clock.move(LATER)
        assert types(await department.hear()) == ["task.dispatched"]
        assert await department.room.told() == ["delivery.parked", "task.delivered"]

    async def test_deliveries_of_a_task_come_one_after_another(self, department: Reached) -> None:
        """Whatever was read first: the task before what is told about it."""
        await department.room.tell(dispatched(), supplemented(), reminded(), reminded())
        (tried,) = await department.miss()
        assert tried["type"] == "task.dispatched"
        department.room.clock.move(LATER)
        told = await department.hear()
        assert types(told) == [
            "task.dispatched",
            "task.supplemented",
            "task.reminded",
            "task.reminded",
        ]
        assert told[1]["narrative"] == WORDS
        assert await department.room.told() == ["task.delivered"]

    async def test_a_cancellation_is_all_that_is_left(self, department: Reached) -> None:
        """Where the department may know of the task; it is heard once."""
        await department.room.tell(dispatched(), reminded())
        await department.miss()
        await department.room.tell(cancelled())
        department.room.clock.move(LATER)
        (told,) = await department.hear()
        assert (told["type"], told["reason"]) == ("task.cancelled", "case_handled")
        assert await department.hear() == []
        assert await department.room.told() == []

    async def test_nobody_hears_the_end_of_what_he_never_heard_of(
        self, department: Reached
    ) -> None:
        """Neither the task nor its cancellation."""
        await department.room.tell(dispatched(), supplemented(), cancelled())
        assert await department.hear() == []

    async def test_the_department_that_had_it_hears_of_the_next_attempt(
        self, department: Reached
    ) -> None:
        """And the next one gets it, in its place."""
        await department.register("power")
        await department.room.tell(dispatched())
        await department.hear()
        await department.room.tell(reassigned(reason=ReassignReason.SUPERIOR))
        told = {body["department"]: body for body in await department.hear()}
        assert told["water"]["type"] == "task.cancelled"
        assert (told["power"]["type"], told["power"]["replaces"]) == (
            "task.dispatched",
            str(TASK_ID),
        )

    async def test_words_that_were_erased_are_said_to_be(self, department: Reached) -> None:
        """The task comes all the same."""
        department.words.narrative = Narrative(state=NarrativeState.ERASED)
        await department.room.tell(dispatched())
        (body,) = await department.hear()
        assert body["narrative"] == {"state": "erased"}

    async def test_while_intake_is_away_deliveries_wait(self, department: Reached) -> None:
        """The department gets nothing without words, and no failure is counted for it."""
        department.words.away = True
        await department.room.tell(dispatched())
        for _ in range(12):
            assert await department.hear() == []
            department.room.clock.move(LATER)
        department.words.away = False
        assert types(await department.hear()) == ["task.dispatched"]
        assert await department.room.told() == ["task.delivered"]

    async def test_a_paused_department_is_left_alone(self, department: Reached) -> None:
        """What waits keeps its place, and comes when the pause is over by itself."""
        await department.room.tell(dispatched())
        now = department.room.clock.now()
        assert await department.registry.pause("water", now + LATER)
        assert await department.hear() == []
        department.room.clock.move(LATER)
        assert types(await department.hear()) == ["task.dispatched"]

    async def test_a_resumed_department_gets_what_waited(self, department: Reached) -> None:
        """At once."""
        await department.room.tell(dispatched())
        await department.registry.pause("water", department.room.clock.now() + LATER)
        assert await department.hear() == []
        assert await department.registry.resume("water")
        assert types(await department.hear()) == ["task.dispatched"]

    async def test_a_removed_department_hears_nothing_more(self, department: Reached) -> None:
        """What it had is parked as nobody's, and so is what comes later."""
        await department.room.tell(dispatched(1), dispatched(2), reminded())
        await department.hear()
        assert await department.registry.remove("water") == 2
        left = LeftTasks(tasks=department.tasks, recorder=department.room.commands)
        assert (await left.park(), await left.park()) == (2, 0)
        await department.room.tell(reminded())
        department.room.clock.move(REVIEW * 2)
        assert await department.hear() == []
        parked = await department.tasks.parked(None, 9)
        assert {entry.parked.reason for entry in parked} == {ParkReason.NO_SUCH_DEPARTMENT}
        assert len(parked) == 2

    async def test_whoever_takes_the_code_over_gets_its_tasks(self, department: Reached) -> None:
        """As they were given out, under the same ids."""
        await department.room.tell(dispatched())
        (first,) = await department.hear()
        await department.registry.remove("water")
        await LeftTasks(tasks=department.tasks, recorder=department.room.commands).park()
        await department.register()
        assert await department.hear() == [first]
        assert await department.room.told() == [
            "task.delivered",
            "delivery.parked",
            "task.delivered",
        ]

    async def test_an_answer_is_worth_more_than_a_receipt(self, department: Reached) -> None:
        """Whoever acknowledges has the task, whatever became of the attempt."""
        await department.room.tell(dispatched())
        await department.miss()
        await department.room.update(UpdateKind.ACKNOWLEDGE, UUID(int=1))
        assert await department.room.told() == ["task.delivered", "task.acknowledged"]
        department.room.clock.move(LATER)
        await department.hear()
        assert await department.room.told() == ["task.delivered", "task.acknowledged"]

    async def test_after_its_end_nothing_is_told(self, department: Reached) -> None:
        """What waited is dropped, what comes is not queued."""
        await department.room.tell(dispatched(), reminded())
        await department.miss()
        await department.room.update(UpdateKind.COMPLETE, UUID(int=1), result="done")
        await department.room.tell(reminded())
        department.room.clock.move(LATER)
        assert await department.hear() == []
        assert await department.room.count("jobs") == 0
