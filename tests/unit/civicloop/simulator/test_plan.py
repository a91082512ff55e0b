"""What a simulated department does with a task."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from civicloop.simulator.plan import Work, plan, plan_work
from civicloop.simulator.script import Move, Rule, Script

CAME_AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


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


def work(**fields: Any) -> Work:
    """Return a task."""
    given = {
        "task_id": UUID(int=1),
        "delivery_id": "d",
        "department": "water",
        "role": "lead",
        "came_at": CAME_AT,
        "matter": "00001",
    }
    return Work(**{**given, **fields})


def test_a_script_is_followed_in_the_order_of_its_times() -> None:
    """Each step is an update with its own id, also two of one kind."""
    moves = (
        Move(after_s=9, kind="complete", details={"result": "repaired"}),
        Move(after_s=1, kind="request_extension"),
        Move(after_s=2, kind="request_extension"),
    )
    script = Script(rules=(Rule(steps=moves),))
    steps = plan(work(), script, (0, 0))
    assert [(step.after_s, step.kind) for step in steps] == [
        (1, "request_extension"),
        (2, "request_extension"),
        (9, "complete"),
    ]
    assert steps[2].update["result"] == "repaired"
    assert len({step.update["update_id"] for step in steps}) == 3
    assert plan(work(), script, (5, 9)) == steps


def test_a_suspension_says_when_it_is_looked_at_again() -> None:
    """Counted from when the task came, so that a restart says the same."""
    move = Move(
        after_s=2, kind="request_suspension", details={"suspension": "ledger"}, review_in_s=60
    )
    (step,) = plan(work(), Script(rules=(Rule(steps=(move,)),)), (0, 0))
    assert (step.update["suspension"], step.update["review_at"]) == (
        "ledger",
        "2026-03-02T01:01:02+00:00",
    )


@pytest.mark.parametrize(
    ("fields", "fits"),
    [
        ({}, True),
        ({"department": "power"}, False),
        ({"matter": "00002"}, False),
        ({"role": "assist"}, False),
        ({"attempt": 2}, False),
    ],
)
def test_the_first_rule_that_fits_decides(fields: dict[str, Any], *, fits: bool) -> None:
    """Where none does, departments do as they like."""
    rule = Rule(
        steps=(Move(after_s=0, kind="acknowledge"),),
        department="water",
        matter="00001",
        role="lead",
        attempt=1,
    )
    steps = plan(work(**fields), Script(rules=(rule, rule)), (0, 0))
    assert (len(steps) == 1) is fits
    assert plan(work(), Script(rules=(Rule(steps=()), rule)), (0, 0)) == ()
