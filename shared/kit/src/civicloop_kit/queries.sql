-- name: insert_missing_rows
-- Make the rows of a batch, in the order in which everybody locks them.
INSERT INTO case_rows (case_id, version, inbox, emitted, held_count, blocked)
SELECT id, 0, '{}', '{}', 0, false FROM unnest($1::uuid[]) AS id ORDER BY id
ON CONFLICT (case_id) DO NOTHING

-- name: lock_rows
-- Load and lock the rows of a batch.
SELECT case_id, version, inbox, emitted, held_count, blocked, replay, traceparent, state
FROM case_rows WHERE case_id = ANY($1::uuid[]) ORDER BY case_id FOR UPDATE

-- name: drop_blank_rows
-- A refused command on a case that nobody knows leaves no row.
DELETE FROM case_rows WHERE case_id = ANY($1::uuid[]) AND version = 0 AND state IS NULL

-- name: load_held
-- The held records of the cases of a batch that have any.
SELECT topic, partition, "offset", case_id, source, seq, reason, error, headers, value, held_at
FROM held WHERE case_id = ANY($1::uuid[]) ORDER BY case_id, source, seq NULLS FIRST, held_at

-- name: save
-- Rows by compare-and-set; facts and marks to show only of the cases that were saved; positions.
WITH incoming AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::int[], $6::bool[], $7::text[],
        $8::text[], $9::timestamptz[], $10::text[]
    ) AS t (
        case_id, expected, inbox, emitted, held_count, blocked, replay, traceparent, timer_at, state
    )
), saved AS (
    UPDATE case_rows r SET
        version = r.version + 1, inbox = i.inbox::json, emitted = i.emitted::json,
        held_count = i.held_count, blocked = i.blocked, replay = i.replay::json,
        traceparent = i.traceparent, timer_at = i.timer_at, state = i.state::json
    FROM incoming i
    WHERE r.case_id = i.case_id AND (i.expected IS NULL OR r.version = i.expected)
    RETURNING r.case_id, r.version
), sent AS (
    INSERT INTO outbox (source, case_id, seq, shard, topic, type, value, traceparent, recorded_at)
    SELECT o.source, o.case_id, o.seq, o.shard, o.topic, o.type, o.value, o.traceparent, o.recorded_at
    FROM unnest(
        $11::text[], $12::uuid[], $13::bigint[], $14::smallint[], $15::text[], $16::text[],
        $17::bytea[], $18::text[], $19::timestamptz[]
    ) AS o (source, case_id, seq, shard, topic, type, value, traceparent, recorded_at)
    WHERE o.case_id IN (SELECT case_id FROM saved)
), shown AS (
    INSERT INTO snapshots AS s (case_id, version)
    SELECT case_id, version FROM saved WHERE $20
    ON CONFLICT (case_id) DO UPDATE SET version = excluded.version
    WHERE s.version < excluded.version
), moved AS (
    UPDATE positions p SET next = n.next
    FROM unnest($21::text[], $22::int[], $23::bigint[], $24::bigint[])
        AS n (topic, partition, expected, next)
    WHERE p.topic = n.topic AND p.partition = n.partition AND p.next = n.expected
    RETURNING p.partition
)
SELECT (SELECT count(*) FROM saved) AS rows, (SELECT count(*) FROM moved) AS positions

-- name: hold
-- Keep records that cannot be applied yet.
INSERT INTO held (
    topic, partition, "offset", case_id, source, seq, reason, error, headers, value, held_at, release
)
SELECT
    h.topic, h.partition, h.position, h.case_id, h.source, h.seq, h.reason, h.error, h.headers,
    h.value, h.held_at, $12
FROM unnest(
    $1::text[], $2::int[], $3::bigint[], $4::uuid[], $5::text[], $6::bigint[], $7::text[], $8::text[],
    $9::bytea[], $10::bytea[], $11::timestamptz[]
) AS h (topic, partition, position, case_id, source, seq, reason, error, headers, value, held_at)
ON CONFLICT (topic, partition, "offset") DO NOTHING

-- name: release
-- Forget held records that were applied.
DELETE FROM held USING unnest($1::text[], $2::int[], $3::bigint[]) AS r (topic, partition, position)
WHERE held.topic = r.topic AND held.partition = r.partition AND held."offset" = r.position

-- name: write_letters
-- Keep what could not be read, sealed, with where it was.
INSERT INTO dead_letters (letter_id, topic, partition, "offset", reason, digest, traceparent, sealed, recorded_at)
SELECT l.letter_id, l.topic, l.partition, l.position, l.reason, l.digest, l.traceparent, l.sealed, l.recorded_at
FROM unnest(
    $1::uuid[], $2::text[], $3::int[], $4::bigint[], $5::text[], $6::bytea[], $7::text[], $8::bytea[],
    $9::timestamptz[]
) AS l (letter_id, topic, partition, position, reason, digest, traceparent, sealed, recorded_at)
ON CONFLICT (letter_id) DO NOTHING

