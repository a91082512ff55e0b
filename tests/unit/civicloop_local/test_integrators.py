"""What an integrator is given: named public topics, groups of its own, nothing else."""

from __future__ import annotations

import pytest

from civicloop_contracts.topics import load_topics
from civicloop_local.errors import StackError
from civicloop_local.integrators import (
    Integrator,
    checked_topics,
    public_topics,
    rights_of,
    user_named,
)
from civicloop_local.kafka_rights import Right

PERMITS = Integrator(name="permits", topics=("intake.cases",))


def test_rights_are_read_and_describe_and_groups_by_prefix() -> None:
    """Topics by their literal names; the prefix ends in a dot."""
    user = "integrator-permits"
    assert rights_of(PERMITS) == {
        Right(user, "READ", "TOPIC", "intake.cases"),
        Right(user, "DESCRIBE", "TOPIC", "intake.cases"),
        Right(user, "READ", "GROUP", "integrator-permits.", by_prefix=True),
    }


def test_a_prefix_stands_before_topics_only() -> None:
    """A test's topics are elsewhere; groups belong to the integrator."""
    names = {right.resource: right.name for right in rights_of(PERMITS, prefix="t1-")}
    assert names == {"TOPIC": "t1-intake.cases", "GROUP": "integrator-permits."}


def test_no_group_of_one_is_a_group_of_another() -> None:
    """The dot cannot be in a name."""
    longer = Integrator(name="permits-2", topics=())
    assert not f"{longer.group_prefix}x".startswith(PERMITS.group_prefix)


def test_every_public_topic_can_be_had_and_no_other() -> None:
    """As the topic files say."""
    asked = {topic.name for topic in load_topics() if topic.classification == "public"}
    assert set(checked_topics(asked)) == asked == set(public_topics())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (["intake.cases", "router.dead-letters"], "router.dead-letters is restricted"),
        (["intake.case"], "there is no topic intake.case"),
        ([""], "no topic is named"),
        ([], "no topic is named"),
    ],
)
def test_what_cannot_be_had_is_refused_in_one_line(asked: list[str], said: str) -> None:
    """With the names of those that can."""
    with pytest.raises(StackError, match=said) as raised:
        checked_topics(asked)
    assert "feedback.case-snapshots" in str(raised.value)
    assert "dead-letters" not in str(raised.value).partition(": ")[2]


def test_a_topic_named_twice_is_one() -> None:
    """In the order of asking."""
    assert checked_topics(["router.tasks", "intake.cases", "router.tasks"]) == (
        "router.tasks",
        "intake.cases",
    )


@pytest.mark.parametrize("name", ["", "Permits", "9x", "a.b", "a b", "water/1", "x" * 32, "许可"])
def test_what_is_no_name_is_refused(name: str) -> None:
    """Small letters, digits, hyphens; a letter first."""
    with pytest.raises(StackError, match="is no name"):
        user_named(name)


@pytest.mark.parametrize("name", ["a", "water-2", "x" * 31])
def test_a_name_becomes_a_user(name: str) -> None:
    """So that no integrator can be a service or the administrator."""
    assert user_named(name) == f"integrator-{name}"
