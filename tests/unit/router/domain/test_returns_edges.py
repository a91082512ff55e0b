"""Returns at the edges: each task has its own count."""

import pytest
from tests.unit.router.domain.story import LEAD, POLICE, Router, back, names

from router.domain.parts import TaskRef

ENDS = {LEAD: ["TaskReassigned"], POLICE: ["DisputeOpened"]}


@pytest.mark.parametrize("order", [(LEAD, POLICE), (POLICE, LEAD)])
def test_the_return_of_one_task_is_none_of_another(
    order: tuple[TaskRef, TaskRef], busy: Router
) -> None:
    """The lead's goes elsewhere and the help that no other helper can give is disputed."""
    assert {task: names(busy.read(back(task))) for task in order} == ENDS
