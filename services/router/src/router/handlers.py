"""One function per thing that can happen: fold what was read, decide, fold what was decided.

Pure. The rules are in the domain.
"""

from datetime import datetime

from civicloop_kit.room import Decision
from router.domain.case import Case, evolve, evolve_all
from router.domain.commands import Command, DispatchCase
from router.domain.decisions import decide
from router.domain.dispatch import Rulebook, plan_tasks
from router.domain.facts import CaseClosed, CaseFiled, TaskAnswer


def dispatch_case(case: Case, filed: CaseFiled, rules: Rulebook, now: datetime) -> Decision[Case]:
    """Give out the tasks of a case, or open the dispute over who leads."""
    plan = plan_tasks(filed, rules, now)
    return _decide(evolve(case, filed), DispatchCase(plan=plan), now)


def weigh_answer(case: Case, answer: TaskAnswer, now: datetime) -> Decision[Case]:
    """Take a department's answer into account; the last required completion ends the handling."""
    return _decide(evolve(case, answer), answer, now)


def end_round(case: Case, closed: CaseClosed, now: datetime) -> Decision[Case]:
    """Keep that a round is over."""
    return _decide(evolve(case, closed), closed, now)


def _decide(case: Case, command: Command, now: datetime) -> Decision[Case]:
    facts = decide(case, command, now)
    return Decision(state=evolve_all(case, facts), facts=facts)
