"""Gates at the edges: two tasks that wait for one lead."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.router.domain.story import (
    POLICE,
    STREET,
    FileCase,
    Router,
    T,
    told,
)

from router.domain.codes import Gate
from router.domain.commands import PassTime
from router.domain.decided import CaseEscalated
from router.domain.duties import order_duties
from router.domain.facts import TaskAcknowledged
from router.domain.rulebook import Rulebook

LIMIT = T + timedelta(hours=2)


def all_gated(rules: Rulebook) -> Rulebook:
    """Return rules under which everybody waits until water is done."""
    [cover] = [d for group in rules.duties.by_standard.values() for d in group if d.code]
    assists = tuple(replace(assist, after=Gate.LEAD_COMPLETED) for assist in cover.assists)
    by_standard = order_duties([replace(cover, assists=assists)])
    return replace(rules, duties=replace(rules.duties, by_standard=by_standard))


def test_each_task_that_waits_escalates_for_itself(rules: Rulebook, file_case: FileCase) -> None:
    """One after the other, each once, at the limit of the lead."""
    router = Router(all_gated(rules))
    router.read_all(file_case(), told(TaskAcknowledged))
    router.wait_until(LIMIT - timedelta(seconds=1))
    router.now = LIMIT
    steps = []
    while facts := router.obey(PassTime()):
        steps.append([fact.task for fact in facts if isinstance(fact, CaseEscalated)])
    assert steps[1:] == [[POLICE], [STREET]]
