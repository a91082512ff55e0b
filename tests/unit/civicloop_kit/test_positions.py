"""Where reading goes on, and when it must not."""

from typing import Any, cast

import pytest
from aiokafka import TopicPartition
from tests.unit.civicloop_kit.scripted import Scripted

from civicloop_kit.positions import HistoryMissingError, starting_positions

ONE, TWO = TopicPartition("intake.cases", 0), TopicPartition("intake.cases", 1)


class Topic:
    """A consumer that knows where partitions begin and end."""

    def __init__(self, begin: int, end: int) -> None:
        self._begin, self._end = begin, end

    async def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the oldest offsets."""
        return dict.fromkeys(places, self._begin)

    async def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offsets of what comes next."""
        return dict.fromkeys(places, self._end)


def saved(*positions: int) -> Scripted:
    """Return a database with the positions of partitions 0, 1, ..."""
    rows = [
        {"topic": "intake.cases", "partition": number, "next": position}
        for number, position in enumerate(positions)
    ]
    return Scripted(read_positions=rows)


async def start(
    database: Scripted, assigned: list[TopicPartition], begin: int = 300, end: int = 900
) -> dict[tuple[str, int], int]:
    """Return where to go on."""
    consumer = cast("Any", Topic(begin, end))
    return await starting_positions(cast("Any", database), consumer, assigned)


@pytest.mark.parametrize("position", [300, 301, 899, 900])
async def test_a_position_in_the_topic_is_taken(position: int) -> None:
    """From the oldest record up to what is not written yet."""
    database = saved(position)
    assert await start(database, [ONE]) == {("intake.cases", 0): position}
    assert database.arguments("make_positions") == (["intake.cases"], [0], [300])


@pytest.mark.parametrize("position", [0, 299, 901])
async def test_a_position_outside_of_the_topic_is_refused(position: int) -> None:
    """What was deleted unread, or is not there, is never jumped over."""
    with pytest.raises(HistoryMissingError, match=r"intake\.cases/0"):
        await start(saved(position), [ONE])


async def test_every_partition_is_looked_at() -> None:
    """One that is well says nothing about its neighbour."""
    with pytest.raises(HistoryMissingError, match=r"intake\.cases/1"):
        await start(saved(300, 299), [ONE, TWO])


async def test_an_empty_topic_starts_at_its_only_position() -> None:
    """Its begin is its end."""
    assert await start(saved(7), [ONE], 7, 7) == {("intake.cases", 0): 7}


async def test_without_partitions_nobody_is_asked() -> None:
    """A process that stands by costs nothing."""
    database = saved()
    assert await start(database, []) == {}
    assert database.asked == []
