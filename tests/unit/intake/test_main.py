"""The joined room: complete, and quick to do what was decided."""

from uuid import UUID

import pytest

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import Service
from civicloop_contracts.topics import fact_topic
from civicloop_kit.jobs import QueueJob
from civicloop_kit.worker import Worker
from intake.domain import commands
from intake.domain.errors import AlreadyFiledError
from intake.handlers import MERGES_QUEUE, NOTICES_QUEUE
from intake.main import room_of
from intake.settings import IntakeSettings
from intake.testing import NOW

SETTINGS = IntakeSettings.model_construct(
    jurisdiction="4101",
    matters_version="2026.1",
    duplicate_within_m=50,
    duplicate_within_s=60,
)


async def nothing() -> int:
    """Do nothing."""
    return 0


class WokenWorker(Worker):
    """A worker that counts how often it was woken."""

    woken = 0

    def wake(self) -> None:
        """Count."""
        self.woken += 1


def workers() -> dict[str, WokenWorker]:
    """Return the workers of both queues."""
    return {queue: WokenWorker(queue, nothing) for queue in (NOTICES_QUEUE, MERGES_QUEUE)}


def test_the_room_is_complete() -> None:
    """Source, handlers, commands and refusals stand together."""
    room = room_of(SETTINGS, workers())
    assert fact_topic(room.source).producer is Service.INTAKE
    assert set(room.on_fact) == handled_by(Service.INTAKE)
    known = {
        kind
        for kind in vars(commands).values()
        if getattr(kind, "__module__", "") == commands.__name__
    }
    assert {*room.on_command, *room.on_joint_command} == known
    assert issubclass(AlreadyFiledError, room.refusals)


@pytest.mark.parametrize("queue", [NOTICES_QUEUE, MERGES_QUEUE])
def test_a_queued_job_wakes_its_worker(queue: str) -> None:
    """It does not wait for the next look; other effects and other queues wake nobody."""
    known = workers()
    room = room_of(SETTINGS, known)
    room.saved([object()])
    assert [worker.woken for worker in known.values()] == [0, 0]
    job = QueueJob(
        job_id="a/1",
        queue=queue,
        lane=UUID(int=1),
        ordinal=1,
        case_id=UUID(int=7),
        payload={},
        due_at=NOW,
    )
    room.saved([object(), job, job])
    assert {name: worker.woken for name, worker in known.items() if worker.woken} == {queue: 1}
