"""What is measured of a case and its tasks."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import VERIFIER, at, task_ref

from civicloop_contracts import codes
from civicloop_contracts.facts.parts import ExternalClock
from feedback.domain.commands import VerifyCase
from feedback.domain.measures import CaseMeasure, TaskMeasure


@pytest.mark.choreography("feedback", "CaseFiled")
def test_a_filed_case_is_measured(bench: Bench, story: Story) -> None:
    """What it is, where and when: the district is the first six digits of the division."""
    bench.tell(story.filed())
    row = bench.case_row()
    assert (row.filed_at, row.channel, row.district) == (at(0), "hotline", "410105")
    assert (row.standard_ref, row.kind, row.code) == ("gbt-47678.5-2026", "component", "01001")


@pytest.mark.choreography("feedback", "TaskDispatched")
def test_the_lead_task_gives_the_deadline(bench: Bench, story: Story) -> None:
    """Assisting tasks have clocks of their own; the case has that of its lead."""
    bench.tell(story.filed(), story.assisting(resolution_due_at=at(2)), story.dispatched())
    row = bench.case_row()
    assert (row.due_at, row.lead) == (at(8), "urban-management")


@pytest.mark.parametrize(("hours", "overdue"), [(7.9, False), (8, False), (8.1, True)])
def test_overdue_is_judged_by_when_it_was_handled(
    bench: Bench, story: Story, hours: float, overdue: bool
) -> None:
    """Later than the deadline is overdue; at the deadline is on time."""
    bench.tell(story.filed(), story.dispatched())
    assert bench.case_row().overdue is None
    bench.tell(story.completed(hours), story.handled(hours))
    assert bench.case_row().overdue is overdue


@pytest.mark.parametrize("due", [at(2), None])
def test_a_source_clock_replaces_the_lead_clock(bench: Bench, story: Story, due: object) -> None:
    """A source system's deadline counts; without one the case is on time for ever."""
    clock = ExternalClock.model_validate({"due_at": due})
    bench.tell(story.filed(clock=clock), story.dispatched(), story.handled(4))
    row = bench.case_row()
    assert row.source_clock is True
    assert row.due_at == due
    assert row.overdue is (due is not None)


def test_the_source_lead_counts_until_the_dispatch(bench: Bench, story: Story) -> None:
    """Whom a source system named leads, until the router has decided."""
    bench.tell(story.filed(lead="boston-parks"))
    assert bench.case_row().lead == "boston-parks"
    bench.tell(story.dispatched())
    assert bench.case_row().lead == "urban-management"


@pytest.mark.choreography("feedback", "TaskAcknowledged", "TaskProgressed")
def test_the_response_is_that_of_the_lead(bench: Bench, story: Story) -> None:
    """The assisting department's answer stops no clock of the case."""
    bench.tell(story.filed(), story.dispatched(), story.assisting())
    bench.tell(story.acknowledged(0.2, task_no=2))
    assert bench.case_row().first_response_at is None
    bench.tell(story.progressed(0.5), story.acknowledged(0.6))
    assert bench.case_row().first_response_at == at(0.5)


def test_a_task_that_was_not_needed_counts_as_cancelled(bench: Bench, story: Story) -> None:
    """Handled without its completion: cancelled; a completion that comes late stands."""
    bench.tell(story.dispatched(), story.assisting(), story.completed())
    assert bench.task_row(2).cancelled is False
    bench.tell(story.handled())
    assert bench.task_row(1).cancelled is False
    assert bench.task_row(2).cancelled is True
    bench.tell(story.completed(3.9, task_no=2))
    assert bench.task_row(2).cancelled is False


@pytest.mark.choreography("feedback", "TaskDelivered", "TaskCompleted")
def test_a_task_row_tells_its_way(bench: Bench, story: Story) -> None:
    """Each step of a task is in its row."""
    bench.tell(story.delivered(), story.acknowledged(), story.dispatched(), story.completed())
    row = bench.task_row()
    assert row.task_id == task_ref().task_id
    assert row.role == "lead"
    assert [row.dispatched_at, row.delivered_at, row.acknowledged_at, row.completed_at] == [
        at(0),
        at(0.1),
        at(0.5),
        at(4),
    ]


def test_rows_that_cannot_have_changed_are_not_written(bench: Bench, story: Story) -> None:
    """A delivery is measured at its task; what is no task's leaves the tasks' rows alone."""
    bench.tell(story.dispatched())
    before = len(bench.effects)
    bench.tell(story.delivered())
    assert [type(row) for row in bench.effects[before:]] == [CaseMeasure, TaskMeasure]
    bench.tell(story.filed())
    assert [type(row) for row in bench.effects[before + 2 :]] == [CaseMeasure]


def test_rework_is_counted(handled_bench: Bench) -> None:
    """A failed verification opens the case again and is counted."""
    handled_bench.order(VerifyCase(verifier=VERIFIER, passed=False), 5)
    row = handled_bench.case_row()
    assert (row.state, row.reworks, row.handled_at, row.overdue) == ("open", 1, None, None)


def test_a_replay_tells_its_run(bench: Bench, replayed: Story) -> None:
    """Imported histories are told apart, and carry the time at which their source was read."""
    bench.tell(replayed.dispatched())
    row = bench.case_row()
    assert (row.replay_run, row.as_of) == ("boston-1", at(100))


def test_a_rejected_case_keeps_its_channel(bench: Bench, story: Story) -> None:
    """Rejections are counted per channel."""
    bench.tell(story.rejected())
    row = bench.case_row()
    assert (row.rejected_at, row.channel, row.filed_at) == (at(0), codes.Channel.SNAP.value, None)
