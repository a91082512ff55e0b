"""The subscriber: what it asks of Kafka, where it goes on, and how it leaves."""

import asyncio
from contextlib import suppress

import pytest
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaConnectionError
from faststream import AckPolicy
from tests.unit.civicloop_kit.hurried import hurried, seconds
from tests.unit.civicloop_kit.streaming import ONE, RECORD, TWO, Bench

from civicloop_kit.positions import HistoryMissingError
from civicloop_kit.postgres import MisconfiguredError, UnavailableError

BOTH = {("intake.cases", 0): 3, ("intake.cases", 1): 4}


def failure(bench: Bench) -> Exception | None:
    """Return why nothing is read."""
    return bench.stream.failure


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Give a stream."""
    return Bench(monkeypatch)


def test_the_subscriber_is_the_protocols(bench: Bench) -> None:
    """Nothing is acknowledged by itself; its times are those that the protocol states."""
    asked = bench.broker.subscribed
    assert bench.broker.topics == ("intake.cases",)
    assert (asked["group_id"], asked["group_instance_id"]) == ("router", "router-0")
    assert (asked["batch"], asked["auto_offset_reset"]) == (True, "earliest")
    assert asked["ack_policy"] is AckPolicy.MANUAL
    assert asked["max_records"] == 500
    assert asked["batch_timeout_ms"] == 20
    assert asked["fetch_max_wait_ms"] == 100
    assert asked["rebalance_timeout_ms"] == 30_000
    assert asked["max_poll_interval_ms"] == 24 * 60 * 60 * 1000
    # A session bears three heartbeats that are lost; Kafka takes whole milliseconds.
    assert asked["session_timeout_ms"] == 10_000
    assert repr(asked["heartbeat_interval_ms"]) == "2500"


def test_the_broker_is_only_read_from(bench: Bench) -> None:
    """It makes no topic, changes no record, and does not wait a second time at the end."""
    asked = bench.broker.settings
    assert asked["consumer_only"] is True
    assert asked["allow_auto_create_topics"] is False
    assert asked["apply_types"] is False
    assert asked["security"].use_ssl is False
    assert asked["graceful_timeout"] == 1


async def test_it_goes_on_where_the_database_says(bench: Bench) -> None:
    """Paused until every partition is at its place."""
    await bench.stream.on_partitions_assigned([ONE, TWO])
    assert bench.consumer.at == {ONE: 3, TWO: 4}
    assert bench.consumer.paused == set()
    assert bench.batches.assigned == [BOTH]


async def test_without_a_consumer_nothing_is_assigned(bench: Bench) -> None:
    """Kafka may still tell while we have left."""
    bench.broker.consumer = None
    await bench.stream.on_partitions_assigned([ONE])
    assert bench.batches.assigned == []


@pytest.mark.parametrize(
    "error", [UnavailableError("08006"), KafkaConnectionError("away"), ConnectionResetError("cut")]
)
def test_places_are_asked_for_until_they_are_known(bench: Bench, error: Exception) -> None:
    """Nothing is read meanwhile."""
    (bench.database if isinstance(error, UnavailableError) else bench.consumer).fails = [error] * 2
    hurried(bench.stream.on_partitions_assigned([ONE, TWO]))
    assert bench.batches.assigned == [BOTH]
    assert (bench.consumer.paused, bench.stream.failure) == (set(), None)


async def test_what_cannot_be_cured_stops_the_stream(bench: Bench) -> None:
    """It stays paused and says why, until it can be cured."""
    bench.database.fails = [MisconfiguredError("42501")]
    await bench.stream.on_partitions_assigned([ONE, TWO])
    assert isinstance(failure(bench), MisconfiguredError)
    assert bench.consumer.paused == {ONE, TWO}
    bench.consumer.begin = 50
    await bench.stream.on_partitions_assigned([ONE, TWO])
    assert isinstance(failure(bench), HistoryMissingError)
    bench.consumer.begin = 0
    await bench.stream.on_partitions_assigned([ONE, TWO])
    assert (failure(bench), bench.consumer.paused) == (None, set())


async def test_a_stopped_room_reads_nothing_more(bench: Bench) -> None:
    """After a bad release an assignment does not start it again."""
    bench.batches.stopped = ZeroDivisionError()
    await bench.stream.on_partitions_assigned([ONE, TWO])
    assert bench.batches.assigned == [BOTH]
    assert bench.consumer.paused == {ONE, TWO}


async def test_a_batch_is_applied_under_its_assignment(bench: Bench) -> None:
    """The generation is that of the moment at which it came, not of its turn."""
    bench.waits_s = 0.01
    handing = asyncio.create_task(bench.hand_over())
    await asyncio.sleep(0)
    bench.batches.generation = 2
    await handing
    ((records, generation),) = bench.batches.applied
    assert (records, generation) == ([RECORD], 1)


def test_batches_are_applied_one_after_another(bench: Bench) -> None:
    """Two handlers never have batches in hand at once."""
    bench.batches.takes_s = 5

    async def both() -> float:
        await asyncio.gather(bench.hand_over(), bench.hand_over())
        return seconds()

    assert hurried(both()) == 10
    assert len(bench.batches.applied) == 2


async def test_a_batch_that_fails_stops_the_reading(bench: Bench) -> None:
    """Nothing leaves the handler; what comes next stays in the topic."""
    await bench.stream.on_partitions_assigned([ONE, TWO])
    await bench.hand_over()
    assert bench.consumer.paused == set()
    bench.batches.fails = ZeroDivisionError()
    await bench.hand_over()
    assert bench.consumer.paused == {ONE, TWO}


async def test_a_batch_may_fail_after_the_consumer_is_gone(bench: Bench) -> None:
    """There is nothing to pause then."""
    bench.batches.fails = ZeroDivisionError()
    bench.broker.consumer = None
    await bench.hand_over()
    assert bench.batches.stopped is bench.batches.fails


@pytest.mark.parametrize(("takes_s", "lasts_s", "applied"), [(2, 2, 1), (9, 3, 0)])
def test_a_revocation_waits_a_moment_for_the_batch_in_hand(
    bench: Bench, takes_s: float, lasts_s: float, applied: int
) -> None:
    """Then it is rolled back: whoever has the partitions next reads it again."""
    bench.batches.takes_s = takes_s

    async def revoke() -> float:
        handing = asyncio.create_task(bench.hand_over())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bench.stream.on_partitions_revoked([ONE, TWO])
        lasted_s = seconds()
        await handing
        return lasted_s

    assert hurried(revoke()) == lasts_s
    assert len(bench.batches.applied) == applied
    assert bench.batches.assigned == [{}]


def test_a_revocation_of_nothing_waits_for_nothing(bench: Bench) -> None:
    """A process without partitions has nothing that could hold the others up."""
    bench.batches.takes_s = 2

    async def revoke() -> float:
        handing = asyncio.create_task(bench.hand_over())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await bench.stream.on_partitions_revoked([])
        lasted_s = seconds()
        await handing
        return lasted_s

    assert hurried(revoke()) == 0
    assert bench.batches.assigned == [{}]


@pytest.mark.parametrize("error", [KafkaConnectionError("away"), ConnectionResetError("cut")])
def test_a_broker_that_is_away_is_tried_again(bench: Bench, error: Exception) -> None:
    """Each try from the beginning; then it reads."""
    bench.broker.fails = [error, error]
    bench.batches.positions = BOTH
    bench.run_for(5)
    assert (bench.broker.started, bench.broker.stopped) == (3, 3)
    assert bench.consumer.committed


def test_kafka_is_told_how_far_we_are(bench: Bench) -> None:
    """Once a second, where something has moved; again at the end, for those who watch the lag."""
    bench.batches.positions = BOTH

    async def move() -> None:
        await asyncio.sleep(2.5)
        bench.batches.positions = {**BOTH, ("intake.cases", 0): 9}

    bench.run_for(6.5, move)
    told = [(at, offsets[ONE]) for at, offsets in bench.consumer.committed]
    assert told == [(1, 3), (3, 9), (6.5, 9)]
    assert bench.consumer.committed[0][1] == {ONE: 3, TWO: 4}


def test_nothing_is_told_of_nothing(bench: Bench) -> None:
    """A process that stands by has no positions."""
    bench.run_for(3.5)
    assert bench.consumer.committed == []


def test_what_was_not_told_is_told_later(bench: Bench) -> None:
    """A commit that was refused costs nothing but a second."""
    bench.batches.positions = BOTH
    bench.consumer.refuses_commits = CommitFailedError("rebalance")

    async def cure() -> None:
        await asyncio.sleep(2.5)
        bench.consumer.refuses_commits = None

    bench.run_for(4.5, cure)
    assert [at for at, _ in bench.consumer.committed] == [3, 4.5]


@pytest.mark.parametrize(
    "error",
    [CommitFailedError("x"), IllegalStateError("x"), KafkaConnectionError("x"), ValueError()],
)
def test_no_refused_commit_ends_the_stream(bench: Bench, error: Exception) -> None:
    """The truth is in the database."""
    bench.batches.positions = BOTH
    bench.consumer.refuses_commits = error
    bench.run_for(3.5)
    assert bench.broker.stopped == 1


def test_a_consumer_that_is_gone_is_told_nothing(bench: Bench) -> None:
    """As between two starts."""
    bench.batches.positions = BOTH
    bench.broker.consumer = None
    bench.run_for(2.5)
    assert bench.consumer.committed == []


def test_a_consumer_that_comes_later_is_told(bench: Bench) -> None:
    """Though nothing has moved since."""
    bench.batches.positions = BOTH
    bench.broker.consumer = None

    async def come() -> None:
        await asyncio.sleep(2.5)
        bench.broker.consumer = bench.consumer

    bench.run_for(3.5, come)
    assert [at for at, _ in bench.consumer.committed] == [3, 3.5]


def test_a_commit_that_hangs_holds_the_next_up_for_five_seconds(bench: Bench) -> None:
    """Then it is given up."""
    bench.batches.positions = BOTH
    bench.consumer.hangs = True

    async def cure() -> None:
        await asyncio.sleep(5.9)
        bench.consumer.hangs = False

    bench.run_for(8, cure)
    assert [at for at, _ in bench.consumer.committed] == [7, 8]


def test_a_lost_partition_is_read_anew(bench: Bench) -> None:
    """Each time that a batch finds somebody else's position."""

    async def lose() -> None:
        for _ in range(2):
            await asyncio.sleep(1)
            bench.batches.lost.set()

    bench.run_for(5, lose)
    assert bench.batches.assigned == [BOTH, BOTH]


