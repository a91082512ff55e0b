"""The only place where intake's parts are joined."""

from collections.abc import Sequence
from functools import partial

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.intake import IntakeFact
from civicloop_kit.jobs import QueueJob
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from civicloop_kit.vault import Keyring
from civicloop_kit.worker import Worker
from intake import handlers, wire
from intake.domain.case import CaseState, new_case
from intake.domain.commands import RecordNotice, SubmitReport
from intake.domain.errors import IntakeError
from intake.domain.filing import Jurisdiction
from intake.entrypoints import http, stream
from intake.entrypoints.desk import ReportDesk, VaultDesk
from intake.entrypoints.worker import NoticeWorker
from intake.grid import H3Grid
from intake.handlers import FilingRules
from intake.matter_files import load_matters
from intake.notifiers.file import FileNotifier
from intake.settings import IntakeSettings
from intake.store.postgres import PostgresRecords, write_effects


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
    notices = Worker("notices", _notice_worker(settings, kit, kit.keyring).send_due_notices)
    doors = http.Doors(
        ReportDesk(kit.commands, kit.keyring, H3Grid()),
        VaultDesk(records, kit.keyring, kit.clock),
        records,
    )
    return Parts(
        room=room_of(settings, notices),
        routers=[http.routes(doors)],
        refusals=http.REFUSALS,
        workers=[notices],
    )


def room_of(settings: IntakeSettings, notices: Worker) -> Room[CaseState]:
    """Return intake's part of the hot path; *notices* is woken when one is due."""
    rules = FilingRules(
        jurisdiction=Jurisdiction(prefix=settings.jurisdiction),
        matters=load_matters(settings.matters_version),
    )
    return Room(
        service=Service.INTAKE,
        source=IntakeFact.source,
        state_type=CaseState,
        new_state=new_case,
        on_fact=stream.routes(stream.Follower()),
        to_contract=wire.to_contract,
        on_command={
            SubmitReport: partial(handlers.submit_report, rules),
            RecordNotice: handlers.record_notice,
        },
        refusals=(IntakeError,),
        write_effects=write_effects,
        saved=partial(_wake, notices),
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


def _wake(notices: Worker, effects: Sequence[object]) -> None:
    if any(isinstance(effect, QueueJob) for effect in effects):
        notices.wake()
