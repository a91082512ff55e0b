-- What operators do about held records: causes, retries and discards, each with its audit row.
-- Only additions: a service of the former release goes on beside them.
-- depends: 0001.kit

-- The release that could not apply it; unknown for what was held before this migration.
ALTER TABLE held ADD COLUMN release text;

-- A timer that failed blocks its case and holds no record: why, and since when.
CREATE TABLE failed_timers (
    case_id uuid PRIMARY KEY,
    error text NOT NULL,
    release text NOT NULL,
    failed_at timestamptz NOT NULL
);

-- One row per case that waits: what it waits for. A record that failed before a timer before a gap.
CREATE VIEW held_causes AS
SELECT DISTINCT ON (case_id) case_id, reason, error, source, release, since
FROM (
    SELECT
        case_id, reason, error, source, release, held_at AS since,
        CASE reason WHEN 'bug' THEN 0 ELSE 2 END AS place
    FROM held WHERE reason IN ('bug', 'gap')
    UNION ALL
    SELECT r.case_id, 'timer', coalesce(t.error, ''), NULL, t.release, t.failed_at, 1
    FROM case_rows r LEFT JOIN failed_timers t ON t.case_id = r.case_id
    WHERE r.blocked
) AS found
ORDER BY case_id, place, since NULLS LAST;

-- What an operator asked for, and how far it is. Rows stay: they are the audit of these doors.
CREATE TABLE operations (
    operation_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('retry', 'discard')),
    requested_at timestamptz NOT NULL,
    principal text NOT NULL,
    -- Which cases: one, those of a cause, or (all null) every blocked one.
    case_id uuid,
    reason text,
    error text,
    -- Which record was discarded, and why, as a code.
    topic text,
    partition integer,
    "offset" bigint,
    source text,
    seq bigint,
    digest text,
    why text,
    -- Cases a second, the last case that was tried, and what came of all so far.
    rate integer NOT NULL,
    reached uuid,
    cases integer NOT NULL DEFAULT 0,
    freed integer NOT NULL DEFAULT 0,
    records integer NOT NULL DEFAULT 0,
    finished_at timestamptz
);

CREATE INDEX operations_open ON operations (requested_at) WHERE finished_at IS NULL;
CREATE INDEX operations_newest ON operations (requested_at DESC, operation_id DESC);
CREATE INDEX operations_place ON operations (topic, partition, "offset") WHERE kind = 'discard';
CREATE INDEX dead_letters_newest ON dead_letters (recorded_at DESC, letter_id DESC);

CREATE VIEW audit.operations AS
SELECT
    operation_id, kind, requested_at, principal, case_id, reason, error, topic, partition, "offset",
    source, seq, digest, why, cases, freed, records, finished_at
FROM operations;