-- name: send_letters
-- Letters leave by the outbox too, in a shard of their own, so that a refused letter stops no fact.
INSERT INTO outbox (source, case_id, seq, shard, topic, type, value, traceparent, recorded_at)
SELECT o.source, o.case_id, o.seq, o.shard, o.topic, o.type, o.value, o.traceparent, o.recorded_at
FROM unnest(
    $1::text[], $2::uuid[], $3::bigint[], $4::smallint[], $5::text[], $6::text[], $7::bytea[],
    $8::text[], $9::timestamptz[]
) AS o (source, case_id, seq, shard, topic, type, value, traceparent, recorded_at)
ON CONFLICT (case_id, source, seq) DO NOTHING

-- name: make_positions
-- A partition that nobody has read starts where the topic starts.
INSERT INTO positions (topic, partition, next)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[])
ON CONFLICT (topic, partition) DO NOTHING

-- name: read_positions
-- Where to go on.
SELECT p.topic, p.partition, p.next FROM positions p
JOIN unnest($1::text[], $2::int[]) AS w (topic, partition)
    ON p.topic = w.topic AND p.partition = w.partition

-- name: count_held
-- How many records are held, by reason, and since when; a case whose timer failed counts as one.
SELECT reason, count(*) AS records, min(held_at) AS since FROM held GROUP BY reason
UNION ALL
SELECT 'timer', count(*), min(since) FROM held_causes WHERE reason = 'timer' HAVING count(*) > 0

-- name: note_failed_timers
-- Why the timers of cases failed; the first failure tells since when.
INSERT INTO failed_timers (case_id, error, release, failed_at)
SELECT t.case_id, t.error, $3, $4 FROM unnest($1::uuid[], $2::text[]) AS t (case_id, error)
ON CONFLICT (case_id) DO UPDATE SET error = excluded.error, release = excluded.release

-- name: forget_failed_timers
-- These cases are tried again.
DELETE FROM failed_timers WHERE case_id = ANY($1::uuid[])

-- name: find_replies
-- Replies given before to these idempotency keys.
SELECT key, digest, reply FROM idempotency WHERE key = ANY($1::bytea[])

-- name: write_replies
-- A key that appears twice fails the transaction: it is redone and then found.
INSERT INTO idempotency (key, digest, case_id, reply, recorded_at, forget_at)
SELECT r.key, r.digest, r.case_id, r.reply::jsonb, r.recorded_at, r.forget_at
FROM unnest(
    $1::bytea[], $2::bytea[], $3::uuid[], $4::text[], $5::timestamptz[], $6::timestamptz[]
) AS r (key, digest, case_id, reply, recorded_at, forget_at)

-- name: forget_replies
-- Some whose time has come; replicas that look at once take different ones.
DELETE FROM idempotency WHERE key IN (
    SELECT key FROM idempotency WHERE forget_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED
)
RETURNING key

-- name: due_timers
-- Cases whose timer has come; replayed cases have none here.
SELECT case_id FROM case_rows WHERE timer_at <= $1 AND NOT blocked ORDER BY timer_at LIMIT $2

-- name: read_state
-- One case, without a lock.
SELECT case_id, version, inbox, emitted, held_count, blocked, replay, traceparent, state
FROM case_rows WHERE case_id = $1

-- name: scan_outbox
-- What waits to be sent in a shard, in the order of each case.
SELECT source, case_id, seq, shard, topic, type, value, traceparent, recorded_at
FROM outbox WHERE shard = $1 ORDER BY case_id, source, seq LIMIT $2

-- name: delete_sent
-- Forget what the broker confirmed. Each is looked up by its key (OFFSET 0 keeps it so): of a table
-- that was empty when it was analysed, a planner thinks that it is empty, and compares all with all.
DELETE FROM outbox WHERE ctid = ANY (ARRAY(
    SELECT found.place
    FROM unnest($1::uuid[], $2::text[], $3::bigint[]) AS s (case_id, source, seq)
    CROSS JOIN LATERAL (
        SELECT o.ctid AS place FROM outbox o
        WHERE o.case_id = s.case_id AND o.source = s.source AND o.seq = s.seq OFFSET 0
    ) AS found
))

-- name: count_waiting
-- How many facts wait in a shard, and since when.
SELECT count(*) AS facts, min(recorded_at) AS since FROM outbox WHERE shard = $1

-- name: take_snapshots
-- The cases that wait to be shown, as they are now.
SELECT r.case_id, r.version, r.inbox, r.emitted, r.held_count, r.blocked, r.replay, r.traceparent, r.state
FROM snapshots s JOIN case_rows r ON r.case_id = s.case_id ORDER BY s.case_id LIMIT $1

