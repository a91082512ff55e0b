"""Overdue is for ever: no later attempt, deadline or round makes a missed deadline undone."""

from typing import Any

import msgspec
import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER, at

from civicloop_contracts.codes import ReassignReason, TaskRole
from civicloop_contracts.facts.parts import ExternalClock
from feedback.domain.case import Case
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.deadlines import case_due_at, was_late

FAILED = VerifyCase(verifier=VERIFIER, passed=False)


def handle(bench: Bench, story: Story, hours: float) -> None:
    """Let the lead complete its first attempt, due at 8, and the router end the handling."""
    bench.tell(story.filed(), story.dispatched())
    bench.tell(story.completed(hours), story.handled(hours))


@pytest.mark.parametrize(("hours", "late"), [(8, False), (9, True)])
def test_rework_in_time_keeps_what_the_first_attempt_was(
    bench: Bench, story: Story, hours: float, late: bool
) -> None:
    """A fresh limit judges the second attempt alone."""
    handle(bench, story, hours)
    bench.order(FAILED, 10)
    assert bench.case_row().overdue is (True if late else None)
    bench.tell(story.reassigned(10, reason=ReassignReason.REWORK, resolution_due_at=at(18)))
    assert bench.case_row().overdue is (True if late else None)
    bench.tell(story.completed(12, attempt=2, department="parks"), story.handled(12))
    row = bench.case_row()
    assert (row.due_at, row.handled_at, row.overdue) == (at(18), at(12), late)


def test_a_handling_that_waited_for_an_assisting_task_stays_late(
    bench: Bench, story: Story
) -> None:
    """The lead was in time and the case was not: rework does not forget it."""
    bench.tell(story.filed(), story.dispatched(), story.assisting(required=True))
    bench.tell(story.completed(4), story.completed(9, task_no=2, department="water"))
    bench.tell(story.handled(9))
    bench.order(FAILED, 10)
    bench.tell(story.reassigned(10, reason=ReassignReason.REWORK, resolution_due_at=at(18)))
    assert bench.case_row().overdue is True


def test_a_reopening_keeps_it_too(bench: Bench, story: Story) -> None:
    """Another round starts with its own limit, and the case was late once."""
    handle(bench, story, 9)
    bench.order(VerifyCase(verifier=VERIFIER, passed=True), 10)
    bench.order(RecordSatisfaction(solved=True, satisfied=True), 11)
    bench.order(RecordSatisfaction(solved=False, satisfied=None), 12)
    assert bench.case_row().overdue is True


@pytest.mark.parametrize(("hours", "overdue"), [(8, None), (8.1, True)])
@pytest.mark.parametrize("reason", [ReassignReason.SUPERIOR, ReassignReason.SETTLED])
def test_a_reassignment_after_the_deadline_keeps_it(
    bench: Bench, story: Story, reason: ReassignReason, hours: float, overdue: bool | None
) -> None:
    """Who gets the task next has a fresh limit; the case had missed its own."""
    bench.tell(story.filed(), story.dispatched())
    bench.tell(story.reassigned(hours, reason=reason, resolution_due_at=at(20)))
    assert bench.case_row().overdue is overdue
    bench.tell(story.completed(15, attempt=2, department="parks"), story.handled(15))
    assert bench.case_row().overdue is bool(overdue)


def test_an_attempt_done_in_time_is_not_late_when_it_is_replaced(
    bench: Bench, story: Story
) -> None:
    """It ended with its completion, whenever the next one begins."""
    handle(bench, story, 7)
    bench.order(FAILED, 20)
    bench.tell(story.reassigned(21, reason=ReassignReason.REWORK, resolution_due_at=at(30)))
    bench.tell(story.completed(25, attempt=2, department="parks"), story.handled(25))
    assert bench.case_row().overdue is False


