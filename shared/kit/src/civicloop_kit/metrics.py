"""Every metric of the kit, typed and named once. Labels are codes of ours, never ids or words."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

_BATCH_BUCKETS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)


class Metrics:
    """The registry; one per process."""

    def __init__(self) -> None:
        # Records read from topics, by source.
        self.received = Counter("civicloop_records_received_total", "Records read.", ["source"])
        # Repeats dropped: at-least-once delivery at work; a flood means offsets went back.
        self.repeats = Counter("civicloop_records_repeated_total", "Repeats dropped.", ["source"])
        # Facts that this version does not know or that have no effect here.
        self.without_effect = Counter(
            "civicloop_records_without_effect_total", "Facts without effect here.", ["type"]
        )
        # Facts decided and committed.
        self.facts = Counter("civicloop_facts_total", "Facts committed.", ["source"])
        # Records held, by reason; alert on `bug` and `newer`, and on `gap` that stays.
        self.held = Counter("civicloop_records_held_total", "Records held.", ["reason"])
        self.held_now = Gauge("civicloop_held_now", "Records held now.", ["reason"])
        self.held_age = Gauge(
            "civicloop_held_age_seconds", "Age of the oldest record held.", ["reason"]
        )
        # Records that not even name their case.
        self.dead_letters = Counter("civicloop_dead_letters_total", "Dead letters.", ["topic"])
        # Work per transaction: tiny batches cost most.
        self.batch_records = Histogram(
            "civicloop_batch_records",
            "Records or commands per transaction.",
            ["kind"],
            buckets=_BATCH_BUCKETS,
        )
        self.batch_seconds = Histogram("civicloop_batch_seconds", "Time per transaction.", ["kind"])
        # Redone: somebody else changed the case meanwhile.
        self.conflicts = Counter("civicloop_conflicts_total", "Transactions redone.", ["kind"])
        self.unavailable = Counter(
            "civicloop_unavailable_total", "Attempts that met no database or broker.", ["kind"]
        )
        # The relay: facts waiting, the age of the oldest, sends, failures, scans.
        self.outbox_facts = Gauge("civicloop_outbox_facts", "Facts waiting.", ["shard"])
        self.outbox_age = Gauge(
            "civicloop_outbox_age_seconds", "Age of the oldest waiting fact.", ["shard"]
        )
        self.sent = Counter("civicloop_facts_sent_total", "Facts confirmed.", ["shard"])
        self.send_failures = Counter("civicloop_send_failures_total", "Failed sends.", ["shard"])
        self.scans = Counter("civicloop_outbox_scans_total", "Reads of the outbox.", ["shard"])
        # A row at or below the handed-over number that is not in flight: must stay 0.
        self.relay_alarms = Counter("civicloop_relay_alarms_total", "Rows out of order.", ["shard"])
        # Lag in seconds, per topic: zero where all is read, growing where nothing moves.
        self.lag_seconds = Gauge("civicloop_lag_seconds", "Age of what waits.", ["topic"])
        # HTTP, by route and status.
        self.requests = Counter("civicloop_http_requests_total", "Requests.", ["route", "status"])
        self.request_seconds = Histogram("civicloop_http_seconds", "Time per request.", ["route"])
        # Jobs: deliveries, notices.
        self.jobs = Counter("civicloop_jobs_total", "Attempts, by result.", ["worker", "result"])


METRICS: Final = Metrics()
