"""The deadline of a case: whose clock it is, what moves it, and when it stands."""

from typing import Any

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.story_router import PARKS
from tests.unit.feedback.telling import at

from civicloop_contracts.codes import TaskRole
from civicloop_contracts.facts.parts import ExternalClock


def clock(due: float | None) -> ExternalClock:
    """Return a deadline that a source system set."""
    return ExternalClock(due_at=None if due is None else at(due))


@pytest.mark.choreography("feedback", "TaskReassigned")
def test_the_newest_attempt_of_the_lead_gives_the_deadlines(bench: Bench, story: Story) -> None:
    """Who got the task in the end leads, and both clocks are that attempt's."""
    bench.tell(story.filed(), story.dispatched())
    bench.tell(story.reassigned(1, response_due_at=at(3), resolution_due_at=at(11)))
    row = bench.case_row()
    assert (row.lead, row.due_at, row.response_due_at) == (PARKS, at(11), at(3))
    old, new = bench.rows_of(1)
    assert (old.replaced, new.replaced) == (True, False)
    assert (old.given_by, new.given_by) == ("duty", "returned")


def test_the_newest_attempt_is_that_of_the_highest_number(bench: Bench, story: Story) -> None:
    """Nine is before ten, however the numbers are written."""
    bench.tell(story.dispatched())
    for attempt in range(2, 12):
        bench.tell(story.reassigned(attempt, attempt, department=f"d-{attempt}"))
    assert bench.case_row().lead == "d-11"


def test_the_next_attempt_of_an_assisting_task_leads_nothing(bench: Bench, story: Story) -> None:
    """Only the lead's attempts count for the case."""
    bench.tell(story.dispatched(), story.assisting())
    task: dict[str, Any] = {"task": story.ref(2, 2), "replaces": story.ref(2, 1).task_id}
    bench.tell(story.reassigned(role=TaskRole.ASSIST, resolution_due_at=at(99), **task))
    assert (bench.case_row().lead, bench.case_row().due_at) == ("urban-management", at(8))
    assert [row.replaced for row in bench.rows_of(2)] == [True, False]
    assert [row.replaced for row in bench.rows_of(1)] == [False]


def test_an_answer_of_a_former_lead_stops_no_clock_of_the_next(bench: Bench, story: Story) -> None:
    """The clock keeps running until the next one answers; a return is no answer either."""
    bench.tell(story.dispatched(), story.acknowledged(0.5), story.returned(0.8))
    assert bench.case_row().first_response_at == at(0.5)
    bench.tell(story.reassigned())
    assert bench.case_row().first_response_at is None
    bench.tell(story.returned(1.5, attempt=2, department=PARKS))
    assert bench.case_row().first_response_at is None


@pytest.mark.choreography("feedback", "DeadlineExtended")
def test_an_extension_moves_the_deadline(bench: Bench, story: Story) -> None:
    """Handled between the old deadline and the new one is on time."""
    bench.tell(story.filed(), story.dispatched(), story.extended(due=16))
    assert (bench.case_row().due_at, bench.task_row().due_at) == (at(16), at(16))
    bench.tell(story.extended(3, due=24))
    assert (bench.case_row().due_at, bench.task_row().extensions) == (at(24), 2)
    bench.tell(story.completed(20), story.handled(20))
    assert bench.case_row().overdue is False


def test_an_extension_of_an_assisting_task_moves_its_own_deadline(
    bench: Bench, story: Story
) -> None:
    """The case keeps that of its lead."""
    bench.tell(story.filed(), story.dispatched(), story.assisting())
    task: dict[str, Any] = {"task": story.ref(2, 1), "department": "water"}
    bench.tell(story.extended(due=30, **task))
    assert (bench.case_row().due_at, bench.task_row(2).due_at) == (at(8), at(30))


@pytest.mark.choreography("feedback", "ClockSuspended")
def test_a_suspended_clock_has_no_deadline_and_keeps_what_is_left(
    bench: Bench, story: Story
) -> None:
    """Neither overdue nor due while it stands."""
    bench.tell(story.filed(), story.dispatched(), story.suspended(remaining_s=60))
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s, row.overdue) == (None, True, 60, False)
    assert (bench.task_row().due_at, bench.task_row().suspended) == (None, True)
    assert bench.snapshot().due_at is None


@pytest.mark.choreography("feedback", "ClockResumed")
def test_a_resumed_clock_ends_later(bench: Bench, story: Story) -> None:
    """What was left is counted on from the end of the suspension."""
    bench.tell(story.filed(), story.dispatched(), story.suspended(), story.resumed(due=106))
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s) == (at(106), False, None)
    assert (bench.task_row().suspended, bench.task_row().due_at) == (False, at(106))


def test_a_clock_without_end_is_resumed_without_end(bench: Bench, story: Story) -> None:
    """No limit before the suspension is none after it."""
    bench.tell(story.dispatched(resolution_due_at=None))
    bench.tell(story.suspended(remaining_s=None), story.resumed(due=None))
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s, row.overdue) == (None, False, None, False)


def test_an_extension_wakes_no_suspended_clock(bench: Bench, story: Story) -> None:
    """It is counted; the deadline comes with the end of the suspension."""
    bench.tell(story.dispatched(), story.suspended(remaining_s=60), story.extended())
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s) == (None, True, 60)
    assert bench.task_row().extensions == 1
    bench.tell(story.resumed(due=120))
    assert bench.case_row().due_at == at(120)


def test_the_next_attempt_has_a_clock_of_its_own(bench: Bench, story: Story) -> None:
    """A suspension ends with its task."""
    bench.tell(story.dispatched(), story.suspended())
    bench.tell(story.reassigned(3, resolution_due_at=at(20)))
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s) == (at(20), False, None)


@pytest.mark.parametrize("due", [2.0, None])
def test_what_the_router_moved_counts_before_the_source_clock(
    bench: Bench, story: Story, due: float | None
) -> None:
    """A source system's deadline holds until the router moves it, also for the next attempt."""
    bench.tell(story.filed(clock=clock(due)), story.dispatched())
    assert bench.case_row().due_at == clock(due).due_at
    bench.tell(story.extended(due=16))
    assert (bench.case_row().due_at, bench.case_row().source_clock) == (at(16), True)
    bench.tell(story.reassigned(resolution_due_at=at(16)))
    assert bench.case_row().due_at == at(16)


def test_an_assisting_clock_moves_no_source_clock(bench: Bench, story: Story) -> None:
    """Only a clock of the lead is one of the case."""
    bench.tell(story.filed(clock=clock(2)), story.dispatched(), story.assisting())
    bench.tell(story.extended(due=30, task=story.ref(2, 1), department="water"))
    assert bench.case_row().due_at == at(2)


def test_the_source_lead_and_clock_count_before_any_dispatch(bench: Bench, story: Story) -> None:
    """They are known from the filing."""
    bench.tell(story.filed(clock=clock(2), lead=PARKS))
    assert (bench.case_row().due_at, bench.case_row().lead) == (at(2), PARKS)
