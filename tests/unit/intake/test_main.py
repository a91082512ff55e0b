"""The joined room: complete, and quick to tell reporters."""

from uuid import UUID

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import Service
from civicloop_contracts.topics import fact_topic
from civicloop_kit.jobs import QueueJob
from civicloop_kit.worker import Worker
from intake.domain.commands import RecordNotice, SubmitReport
from intake.domain.errors import AlreadyFiledError
from intake.main import room_of
from intake.settings import IntakeSettings
from intake.testing import NOW


async def nothing() -> int:
    """Do nothing."""
    return 0


class WokenWorker(Worker):
    """A worker that counts how often it was woken."""

    woken = 0

    def wake(self) -> None:
        """Count."""
        self.woken += 1


def test_the_room_is_complete() -> None:
    """Source, handlers, commands and refusals stand together."""
    settings = IntakeSettings.model_construct(jurisdiction="4101", matters_version="2026.1")
    room = room_of(settings, Worker("notices", nothing))
    assert fact_topic(room.source).producer is Service.INTAKE
    assert set(room.on_fact) == handled_by(Service.INTAKE)
    assert set(room.on_command) == {SubmitReport, RecordNotice}
    assert issubclass(AlreadyFiledError, room.refusals)


def test_a_queued_notice_wakes_its_worker() -> None:
    """A notice does not wait for the next look; other effects wake nobody."""
    settings = IntakeSettings.model_construct(jurisdiction="4101", matters_version="2026.1")
    worker = WokenWorker("notices", nothing)
    room = room_of(settings, worker)
    room.saved([object()])
    assert worker.woken == 0
    job = QueueJob(
        job_id="a/1",
        queue="notices",
        lane=UUID(int=1),
        ordinal=1,
        case_id=UUID(int=7),
        payload={},
        due_at=NOW,
    )
    room.saved([object(), job])
    assert worker.woken == 1
