"""One function per kind of thing that can happen: fold what is read, decide, fold what is decided.

Pure. The rules are in the domain.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from civicloop_kit.room import Decision
from router.domain.case import Case
from router.domain.commands import Command, DispatchCase, DoorCommand, PassTime, Told
from router.domain.decided import OwnFact
from router.domain.decisions import decide
from router.domain.desk import changed_rows
from router.domain.dispatch import plan_tasks
from router.domain.evolve import evolve, evolve_all
from router.domain.facts import CaseFiled
from router.domain.plans import keep_plan
from router.domain.rulebook import Rulebook
from router.replies import reply_of


def dispatch_case(case: Case, filed: CaseFiled, rules: Rulebook, now: datetime) -> Decision[Case]:
    """Give out the tasks of a case, or open the dispute over who leads."""
    plan = plan_tasks(filed, rules, now)
    planned = keep_plan(evolve(case, filed), plan)
    return _decide(case, planned, DispatchCase(plan=plan), rules, now)


def weigh(case: Case, told: Told, rules: Rulebook, now: datetime) -> Decision[Case]:
    """Take into account what another room tells."""
    return _decide(case, evolve(case, told), told, rules, now)


def obey(case: Case, command: DoorCommand, now: datetime, rules: Rulebook) -> Decision[Case]:
    """Do what a person has decided."""
    return _decide(case, case, command, rules, now)


def pass_time(case: Case, now: datetime, rules: Rulebook) -> Decision[Case]:
    """Decide what is due."""
    return _decide(case, case, PassTime(), rules, now)


def _decide(
    before: Case, case: Case, command: Command, rules: Rulebook, now: datetime
) -> Decision[Case]:
    facts = decide(case, command, rules, now)
    after = evolve_all(case, facts)
    return Decision(
        state=after,
        facts=facts,
        effects=changed_rows(before, after),
        reply=_reply(command, facts, after),
    )


def _reply(command: Command, facts: tuple[OwnFact, ...], after: Case) -> Mapping[str, Any] | None:
    return reply_of(command, facts, after) if isinstance(command, DoorCommand) else None
