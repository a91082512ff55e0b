"""Where to go on in each partition: the truth is a row that is saved with the work itself."""

from collections.abc import Sequence
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from civicloop_kit.postgres import Connection, Database, load_queries

_QUERIES: Final = load_queries(__package__)


class HistoryMissingError(Exception):
    """The saved position is not in the topic: facts were deleted unread, or the topic is not ours.

    Restore the topic, or start with a database that fits it.
    """


async def read_positions(
    connection: Connection, partitions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Return the saved next offset of each partition that has one."""
    rows = await connection.fetch(
        _QUERIES["read_positions"], [t for t, _ in partitions], [p for _, p in partitions]
    )
    return {(row["topic"], row["partition"]): row["next"] for row in rows}


async def saved_positions(
    database: Database, partitions: Sequence[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Return how far this service has read, whichever of its processes did it.

    Raises:
        UnavailableError: The database does not answer.
    """
    async with database.read() as connection:
        return await read_positions(connection, partitions)


async def starting_positions(
    database: Database, consumer: AIOKafkaConsumer, assigned: Sequence[TopicPartition]
) -> dict[tuple[str, int], int]:
    """Return where to go on; a partition that nobody has read starts where the topic starts.

    Raises:
        HistoryMissingError: A position is outside of its partition.
    """
    if not assigned:
        return {}
    begin = await consumer.beginning_offsets(assigned)
    places = [(place.topic, place.partition) for place in assigned]
    async with database.transaction() as connection:
        await connection.execute(
            _QUERIES["make_positions"],
            [topic for topic, _ in places],
            [partition for _, partition in places],
            [begin[place] for place in assigned],
        )
        positions = await read_positions(connection, places)
    # Asked last: whoever had the partitions may just have saved the newest record.
    end = await consumer.end_offsets(assigned)
    for place in assigned:
        if not begin[place] <= positions[place.topic, place.partition] <= end[place]:
            message = f"{place.topic}/{place.partition}: {HistoryMissingError.__doc__}"
            raise HistoryMissingError(message)
    return positions