def test_a_lost_partition_of_nobody_is_not_read(bench: Bench) -> None:
    """Without a consumer there is nothing to place."""
    bench.broker.consumer = None

    async def lose() -> None:
        bench.batches.lost.set()

    bench.run_for(5, lose)
    assert bench.batches.assigned == []


@pytest.mark.parametrize(("takes_s", "lasts_s", "applied"), [(4, 4, 1), (60, 5, 0)])
def test_leaving_waits_for_the_batch_in_hand(
    bench: Bench, takes_s: float, lasts_s: float, applied: int
) -> None:
    """Not for ever; what is rolled back is read again by the next."""
    bench.batches.takes_s = takes_s
    bench.batches.positions = BOTH
    tasks = []

    async def hand_over() -> None:
        tasks.append(asyncio.create_task(bench.hand_over()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    assert bench.run_for(0, hand_over) == lasts_s
    assert len(bench.batches.applied) == applied
    assert bench.broker.stopped == 1


def test_leaving_waits_not_long_for_a_last_commit(bench: Bench) -> None:
    """It is only for those who watch."""
    bench.batches.positions = BOTH
    bench.consumer.hangs = True
    assert bench.run_for(0.5) == 2.5
    assert bench.broker.stopped == 1


def test_nothing_is_applied_while_leaving(bench: Bench) -> None:
    """What is still handed over is read again by the next."""

    async def leave() -> None:
        task = asyncio.create_task(bench.stream.run())
        await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await bench.hand_over()
        await bench.stream.on_partitions_assigned([ONE])

    hurried(leave())
    assert bench.batches.applied == []
    assert bench.batches.assigned == []