def test_a_lead_that_was_not_needed_is_judged_by_the_handling(bench: Bench, story: Story) -> None:
    """Its round ended without it, and in time."""
    bench.tell(story.filed(), story.dispatched(required=False), story.assisting(required=True))
    bench.tell(story.completed(4, task_no=2, department="water"), story.handled(4))
    bench.order(FAILED, 20)
    bench.tell(story.reassigned(21, reason=ReassignReason.REWORK, resolution_due_at=at(30)))
    assert bench.case_row().overdue is None


def test_a_late_assisting_attempt_makes_no_case_overdue(bench: Bench, story: Story) -> None:
    """The deadlines of a case are those of its lead."""
    task: dict[str, Any] = {"task": story.ref(2, 2), "replaces": story.ref(2, 1).task_id}
    bench.tell(story.filed(), story.dispatched(), story.assisting(resolution_due_at=at(1)))
    bench.tell(story.reassigned(2, role=TaskRole.ASSIST, resolution_due_at=at(9), **task))
    assert bench.case_row().overdue is None


@pytest.mark.parametrize(("hours", "overdue"), [(8, None), (8.1, True)])
def test_an_extension_after_the_deadline_does_not_undo_it(
    bench: Bench, story: Story, hours: float, overdue: bool | None
) -> None:
    """It gives time, and the deadline had passed; granted at the deadline it had not."""
    bench.tell(story.filed(), story.dispatched(), story.extended(hours, due=16))
    assert bench.case_row().overdue is overdue


@pytest.mark.parametrize("completion_first", [True, False])
def test_an_extension_after_the_completion_moves_nothing(
    bench: Bench, story: Story, completion_first: bool
) -> None:
    """The deadline that was known when the work was done counts, whatever is read first."""
    late, extended = story.completed(9), story.extended(10, due=16)
    bench.tell(story.filed(), story.dispatched())
    bench.tell(*((late, extended) if completion_first else (extended, late)))
    bench.tell(story.handled(11))
    row = bench.case_row()
    assert (row.due_at, row.overdue) == (at(8), True)
    assert (bench.task_row().due_at, bench.task_row().extensions) == (at(8), 1)


def test_a_suspension_after_the_completion_stops_nothing(bench: Bench, story: Story) -> None:
    """A clock that the work has ended cannot stand still."""
    bench.tell(story.filed(), story.dispatched(), story.suspended(5), story.completed(4))
    row = bench.case_row()
    assert (row.due_at, row.suspended, row.remaining_s) == (at(8), False, None)


def test_the_last_move_before_the_completion_counts(bench: Bench, story: Story) -> None:
    """Of several, those that came later are left out."""
    bench.tell(story.filed(), story.dispatched(), story.extended(3, due=16))
    bench.tell(story.suspended(5), story.resumed(6, due=20), story.completed(4))
    assert (bench.case_row().due_at, bench.task_row().suspended) == (at(16), False)


def test_a_missed_deadline_of_the_source_system_stays_missed(bench: Bench, story: Story) -> None:
    """An extension by the router replaces it and does not undo it."""
    bench.tell(story.filed(clock=ExternalClock(due_at=at(2))))
    bench.tell(story.dispatched(resolution_due_at=at(2)), story.extended(3, due=16))
    row = bench.case_row()
    assert (row.due_at, row.overdue) == (at(16), True)


def test_the_state_of_an_older_release_reads_on(bench: Bench, story: Story) -> None:
    """It does not say when a clock was moved: what it says counts, and nothing was missed by it."""
    bench.tell(story.filed(), story.dispatched(), story.extended(9, due=16), story.completed(12))
    assert was_late(bench.state, bench.state.leads) is True
    kept = msgspec.to_builtins(bench.state)
    del kept["late"], kept["tasks"][0]["moved_before"], kept["tasks"][0]["clock"]["at"]
    old = msgspec.convert(kept, Case)
    assert (case_due_at(old.filing, old.leads), was_late(old, old.leads)) == (at(16), False)
