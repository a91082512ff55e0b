"""A fact is immutable, names its cause, and cannot carry what a person said."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError, create_model

from civicloop_contracts.choreography import ANY_WRITER, effects, handled_by, writers
from civicloop_contracts.codes import Precision, Service
from civicloop_contracts.examples import example_of
from civicloop_contracts.fact import Fact, FreeTextError, event_type_of, refuse_free_text
from civicloop_contracts.facts import BY_TYPE, FACTS
from civicloop_contracts.facts.parts import Place
from civicloop_contracts.snapshot import CaseSnapshot
from civicloop_contracts.topics import fact_topic, load_topics, subscriptions


@pytest.mark.parametrize("model", [*FACTS, CaseSnapshot], ids=lambda model: model.__name__)
def test_no_model_can_carry_free_text(model: type[BaseModel]) -> None:
    """Every string of a public model is an enum or has a pattern."""
    refuse_free_text(model)


def test_free_text_cannot_be_declared() -> None:
    """A bare string in a fact fails when the class is made, and names the field."""
    with pytest.raises(FreeTextError, match="note"):

        class NoteWritten(Fact):
            note: str


def test_free_text_cannot_hide_in_a_part() -> None:
    """A nested string is found too."""

    class Part(BaseModel):
        words: str

    with pytest.raises(FreeTextError, match="words"):

        class NoteHidden(Fact):
            parts: list[Part]


@pytest.mark.parametrize(
    "pattern",
    [
        ".*",
        "^.{1,40}$",
        "[a-z]+",
        r"^\S+$",
        r"^\w+$",
        r"^[^\n]*$",
        r"^\p{Han}+$",
        "^[a-z ]+$",
        "^[0-9 -]+$",
    ],
)
def test_an_open_pattern_is_free_text(pattern: str) -> None:
    """A pattern that a name or a sentence fits says nothing."""
    with pytest.raises(FreeTextError, match="note"):

        class NotePatterned(Fact):
            note: Annotated[str, StringConstraints(pattern=pattern)]


@pytest.mark.parametrize(
    "kind", [Any, object, dict[str, int], dict[str, Any], list[Any], list, bytes, Any | None]
)
def test_what_takes_anything_is_free_text(kind: Any) -> None:
    """A field without a type, or with keys of anybody's choice, is a door for words."""
    with pytest.raises(FreeTextError, match="note"):
        create_model("NoteGiven", __base__=Fact, note=(kind, ...))


def test_a_part_that_keeps_what_it_does_not_know_is_free_text() -> None:
    """Unknown fields are ignored, never carried on."""

    class Keeping(BaseModel):
        model_config = ConfigDict(extra="allow")

    with pytest.raises(FreeTextError, match="Keeping"):
        create_model("NoteKept", __base__=Fact, note=(Keeping, ...))


def test_keys_with_a_pattern_are_no_free_text() -> None:
    """As the sources of a snapshot."""
    key = Annotated[str, StringConstraints(pattern=r"^/[a-z]{1,9}$")]
    refuse_free_text(create_model("Counted", counts=(dict[key, int], ...)))


@pytest.mark.parametrize("field", ["latitude", "longitude"])
def test_a_coarse_place_has_no_coordinates(field: str) -> None:
    """What may be told coarsely only cannot be told exactly by mistake."""
    with pytest.raises(ValidationError, match="coarse"):
        Place.model_validate({"division": "410105", "precision": "coarse", field: 34.7})


def test_an_exact_place_may_have_them_and_a_coarse_one_its_cell() -> None:
    """Both as before."""
    cell = Place(division="410105", precision=Precision.COARSE, h3_cell="8831aa5555fffff")
    exact = Place(division="410105", precision=Precision.EXACT, latitude=34.7, longitude=113.6)
    assert (cell.latitude, exact.latitude) == (None, 34.7)


@pytest.mark.parametrize("part", [*FACTS, Place, CaseSnapshot], ids=lambda part: part.__name__)
def test_an_error_never_quotes_what_was_given(part: type[BaseModel]) -> None:
    """Whoever logs it: what was given could be somebody's."""
    with pytest.raises(ValidationError) as caught:
        part.model_validate({"case_id": "13977312244-Wang", "division": "13977312244-Wang"})
    assert "Wang" not in str(caught.value)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_fact_cannot_be_changed(fact: type[Fact]) -> None:
    """What happened stays."""
    example = example_of(fact)
    for name in fact.model_fields:
        with pytest.raises(ValidationError):
            setattr(example, name, None)


def test_every_fact_has_a_type_of_its_own() -> None:
    """Types are named `civicloop.<noun>.<past-participle>.v1`."""
    assert len(BY_TYPE) == len(FACTS)
    assert event_type_of("CaseFiled") == "civicloop.case.filed.v1"
    assert event_type_of("WithdrawalRequested") == "civicloop.withdrawal.requested.v1"
    assert event_type_of("Remarked") == "civicloop.case.remarked.v1"


def test_a_reader_ignores_fields_that_it_does_not_know() -> None:
    """A newer writer's field holds nobody up."""
    example = example_of(FACTS[0]).model_dump()
    assert FACTS[0].model_validate({**example, "from_the_future": 1})


def test_every_fact_is_in_the_choreography() -> None:
    """The table has a row per fact, and no other."""
    assert set(effects()) == set(FACTS)


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact.__name__)
def test_a_fact_is_written_by_the_producer_of_its_topic(fact: type[Fact]) -> None:
    """One writer per topic."""
    writer = writers()[fact]
    if writer != ANY_WRITER:
        assert fact_topic(fact.source).producer == writer


@pytest.mark.parametrize("service", list(Service))
def test_a_room_subscribes_to_what_moves_it(service: Service) -> None:
    """A room that reacts to a fact reads its topic; a room never reads its own."""
    read = {topic.source for topic in subscriptions(service)}
    needed = {fact.source for fact, rooms in effects().items() if service in rooms and fact.source}
    assert needed <= read
    assert all(topic.producer != service for topic in subscriptions(service))


@pytest.mark.parametrize("service", list(Service))
def test_later_effects_are_not_expected_of_a_room_yet(service: Service) -> None:
    """`handled_by` holds what is written, so that handler tables can be compared with it."""
    assert all(effects()[fact][service] != "later" for fact in handled_by(service))


def test_topics_are_read_from_their_files() -> None:
    """Each file is one topic, named like it; a snapshot topic is compacted and transactional."""
    topics = {topic.name: topic for topic in load_topics()}
    assert len(topics) == 9
    shown = topics["feedback.case-snapshots"]
    assert (shown.compacted, shown.transactional, shown.source) == (True, True, None)
    assert all(topic.retention_ms is None for topic in topics.values())


def test_an_unknown_source_has_no_topic() -> None:
    """A misspelt source is an error, not an empty answer."""
    with pytest.raises(KeyError):
        fact_topic("/nobody/things")
