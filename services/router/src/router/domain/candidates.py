"""Who may be given a task that its department does not do: leads for a lead, helpers for help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.attempts import terms_of
from router.domain.case import answer_of, task_status
from router.domain.codes import TaskRole
from router.domain.dispatch import find_location
from router.domain.duties import list_assists, list_leads
from router.domain.territory import resolve_owner

if TYPE_CHECKING:
    from collections.abc import Iterable

    from router.domain.case import Case
    from router.domain.rulebook import Rulebook
    from router.domain.task import Task
    from router.domain.territory import Tier


def find_candidate(case: Case, task: Task, rules: Rulebook) -> str | None:
    """Return who may be asked after those who returned *task*, None if nobody is left.

    The most specific duty counts; to lead, then the default lead of the case's tier.
    """
    if task.role is TaskRole.ASSIST:
        return find_helper(case, task, rules)
    place = terms_of(case).place
    location = find_location(place, rules)
    leads = list_leads(terms_of(case).matter.key, location, rules.duties) if location else ()
    returned = {a.department for a in _attempts(case, task) if answer_of(case, a).returned_at}
    candidates = (*leads, default_lead(case, case.tier, rules))
    return next((lead for lead in candidates if lead not in returned), None)


def find_helper(case: Case, task: Task, rules: Rulebook) -> str | None:
    """Return whom a duty names to assist (协办) and who has not had *task*, None if nobody is left.

    Who has another task of this case, waits for one or has returned one is not asked.
    """
    location = find_location(terms_of(case).place, rules)
    if location is None:
        return None
    passed_over = {attempt.department for attempt in _attempts(case, task)}
    passed_over |= {other.department for other in case.tasks if _is_engaged(case, other)}
    passed_over |= {waiting.department for waiting in case.waiting}
    helpers = list_assists(terms_of(case).matter.key, location, rules.duties)
    return next((helper for helper in helpers if helper not in passed_over), None)


def default_lead(case: Case, tier: Tier, rules: Rulebook) -> str:
    """Return whom the catalog names for a tier at the place of a case."""
    location = find_location(case.filed.place, rules) if case.filed else None
    return resolve_owner(rules.catalog.default_lead[tier], location)


def _is_engaged(case: Case, task: Task) -> bool:
    """Tell whether the department of a task has it still, or said that it is not its own."""
    return answer_of(case, task).returned_at is not None or task_status(case, task).is_open


def _attempts(case: Case, task: Task) -> Iterable[Task]:
    return (attempt for attempt in case.tasks if attempt.ref.task_no == task.ref.task_no)
