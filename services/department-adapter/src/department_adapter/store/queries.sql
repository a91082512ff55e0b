-- name: add_tasks
-- A task that is known stays as it is.
INSERT INTO tasks (
    task_id, case_id, department, role, state, dispatched_at, response_due_at, resolution_due_at,
    updated_at
)
SELECT t.task_id, t.case_id, t.department, t.role, t.state, t.dispatched_at, t.response_due_at,
    t.resolution_due_at, t.updated_at
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[]
) AS t (
    task_id, case_id, department, role, state, dispatched_at, response_due_at, resolution_due_at,
    updated_at
)
ON CONFLICT (task_id) DO NOTHING

-- name: move_tasks
-- Each task's newest state.
UPDATE tasks SET state = m.state, updated_at = m.at
FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS m (task_id, state, at)
WHERE tasks.task_id = m.task_id

-- name: cancel_deliveries
-- A task's deliveries go; its cancellation takes their place where the department may know of it.
WITH cancelled AS (
    SELECT c.job_id, c.queue, c.lane, c.ordinal, c.case_id, c.payload, c.due_at, c.was_told
    FROM unnest(
        $1::text[], $2::text[], $3::uuid[], $4::bigint[], $5::uuid[], $6::text[],
        $7::timestamptz[], $8::boolean[]
    ) AS c (job_id, queue, lane, ordinal, case_id, payload, due_at, was_told)
), dropped AS (
    DELETE FROM jobs USING cancelled c
    WHERE jobs.lane = c.lane AND jobs.ordinal < c.ordinal
    RETURNING jobs.lane, jobs.attempts
)
INSERT INTO jobs (job_id, queue, lane, ordinal, case_id, payload, due_at, attempts, claim_no)
SELECT c.job_id, c.queue, c.lane, c.ordinal, c.case_id, c.payload::jsonb, c.due_at, 0, 0
FROM cancelled c
WHERE c.was_told OR c.lane IN (SELECT d.lane FROM dropped d WHERE d.attempts > 0)
ON CONFLICT (job_id) DO NOTHING

-- name: keep_updates
-- What departments sent; the first word under an id stands.
INSERT INTO updates (
    department, update_id, task_id, kind, applied, state, occurred_at, recorded_at
)
SELECT u.department, u.update_id, u.task_id, u.kind, u.applied, u.state, u.occurred_at, u.recorded_at
FROM unnest(
    $1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::boolean[], $6::text[], $7::timestamptz[],
    $8::timestamptz[]
) AS u (department, update_id, task_id, kind, applied, state, occurred_at, recorded_at)
ON CONFLICT (department, update_id) DO NOTHING

-- name: store_remarks
-- Departments' words, sealed.
INSERT INTO remarks (remark_id, task_id, sealed, recorded_at)
SELECT r.remark_id, r.task_id, r.sealed, r.recorded_at
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[])
    AS r (remark_id, task_id, sealed, recorded_at)

-- name: find_task
-- One task, by its id.
SELECT task_id, case_id, department, role, state, dispatched_at, response_due_at,
    resolution_due_at, updated_at
FROM tasks WHERE task_id = $1

-- name: updates_of_task
-- A task's updates, the oldest first.
SELECT update_id, kind, applied, state, occurred_at, recorded_at
FROM updates WHERE task_id = $1 ORDER BY recorded_at, update_id

-- name: all_departments
-- The whole registry.
SELECT code, name_zh, name_en, transport, url, secret_sealed, previous_secret_sealed,
    previous_valid_until, concurrency, state
FROM departments ORDER BY code

-- name: put_department
-- Make or change a department; a secret that it has stays, and `made` tells which happened.
INSERT INTO departments (
    code, name_zh, name_en, transport, url, secret_sealed, concurrency, state, created_at,
    updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (code) DO UPDATE SET
    name_zh = excluded.name_zh, name_en = excluded.name_en, transport = excluded.transport,
    url = excluded.url, concurrency = excluded.concurrency, state = excluded.state,
    updated_at = excluded.updated_at,
    secret_sealed = coalesce(departments.secret_sealed, excluded.secret_sealed)
RETURNING xmax = 0 AS made, secret_sealed IS NOT DISTINCT FROM $6 AND $6 IS NOT NULL AS new_secret

-- name: rotate_secret
-- The present secret stays valid for a while beside the new one.
UPDATE departments SET
    previous_secret_sealed = secret_sealed, previous_valid_until = $3, secret_sealed = $2,
    updated_at = $4
WHERE code = $1 AND transport = 'webhook'
RETURNING code

-- name: disable_department
-- Try it no more.
UPDATE departments SET state = 'disabled', updated_at = $2 WHERE code = $1 AND state = 'active'

-- name: hurry_queue
-- Whoever corrects an address wants it tried now: what waits for a later attempt is due.
UPDATE jobs SET due_at = $2
WHERE queue = $1 AND due_at > $2 AND (claim_expires_at IS NULL OR claim_expires_at <= $2)

-- name: queue_names
-- The queues that are not empty, by skipping along the index.
WITH RECURSIVE names AS (
    (SELECT queue FROM jobs ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue FROM jobs j WHERE j.queue > n.queue ORDER BY j.queue LIMIT 1)
    FROM names n WHERE n.queue IS NOT NULL
)
SELECT queue FROM names WHERE queue IS NOT NULL