-- name: delete_snapshots
-- Forget what was shown, unless a newer version has come or is just being saved; as `delete_sent`.
DELETE FROM snapshots WHERE case_id = ANY (ARRAY(
    SELECT shown.case_id FROM unnest($1::uuid[], $2::bigint[]) AS w (case_id, version)
    CROSS JOIN LATERAL (
        SELECT s.case_id FROM snapshots s
        WHERE s.case_id = w.case_id AND s.version <= w.version
        OFFSET 0 FOR UPDATE SKIP LOCKED
    ) AS shown
))

-- name: try_lead
-- Become the relay of a shard, if nobody is.
SELECT pg_try_advisory_lock($1, $2)

-- name: claim_jobs
-- Claim the longest due jobs of each queue, the first of each lane only; as `delete_sent`.
WITH due AS (
    SELECT j.job_id
    FROM unnest($1::text[], $2::int[]) AS q (queue, free)
    CROSS JOIN LATERAL (
        SELECT job_id FROM jobs
        WHERE jobs.queue = q.queue AND jobs.due_at <= $3
            AND (jobs.claim_expires_at IS NULL OR jobs.claim_expires_at <= $3)
            AND NOT EXISTS (
                SELECT FROM jobs e
                WHERE e.lane = jobs.lane AND e.ordinal < jobs.ordinal OFFSET 0
            )
        ORDER BY jobs.due_at LIMIT q.free FOR UPDATE SKIP LOCKED
    ) AS j
)
UPDATE jobs SET
    claim_owner = $4, claim_no = claim_no + 1, claim_expires_at = $5, attempts = attempts + 1
WHERE job_id = ANY (ARRAY(SELECT job_id FROM due))
RETURNING job_id, queue, lane, case_id, payload, attempts, claim_no, claim_expires_at

-- name: count_jobs
-- How many jobs each queue has that are not parked.
SELECT queue, count(*) AS jobs FROM jobs WHERE due_at IS NOT NULL GROUP BY queue

-- name: queue_jobs
-- A job that exists stays as it is.
INSERT INTO jobs (job_id, queue, lane, ordinal, case_id, payload, due_at, attempts, claim_no)
SELECT j.job_id, j.queue, j.lane, j.ordinal, j.case_id, j.payload::jsonb, j.due_at, 0, 0
FROM unnest($1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[], $7::timestamptz[])
    AS j (job_id, queue, lane, ordinal, case_id, payload, due_at)
ON CONFLICT (job_id) DO NOTHING

-- name: finish_jobs
-- Done, if the claim still holds; as `delete_sent`.
DELETE FROM jobs WHERE ctid = ANY (ARRAY(
    SELECT held.place FROM unnest($1::text[], $2::bigint[]) AS d (job_id, claim_no)
    CROSS JOIN LATERAL (
        SELECT j.ctid AS place FROM jobs j
        WHERE j.job_id = d.job_id AND j.claim_no = d.claim_no OFFSET 0
    ) AS held
))
RETURNING job_id

-- name: retry_jobs
-- Try again later, or park; if the claim still holds.
UPDATE jobs SET due_at = r.due_at, claim_owner = NULL, claim_expires_at = NULL
FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) AS r (job_id, claim_no, due_at)
WHERE jobs.job_id = r.job_id AND jobs.claim_no = r.claim_no
RETURNING jobs.job_id

-- name: make_keys
-- A subject keeps the key that it has.
INSERT INTO subject_keys (subject_id, wrapped)
SELECT * FROM unnest($1::uuid[], $2::bytea[])
ON CONFLICT (subject_id) DO NOTHING

-- name: read_keys
-- Keys that were not destroyed.
SELECT subject_id, wrapped FROM subject_keys
WHERE subject_id = ANY($1::uuid[]) AND wrapped IS NOT NULL

-- name: destroy_keys
-- What the key unlocked can never be read again.
UPDATE subject_keys SET wrapped = NULL, destroyed_at = now()
WHERE subject_id = ANY($1::uuid[]) AND wrapped IS NOT NULL

-- name: applied_migrations
-- What `civicloop migrate` has applied; fails in a database that it has never seen.
SELECT migration_id FROM _yoyo_migration

-- name: emitted_of
-- The last number that cases have in one source.
SELECT case_id, (emitted -> $2 ->> 0)::bigint AS seq FROM case_rows WHERE case_id = ANY($1::uuid[])

-- name: held_groups
-- What is held, by cause: the worst first.
SELECT
    c.reason, c.error, c.source, c.release, count(*) AS cases,
    coalesce(sum(h.records), 0)::bigint AS records, min(c.since) AS since
FROM held_causes c
LEFT JOIN (SELECT case_id, count(*) AS records FROM held GROUP BY case_id) h ON h.case_id = c.case_id
GROUP BY c.reason, c.error, c.source, c.release
ORDER BY count(*) DESC, c.reason, c.error, c.source, c.release
LIMIT $1

