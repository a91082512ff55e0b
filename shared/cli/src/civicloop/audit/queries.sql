-- name: now
-- The time of the snapshot.
SELECT now();

-- name: rows
-- Numbers and digests of every case.
SELECT case_id, inbox, emitted, held_count, blocked, timer_at FROM audit.case_rows;

-- name: rows_of
-- The same for some cases.
SELECT case_id, inbox, emitted, held_count, blocked, timer_at FROM audit.case_rows
WHERE case_id = ANY($1::uuid[]);

-- name: outbox
-- Facts that wait to be sent.
SELECT source, case_id, seq, type, value FROM audit.outbox WHERE source = ANY($1::text[])
ORDER BY source, case_id, seq;

-- name: held
-- Records that wait.
SELECT case_id, source, seq, reason FROM audit.held;

-- name: receipts
-- Reports that callers were told of, and the case that they were told: a report may join another.
SELECT coalesce((reply ->> 'case_id')::uuid, case_id) AS case_id,
    (reply ->> 'report_id')::uuid AS report_id
FROM audit.receipts
WHERE reply ->> 'report_id' IS NOT NULL;

-- name: jobs
-- Work that leaves the service.
SELECT job_id, lane, case_id, due_at, claim_expires_at FROM audit.jobs;
