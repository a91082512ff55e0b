"""Which facts are read, and that each is translated."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import POLICY

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import Service
from civicloop_contracts.fact import Fact
from feedback.entrypoints.stream import FeedbackStream, routes

STORY = Story()
ALL = (
    STORY.filed(),
    STORY.rejected(),
    STORY.attached(),
    STORY.withdrawn(),
    STORY.dispatched(),
    STORY.reassigned(),
    STORY.disputed(),
    STORY.settled(),
    STORY.reminded(),
    STORY.supervised(),
    STORY.escalated(),
    STORY.extended(),
    STORY.extension_refused(),
    STORY.suspended(),
    STORY.suspension_refused(),
    STORY.resumed(),
    STORY.withdrawal_refused(),
    STORY.merge_refused(),
    STORY.handled(),
    STORY.delivered(),
    STORY.parked(),
    STORY.acknowledged(),
    STORY.returned(),
    STORY.progressed(),
    STORY.completed(),
    STORY.extension_requested(),
    STORY.suspension_requested(),
    STORY.remarked(),
)


def test_handlers_are_those_of_the_choreography() -> None:
    """Every fact that moves this room has a handler, and no other."""
    assert routes(FeedbackStream(POLICY)).keys() == handled_by(Service.FEEDBACK)


@pytest.mark.parametrize("fact", ALL, ids=lambda fact: type(fact).__name__)
def test_each_fact_may_be_the_first(bench: Bench, fact: Fact) -> None:
    """Whichever fact comes first makes the case known."""
    bench.tell(fact)
    assert bench.state.known


@pytest.mark.parametrize("fact", ALL, ids=lambda fact: type(fact).__name__)
def test_each_fact_starts_a_replay(bench: Bench, replayed: Story, fact: Fact) -> None:
    """Whichever fact of an imported history comes first tells its run."""
    bench.tell(fact.model_copy(update={"replay": replayed.replay}))
    assert bench.state.replay is not None
    assert bench.state.replay.run == "boston-1"


def test_every_handled_fact_is_tried() -> None:
    """The list above is complete."""
    assert {type(fact) for fact in ALL} == handled_by(Service.FEEDBACK)
