"""The table of legal steps names what there is, and everything that there is."""

import pytest

from civicloop_contracts.choreography import writers
from civicloop_contracts.facts import FACTS
from civicloop_contracts.topics import fact_topic
from civicloop_contracts.transitions import WITHOUT_STEP, Thing, load_transitions

TABLE = load_transitions()
NAMES = {fact.__name__ for fact in FACTS}


def _fact(step: str) -> str:
    return step.partition("/")[0]


def test_every_fact_is_a_step_of_something() -> None:
    """A fact that moves nothing is a remark."""
    known = {_fact(step) for thing in TABLE.things for step in thing.steps}
    assert known == NAMES - {WITHOUT_STEP}


@pytest.mark.parametrize("thing", TABLE.things, ids=lambda thing: thing.name)
def test_a_thing_moves_by_the_facts_of_its_own_source(thing: Thing) -> None:
    """Order holds within a source only."""
    producer = fact_topic(thing.source).producer
    by_name = {fact.__name__: writer for fact, writer in writers().items()}
    assert {by_name[_fact(step)] for step in thing.steps} == {str(producer)}


@pytest.mark.parametrize("thing", TABLE.things, ids=lambda thing: thing.name)
def test_every_state_can_be_reached(thing: Thing) -> None:
    """A misspelt state would forbid what is legal."""
    reached = {thing.start} | {after for row in thing.steps.values() for after in row.values()}
    assert {before for row in thing.steps.values() for before in row} <= reached


def test_needs_name_facts_and_fields_that_exist() -> None:
    """A misspelt need would never be fulfilled, or never be asked."""
    fields = {fact.__name__: {*fact.model_fields, "task_id"} for fact in FACTS}
    for need in TABLE.needs:
        for name in (need.fact, *need.of):
            assert _fact(name) in NAMES
            assert set(need.same) <= fields[_fact(name)]


def test_what_handled_and_ended_mean_is_said_in_facts() -> None:
    """As above."""
    handled = TABLE.handled
    assert {handled.fact, _fact(handled.solved), *handled.done, handled.required} <= NAMES
    assert set(TABLE.ends) <= NAMES
