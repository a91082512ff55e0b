"""The router's parts, joined."""

import sys
from datetime import datetime
from functools import partial
from typing import Final

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.router import RouterFact
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from router import handlers, wire, written
from router.catalog_files import load_rulebook
from router.domain import timers
from router.domain.case import Case
from router.domain.commands import DecideRequest, ReassignTask, SettleDispute, SuperviseCase
from router.domain.errors import RouterError
from router.domain.rulebook import Rulebook
from router.entrypoints.decisions import decision_router
from router.entrypoints.http import REFUSALS, plan_router
from router.entrypoints.stream import RouterStream, routes
from router.entrypoints.worklists import worklist_router
from router.settings import RouterSettings
from router.store.desk import PostgresDesk, write_effects
from router.store.postgres import PostgresCases

DOORS: Final = (SettleDispute, ReassignTask, DecideRequest, SuperviseCase)


def room_of(rules: Rulebook) -> Room[Case]:
    """Return the router's part of the hot path."""
    return Room(
        service=Service.ROUTER,
        source=RouterFact.source,
        state_type=Case,
        new_state=wire.new_case,
        on_fact=routes(RouterStream(rules)),
        to_contract=written.to_contract,
        on_command=dict.fromkeys(DOORS, partial(handlers.obey, rules=rules)),
        next_timer=timers.next_timer,
        on_timer=partial(handlers.pass_time, rules=rules),
        refusals=(RouterError,),
        write_effects=write_effects,
    )


def rules_of(settings: RouterSettings, now: datetime) -> Rulebook:
    """Return the rules in force, or end the process with one line that names file and entry."""
    try:
        return load_rulebook(settings.rules_dir, now.year)
    except RouterError as error:
        sys.exit(f"the rules in CIVICLOOP_RULES_DIR cannot be used: {error}")


def build(settings: RouterSettings, kit: Kit) -> Parts[Case]:
    """Join the parts of one process."""
    rules = rules_of(settings, kit.clock.now())
    desk = PostgresDesk(kit.database)
    return Parts(
        room=room_of(rules),
        routers=(
            plan_router(PostgresCases(kit.database), rules),
            decision_router(kit.commands, desk),
            worklist_router(desk),
        ),
        refusals=REFUSALS,
    )


def main() -> None:
    """Run the service until it is told to end."""
    run(Service.ROUTER, RouterSettings, build)
