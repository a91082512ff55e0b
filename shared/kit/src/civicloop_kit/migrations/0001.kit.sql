-- The tables that every room has: one row per case, what waits to be sent, what is held, positions.
-- depends:

-- Written whole and read whole, so json: jsonb costs twice the time to save and to load.
CREATE TABLE case_rows (
    case_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    inbox json NOT NULL,
    emitted json NOT NULL,
    held_count integer NOT NULL,
    blocked boolean NOT NULL,
    replay json,
    traceparent text,
    timer_at timestamptz,
    state json
) WITH (fillfactor = 70);

CREATE INDEX case_rows_timer ON case_rows (timer_at) WHERE timer_at IS NOT NULL;
CREATE INDEX case_rows_blocked ON case_rows (case_id) WHERE blocked;

-- Rows live for milliseconds: vacuum by count, not by share.
CREATE TABLE outbox (
    source text NOT NULL,
    case_id uuid NOT NULL,
    seq bigint NOT NULL,
    shard smallint NOT NULL,
    topic text NOT NULL,
    type text NOT NULL,
    value bytea NOT NULL,
    traceparent text,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, source, seq)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Cases whose newest state waits to be shown, at this version or a later one.
CREATE TABLE snapshots (
    case_id uuid PRIMARY KEY,
    version bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE TABLE positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

CREATE TABLE held (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    case_id uuid NOT NULL,
    source text NOT NULL,
    seq bigint,
    reason text NOT NULL,
    error text NOT NULL,
    headers bytea NOT NULL,
    value bytea NOT NULL,
    held_at timestamptz NOT NULL,
    PRIMARY KEY (topic, partition, "offset")
);

CREATE INDEX held_case ON held (case_id, source, seq);

CREATE TABLE dead_letters (
    letter_id uuid PRIMARY KEY,
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    digest bytea NOT NULL,
    traceparent text,
    sealed bytea NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE idempotency (
    key bytea PRIMARY KEY,
    digest bytea NOT NULL,
    case_id uuid NOT NULL,
    reply jsonb NOT NULL,
    recorded_at timestamptz NOT NULL
);

CREATE TABLE jobs (
    job_id text PRIMARY KEY,
    queue text NOT NULL,
    lane uuid NOT NULL,
    ordinal bigint NOT NULL,
    case_id uuid NOT NULL,
    payload jsonb NOT NULL,
    due_at timestamptz,
    attempts integer NOT NULL,
    claim_no bigint NOT NULL,
    claim_owner text,
    claim_expires_at timestamptz
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX jobs_due ON jobs (queue, due_at);
CREATE INDEX jobs_lane ON jobs (lane, ordinal);

-- What the auditor may see: invariants, nothing that a person said.
CREATE SCHEMA audit;

CREATE VIEW audit.case_rows AS
SELECT case_id, version, inbox, emitted, held_count, blocked, replay IS NOT NULL AS replayed, timer_at, state
FROM case_rows;

CREATE VIEW audit.outbox AS
SELECT source, case_id, seq, type, value FROM outbox;

CREATE VIEW audit.held AS
SELECT topic, partition, "offset", case_id, source, seq, reason, held_at FROM held;

CREATE VIEW audit.receipts AS
SELECT case_id, reply, recorded_at FROM idempotency;

CREATE VIEW audit.jobs AS
SELECT job_id, queue, lane, case_id, due_at, attempts, claim_expires_at FROM jobs;
