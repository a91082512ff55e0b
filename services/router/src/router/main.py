"""The router's parts, joined."""

import sys
from datetime import datetime

from civicloop_contracts.codes import Service
from civicloop_contracts.facts.router import RouterFact
from civicloop_kit.process import Kit, Parts, run
from civicloop_kit.room import Room
from router import wire
from router.catalog_files import load_rulebook
from router.domain.case import Case
from router.domain.dispatch import Rulebook
from router.domain.errors import RouterError
from router.entrypoints.http import REFUSALS, plan_router
from router.entrypoints.stream import RouterStream, routes
from router.settings import RouterSettings
from router.store.postgres import PostgresCases


def room_of(rules: Rulebook) -> Room[Case]:
    """Return the router's part of the hot path."""
    return Room(
        service=Service.ROUTER,
        source=RouterFact.source,
        state_type=Case,
        new_state=wire.new_case,
        on_fact=routes(RouterStream(rules)),
        to_contract=wire.to_contract,
        refusals=(RouterError,),
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
    return Parts(
        room=room_of(rules),
        routers=(plan_router(PostgresCases(kit.database), rules),),
        refusals=REFUSALS,
    )


def main() -> None:
    """Run the service until it is told to end."""
    run(Service.ROUTER, RouterSettings, build)
