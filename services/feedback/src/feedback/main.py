"""Feedback's parts, joined."""

from datetime import timedelta
from functools import partial

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.feedback import FeedbackFact
from civicloop_kit.auth import principal_ref
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from feedback import handlers, wire
from feedback.domain import closing
from feedback.domain.case import Case, new_case
from feedback.domain.closing import Policy
from feedback.domain.commands import RecordSatisfaction, ReopenCase, VerifyCase
from feedback.domain.errors import FeedbackError
from feedback.entrypoints.http import REFUSALS, case_router
from feedback.entrypoints.indicators import indicator_router
from feedback.entrypoints.stream import FeedbackStream, routes
from feedback.settings import FeedbackSettings
from feedback.store.postgres import PostgresReadModel, write_effects

REPLAY_PRINCIPAL = "replay"


def policy_of(settings: FeedbackSettings) -> Policy:
    """Return the periods that were set, and who verifies imported histories."""
    return Policy(
        verify_within=timedelta(seconds=settings.verify_within_s),
        call_back_window=timedelta(seconds=settings.call_back_window_s),
        replay_verifier=principal_ref(REPLAY_PRINCIPAL, settings.idempotency_key),
    )


def room_of(policy: Policy) -> Room[Case]:
    """Return feedback's part of the hot path."""
    return Room(
        service=Service.FEEDBACK,
        source=FeedbackFact.source,
        state_type=Case,
        new_state=new_case,
        on_fact=routes(FeedbackStream(policy)),
        to_contract=wire.to_contract,
        on_command={
            VerifyCase: partial(handlers.verify_case, policy=policy),
            RecordSatisfaction: handlers.record_satisfaction,
            ReopenCase: handlers.reopen_case,
        },
        next_timer=closing.next_timer,
        on_timer=partial(handlers.pass_time, policy=policy),
        refusals=(FeedbackError,),
        write_effects=write_effects,
        snapshot=wire.to_snapshot,
    )


def build(settings: FeedbackSettings, kit: Kit) -> Parts[Case]:
    """Join the parts of one process."""
    reads = PostgresReadModel(kit.database)
    return Parts(
        room=room_of(policy_of(settings)),
        routers=(
            case_router(kit.commands, reads, settings.idempotency_key),
            indicator_router(reads, kit.clock),
        ),
        refusals=REFUSALS,
    )


def main() -> None:
    """Run the service until it is told to end."""
    run(Service.FEEDBACK, FeedbackSettings, build)