-- name: held_cases
-- Cases that wait, each with its cause, in the order of their ids.
SELECT
    c.case_id, c.reason, c.error, c.source, c.release, c.since,
    (SELECT count(*) FROM held h WHERE h.case_id = c.case_id) AS records
FROM held_causes c
WHERE ($1::uuid IS NULL OR c.case_id > $1) AND ($2::text IS NULL OR c.reason = $2)
    AND ($3::text IS NULL OR c.error = $3)
ORDER BY c.case_id LIMIT $4

-- name: held_case
-- What one case waits for.
SELECT
    c.case_id, c.reason, c.error, c.source, c.release, c.since, r.traceparent,
    (SELECT count(*) FROM held h WHERE h.case_id = c.case_id) AS records
FROM held_causes c JOIN case_rows r ON r.case_id = c.case_id
WHERE c.case_id = $1

-- name: held_records
-- The held records of a case, the first to be applied first; its content stays where it is.
SELECT topic, partition, "offset", source, seq, reason, error, release, headers, held_at
FROM held WHERE case_id = $1 ORDER BY source, seq NULLS FIRST, held_at, "offset" LIMIT $2

-- name: knows_case
-- Whether there is such a case here.
SELECT true FROM case_rows WHERE case_id = $1

-- name: cases_to_retry
-- The next blocked cases of an operation: of one case, of a cause, or all; what came later is not its.
SELECT case_id FROM held_causes
WHERE reason <> 'gap' AND ($1::uuid IS NULL OR case_id > $1) AND ($2::uuid IS NULL OR case_id = $2)
    AND ($3::text IS NULL OR reason = $3) AND ($4::text IS NULL OR error = $4)
    AND ($2::uuid IS NOT NULL OR since IS NULL OR since <= $5)
ORDER BY case_id LIMIT $6

-- name: begin_operation
-- What an operator asked for; the same one again changes nothing.
INSERT INTO operations (
    operation_id, kind, requested_at, principal, case_id, reason, error,
    topic, partition, "offset", source, seq, digest, why, rate
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (operation_id) DO NOTHING

-- name: open_operation
-- The oldest operation that is not finished.
SELECT operation_id FROM operations WHERE finished_at IS NULL ORDER BY requested_at LIMIT 1

-- name: lock_operation
-- An operation, unless another process is at it.
SELECT * FROM operations WHERE operation_id = $1 FOR UPDATE SKIP LOCKED

-- name: find_operation
-- An operation as it stands.
SELECT * FROM operations WHERE operation_id = $1

-- name: find_discard
-- The discard of a record, if there was one.
SELECT * FROM operations WHERE kind = 'discard' AND topic = $1 AND partition = $2 AND "offset" = $3
ORDER BY requested_at DESC LIMIT 1

-- name: list_operations
-- The newest operations first, those before one when it is given.
SELECT * FROM operations o
WHERE $1::uuid IS NULL OR (o.requested_at, o.operation_id) < (
    SELECT p.requested_at, p.operation_id FROM operations p WHERE p.operation_id = $1
)
ORDER BY o.requested_at DESC, o.operation_id DESC LIMIT $2

-- name: advance_operation
-- So many more cases were tried, and that came of them.
UPDATE operations SET
    reached = coalesce($2, reached), cases = cases + $3, freed = freed + $4, records = records + $5,
    finished_at = $6
WHERE operation_id = $1

-- name: letter_groups
-- Dead letters by reason and topic: the most first.
SELECT reason, topic, count(*) AS letters, min(recorded_at) AS since, max(recorded_at) AS newest
FROM dead_letters GROUP BY reason, topic ORDER BY count(*) DESC, reason, topic LIMIT $1

-- name: list_letters
-- The newest dead letters first, those before one when it is given.
SELECT l.letter_id, l.topic, l.partition, l."offset", l.reason, l.digest, l.traceparent, l.recorded_at,
    octet_length(l.sealed) AS sealed_bytes
FROM dead_letters l
WHERE ($1::uuid IS NULL OR (l.recorded_at, l.letter_id) < (
    SELECT p.recorded_at, p.letter_id FROM dead_letters p WHERE p.letter_id = $1
)) AND ($2::text IS NULL OR l.reason = $2)
ORDER BY l.recorded_at DESC, l.letter_id DESC LIMIT $3

-- name: find_letter
-- One dead letter, and whether its notice still waits to be sent.
SELECT l.letter_id, l.topic, l.partition, l."offset", l.reason, l.digest, l.traceparent, l.recorded_at,
    octet_length(l.sealed) AS sealed_bytes,
    EXISTS (SELECT FROM outbox o WHERE o.case_id = l.letter_id) AS unsent
FROM dead_letters l WHERE l.letter_id = $1
