"""Folding facts: the order across sources does not matter."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import HANDLER, at

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from feedback.domain.case import Case, CaseState

STORY = Story()
INTAKE = (STORY.filed(), STORY.attached(), STORY.withdrawn(), STORY.attached(3))
OURS = {"department": "urban-management"}
ROUTER = (
    STORY.dispatched(),
    STORY.assisting(),
    STORY.reassigned(1),
    STORY.disputed(2),
    STORY.escalated(2),
    STORY.settled(2.5),
    STORY.reassigned(2.5, 3, reason=codes.ReassignReason.SETTLED, **OURS),
    STORY.suspended(2.7, task=STORY.ref(1, 3)),
    STORY.resumed(3, due=12, task=STORY.ref(1, 3)),
    STORY.extended(3.1, due=20, task=STORY.ref(1, 3)),
    STORY.reminded(3.5),
    STORY.handled(),
)
DEPARTMENT = (
    STORY.delivered(),
    STORY.acknowledged(),
    STORY.returned(),
    STORY.returned(1.5, attempt=2, department="parks"),
    STORY.progressed(2, task_no=2, handler="c" * 16),
    STORY.suspension_requested(2.6),
    STORY.extension_requested(3),
    STORY.completed(4, attempt=3),
)
SOURCES = (INTAKE, ROUTER, DEPARTMENT)


def read(facts: list[Fact]) -> Case:
    """Return the case after *facts*, in that order."""
    bench = Bench()
    bench.tell(*facts)
    return bench.state


@st.composite
def interleavings(draw: st.DrawFn) -> list[Fact]:
    """Draw an order of all facts that keeps the order within each source."""
    left = [list(source) for source in SOURCES]
    order: list[Fact] = []
    while any(left):
        source = draw(st.sampled_from([facts for facts in left if facts]))
        order.append(source.pop(0))
    return order


@given(interleavings())
@settings(deadline=None)
def test_any_interleaving_ends_in_the_same_case(order: list[Fact]) -> None:
    """Whichever source is read first, the case is the same in the end."""
    assert read(order) == read([fact for source in SOURCES for fact in source])


@pytest.mark.parametrize("order", list(permutations(SOURCES)))
def test_each_source_may_be_read_to_its_end_first(order: tuple[tuple[Fact, ...], ...]) -> None:
    """A room that starts after all others have finished ends where they are."""
    case = read([fact for source in order for fact in source])
    assert case.state is CaseState.TO_VERIFY
    assert case.handlers == (HANDLER, "c" * 16)


def test_an_older_answer_never_moves_a_time_forward(bench: Bench, story: Story) -> None:
    """The first acknowledgement counts, whichever is read first."""
    bench.tell(story.dispatched(), story.acknowledged(2), story.acknowledged(1))
    assert bench.state.tasks[0].acknowledged_at == at(1)


@pytest.mark.choreography("feedback", "CaseRejected")
def test_a_rejected_case_is_at_its_end(bench: Bench, story: Story) -> None:
    """CaseRejected ends what was never filed."""
    assert bench.tell(story.rejected()) == []
    assert bench.state.state is CaseState.REJECTED


@pytest.mark.choreography("feedback", "DisputeOpened", "DeliveryParked", "Remarked")
def test_what_only_counts_is_counted(bench: Bench, story: Story) -> None:
    """Disputes, parked deliveries and others' remarks are measured."""
    bench.tell(story.dispatched(), story.disputed(), story.parked(), story.parked(0.2))
    bench.tell(story.remarked())
    row = bench.case_row()
    assert (row.disputes, row.remarks, bench.task_row().parked) == (1, 1, 2)


def test_the_public_status_follows(handled_bench: Bench, story: Story) -> None:
    """The snapshot tells the status that anybody may know."""
    fresh = Bench()
    assert fresh.snapshot().status is codes.CaseStatus.FILED
    fresh.tell(story.filed())
    assert fresh.snapshot().status is codes.CaseStatus.FILED
    fresh.tell(story.dispatched())
    assert fresh.snapshot().status is codes.CaseStatus.HANDLING
    assert handled_bench.snapshot().status is codes.CaseStatus.VERIFYING
