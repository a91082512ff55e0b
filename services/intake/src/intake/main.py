"""The only place where intake's parts are joined."""

from collections.abc import Mapping, Sequence
from functools import partial

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.intake import IntakeFact
from civicloop_kit.jobs import QueueJob
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from civicloop_kit.vault import Keyring
from civicloop_kit.worker import Worker
from intake import handlers, wire
from intake.domain.errors import IntakeError
from intake.domain.filing import Jurisdiction
from intake.domain.state import CaseState, new_case
from intake.entrypoints import case_http, http, stream
from intake.entrypoints.case_desk import CaseDesk
from intake.entrypoints.desk import ReportDesk
from intake.entrypoints.merge_worker import MergeWorker
from intake.entrypoints.place_worker import LOOK_EVERY_S, PlaceWorker
from intake.entrypoints.vault_desk import VaultDesk
from intake.entrypoints.worker import NoticeWorker
from intake.grid import H3Grid
from intake.handlers import FilingRules
from intake.matter_files import load_matters
from intake.notifiers.file import FileNotifier
from intake.settings import IntakeSettings
from intake.store.effects import write_effects
from intake.store.postgres import PostgresRecords


class KeyringMissingError(IntakeError):
    """Intake needs the keyring: set CIVICLOOP_KEYRING_URL and CIVICLOOP_KEYRING_KEY."""


def build(settings: IntakeSettings, kit: Kit) -> Parts[CaseState]:
    """Return the parts of one process.

    Raises:
        KeyringMissingError: The kit was given no keyring.
        MatterFileError: The list of matters cannot be used.
    """
    if kit.keyring is None:
        raise KeyringMissingError
    records = PostgresRecords(kit.database)
    workers = {
        handlers.NOTICES_QUEUE: Worker(
            "notices", _notice_worker(settings, kit, kit.keyring).send_due_notices
        ),
        handlers.MERGES_QUEUE: Worker(
            "merges", MergeWorker(kit.jobs, kit.commands, kit.clock).settle_due_merges
        ),
    }
    return Parts(
        room=room_of(settings, workers),
        routers=[
            http.routes(_doors(settings, kit, kit.keyring)),
            case_http.case_routes(
                case_http.CaseDoors(CaseDesk(kit.commands, records, kit.keyring))
            ),
        ],
        refusals=http.REFUSALS,
        workers=[*workers.values(), _place_worker(settings, kit, records)],
    )


def room_of(settings: IntakeSettings, workers: Mapping[str, Worker]) -> Room[CaseState]:
    """Return intake's part of the hot path; a worker is woken when its queue gets a job."""
    rules = FilingRules(
        jurisdiction=Jurisdiction(prefix=settings.jurisdiction),
        matters=load_matters(settings.matters_version),
        nearness=settings.nearness,
    )
    return Room(
        service=Service.INTAKE,
        source=IntakeFact.source,
        state_type=CaseState,
        new_state=new_case,
        on_fact=stream.routes(stream.Follower()),
        to_contract=wire.to_contract,
        on_command=handlers.ON_COMMAND,
        on_joint_command=handlers.on_joint_command(rules),
        refusals=(IntakeError,),
        write_effects=write_effects,
        saved=partial(_wake, workers),
    )


def main() -> None:
    """Run intake until it is told to stop."""
    run(Service.INTAKE, IntakeSettings, build)


def _notice_worker(settings: IntakeSettings, kit: Kit, keys: Keyring) -> NoticeWorker:
    return NoticeWorker(
        queue=kit.jobs,
        records=PostgresRecords(kit.database),
        keys=keys,
        notifier=FileNotifier(settings.data_dir),
        commands=kit.commands,
        clock=kit.clock,
    )


def _doors(settings: IntakeSettings, kit: Kit, keys: Keyring) -> http.Doors:
    records = PostgresRecords(kit.database)
    reports = ReportDesk(
        kit.commands, keys, H3Grid(), records, kit.clock, nearness=settings.nearness
    )
    vault = VaultDesk(records, keys, kit.clock)
    return http.Doors(reports, vault, records, standards=settings.used_standards)


def _place_worker(settings: IntakeSettings, kit: Kit, records: PostgresRecords) -> Worker:
    places = PlaceWorker(records, settings.nearness.within, kit.clock)
    return Worker("places", places.forget_old_places, idle_s=LOOK_EVERY_S)


def _wake(workers: Mapping[str, Worker], effects: Sequence[object]) -> None:
    for queue in {effect.queue for effect in effects if isinstance(effect, QueueJob)}:
        workers[queue].wake()
