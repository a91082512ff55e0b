"""A case on a bench, and the facts of other rooms about it."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import at

from civicloop_contracts.fact import Replay


@pytest.fixture
def bench() -> Bench:
    """A case of which nothing was read."""
    return Bench()


@pytest.fixture
def story() -> Story:
    """The facts of a live case."""
    return Story()


@pytest.fixture
def replayed() -> Story:
    """The facts of a case of an imported history, read at hour 100."""
    return Story(replay=Replay(run="boston-1", handled_at=at(4), as_of=at(100)))


@pytest.fixture
def handled_bench(bench: Bench, story: Story) -> Bench:
    """A case that waits for its verification since hour 4."""
    bench.tell(story.filed(), story.dispatched(), story.acknowledged())
    bench.tell(story.completed(), story.handled())
    return bench
