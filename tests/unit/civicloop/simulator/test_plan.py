"""What a simulated department does with a task."""

from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from civicloop.simulator.plan import plan_work


@given(st.uuids(), st.sampled_from(["lead", "assist"]), st.floats(0, 60), st.floats(0, 60))
def test_every_plan_acknowledges_first_and_completes_last(
    task_id: UUID, role: str, least: float, more: float
) -> None:
    """In order, in time, with ids of their own."""
    steps = plan_work(task_id, role, (least, least + more))
    assert (steps[0].kind, steps[-1].kind) == ("acknowledge", "complete")
    assert [step.after_s for step in steps] == sorted(step.after_s for step in steps)
    assert least <= steps[-1].after_s <= least + more
    assert len({step.update["update_id"] for step in steps}) == len(steps)


def test_the_same_task_gets_the_same_answers() -> None:
    """Also after a restart: otherwise an update id would come with another content."""
    task_id = uuid4()
    assert plan_work(task_id, "lead", (0, 2)) == plan_work(task_id, "lead", (0, 2))


def test_the_time_changes_no_answer() -> None:
    """A restart may give other seconds; what is said stays."""
    task_id = uuid4()
    slow, quick = plan_work(task_id, "lead", (5, 9)), plan_work(task_id, "lead", (0, 0))
    assert [step.update for step in slow] == [step.update for step in quick]


def test_an_assisting_department_assists() -> None:
    """Its result says so."""
    assert plan_work(uuid4(), "assist", (0, 1))[-1].update["result"] == "assisted"
