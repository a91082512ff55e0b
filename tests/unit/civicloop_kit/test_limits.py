"""The limits that the protocol states or that others were measured with, each in one place.

One that changes is a decision: whoever takes it changes it here, too, and says why.
"""

from typing import Any

import pytest
from prometheus_client import REGISTRY

from civicloop_kit import (
    admission,
    applying,
    backlog,
    backoff,
    batches,
    checks,
    commands,
    engine,
    failures,
    gathering,
    held,
    held_reads,
    http,
    leadership,
    logs,
    operation,
    operations,
    operator_bodies,
    operator_doors,
    postgres,
    problems,
    process,
    producing,
    relay,
    sealing,
    snapshots,
    startup,
    store,
    stream,
    timers,
    tracing,
    watchdog,
)
from civicloop_kit.metrics import METRICS

STATED = [
    # A bad release must not hold a city: 50 cases within a minute.
    (failures.MAX_NEW_BUGS, 50),
    (failures.BUG_WINDOW_S, 60),
    (held.LOOK_EVERY_S, 10),
    (held.SILENT_GAP.total_seconds(), 60),
    # Redone before a case is found at fault.
    (batches.MAX_CONFLICTS, 20),
    (batches.MAX_REFUSALS, 2),
    (batches.RETRY_POISON_S, 1),
    (applying.MAX_TIMERS_AT_ONCE, 1_000),
    (timers.MAX_AT_ONCE, 500),
    # Beyond these a caller is told to come again.
    (commands.PATIENCE_S, 5),
    (gathering.MAX_GATHERED, 500),
    (gathering.MAX_WAITING, 5_000),
    (problems.RETRY_AFTER_S, 2),
    (http.MAX_PATH_CHARS, 120),
    (http.MAX_ERRORS, 100),
    # The relay: every second, so much at once, and a pause above the mark.
    (relay.SCAN_EVERY_S, 1),
    (relay.SCAN_LIMIT, 50_000),
    (relay.REMEMBERED_CASES, 50_000),
    (backlog.HIGH_WATER, 20_000),
    (producing.key_hash.cache_info().maxsize, 20_000),
    (snapshots.FLUSH_LIMIT, 1_000),
    # A lease: asked for, pinged, over, and ended by the server itself.
    (leadership.ASK_EVERY_S, 0.5),
    (leadership.PING_EVERY_S, 2),
    (leadership.LEASE_S, 8),
    (watchdog.STUCK_AFTER_S, 60),
    (watchdog.LOOK_EVERY_S, 5),
    (backoff.FIRST_S, 0.05),
    (backoff.LONGEST_S, 2),
    (logs._CHATTY_PERIOD_S, 5),
    (logs._REMEMBERED_MESSAGES, 1_000),
    (postgres.CONNECT_TIMEOUT_S, 5),
    # A start: half a minute for the database, and how much of the topic is compared with it.
    (startup.OPEN_ATTEMPTS, 60),
    (startup.OPEN_EVERY_S, 0.5),
    (startup.TAIL_RECORDS, 20),
    (startup.READ_TIMEOUT_MS, 5_000),
    # A stop, whatever does not answer.
    (process.STOP_WITHIN_S, 9),
    (process.ANSWER_WITHIN_S, 3),
    (producing.STOP_TIMEOUT_S, 3),
    (snapshots.STOP_TIMEOUT_S, 3),
    (stream.REVOKE_TIMEOUT_S, 3),
    (stream.LEAVE_TIMEOUT_S, 5),
    (postgres.CLOSE_TIMEOUT_S, 3),
    # The database: a statement, a lock, a transaction without a word, a connection given back.
    (postgres.COMMAND_TIMEOUT_S, 8),
    (postgres.LOCK_TIMEOUT_MS, 2_000),
    (postgres.IDLE_IN_TRANSACTION_MS, 5_000),
    (postgres.RELEASE_TIMEOUT_S, 2),
    (checks.ANSWERS_WITHIN_S, 2),
    # What is shown and told, once a second.
    (snapshots.FLUSH_EVERY_S, 1),
    (stream.COMMIT_EVERY_S, 1),
    (stream.COMMIT_TIMEOUT_S, 5),
    # What is read of Kafka at once, and how soon a reader that is gone is missed.
    (stream.MAX_RECORDS, 500),
    (stream.BATCH_TIMEOUT_MS, 20),
    (stream.FETCH_MAX_WAIT_MS, 100),
    (stream.SESSION_TIMEOUT_MS, 10_000),
    (stream.REBALANCE_TIMEOUT_MS, 30_000),
    (stream.MAX_POLL_INTERVAL_MS, 86_400_000),
    # What one process takes of requests.
    (admission.Limits().max_requests, 2_000),
    (admission.Limits().max_buffered_bytes, 67_108_864),
    (admission.Limits().body_within_s, 20),
    # What an operator reads and asks for at once.
    (held_reads.MAX_GROUPS, 200),
    (held_reads.MAX_RECORDS, 500),
    (operator_doors.MAX_PAGE, 500),
    (operator_bodies.MAX_RATE, 500),
    (operation.DEFAULT_RATE, 50),
    (operations.MAX_AT_ONCE, 50),
    (operations.MAX_CONFLICTS, 20),
    (tracing._MAX_LINKS, 128),
]


@pytest.mark.parametrize(("limit", "stated"), STATED)
def test_a_limit_is_as_stated(limit: float, stated: float) -> None:
    """Neither more nor less."""
    assert limit == stated


def test_what_two_releases_must_agree_on_is_as_it_was() -> None:
    """While one replaces the other both run: locks, shards and keys have to be the same."""
    assert int.from_bytes(b"CL") == leadership.LOCK_SPACE
    shards = engine.FACT_SHARD, store.LETTER_SHARD, snapshots.SNAPSHOT_SHARD
    assert shards == (0, 100, 200)
    # AES-256, and the nonce that GCM is made for.
    assert (sealing.KEY_BYTES, sealing.NONCE_BYTES) == (32, 12)
    assert len(sealing.new_key()) == 32


def test_the_sizes_of_transactions_are_told_apart() -> None:
    """From one record to four full batches."""
    METRICS.batch_records.labels("limits").observe(1)
    bounds = {
        sample.labels["le"]
        for metric in REGISTRY.collect()
        for sample in metric.samples
        if sample.name == "civicloop_batch_records_bucket"
    }
    sizes = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)
    assert bounds == {*(f"{size}.0" for size in sizes), "+Inf"}


async def test_a_connection_that_leads_is_noticed_when_it_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each side notices by itself: the server ends an idle session, we an unanswered question."""
    asked: dict[str, Any] = {}

    async def connect(_url: str, **options: Any) -> None:
        asked.update(options)
        raise OSError

    monkeypatch.setattr("asyncpg.connect", connect)
    assert not await leadership.Leadership("nowhere", 0).try_win()
    assert (asked["timeout"], asked["command_timeout"]) == (5, 2)
    assert asked["server_settings"] == {"idle_session_timeout": "10000"}
