"""A task as it is stored."""

import msgspec
from tests.unit.router.domain.story import LEAD

from router.domain.codes import TaskRole
from router.domain.task import Task


def test_a_stored_task_that_tells_no_round_is_of_the_first() -> None:
    """So were all tasks before a case could be reopened."""
    stored = {
        "ref": {"task_id": str(LEAD.task_id), "task_no": 1, "attempt": 1},
        "role": "lead",
        "required": True,
    }
    task = msgspec.json.decode(msgspec.json.encode(stored), type=Task)
    assert task == Task(ref=LEAD, role=TaskRole.LEAD, required=True, round=1)
