-- name: add_tasks
-- A task that is known stays as it is.
INSERT INTO tasks (
    task_id, case_id, department, role, state, dispatched_at, response_due_at, resolution_due_at,
    return_until, updated_at, imported, dispatch
)
SELECT t.task_id, t.case_id, t.department, t.role, t.state, t.dispatched_at, t.response_due_at,
    t.resolution_due_at, t.return_until, t.updated_at, t.imported, t.dispatch::jsonb
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::boolean[],
    $12::text[]
) AS t (
    task_id, case_id, department, role, state, dispatched_at, response_due_at, resolution_due_at,
    return_until, updated_at, imported, dispatch
)
ON CONFLICT (task_id) DO NOTHING

-- name: move_tasks
-- Each task's newest state, and what of it is parked.
UPDATE tasks SET
    state = m.state, updated_at = m.at, parked_delivery = m.parked_delivery,
    park_reason = m.park_reason, parked_at = m.parked_at, review_at = m.review_at
FROM unnest(
    $1::uuid[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::timestamptz[],
    $7::timestamptz[]
) AS m (task_id, state, at, parked_delivery, park_reason, parked_at, review_at)
WHERE tasks.task_id = m.task_id

-- name: move_deadlines
-- Each task's newest resolution deadline.
UPDATE tasks SET resolution_due_at = m.due_at
FROM unnest($1::uuid[], $2::timestamptz[]) AS m (task_id, due_at)
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

-- name: drop_deliveries
-- Nothing is left to tell about tasks that their departments ended.
DELETE FROM jobs WHERE lane = ANY($1::uuid[])

-- name: release_deliveries
-- What waits for a later attempt is due, and its attempts are counted anew.
UPDATE jobs SET due_at = r.at, attempts = 0
FROM unnest($1::uuid[], $2::timestamptz[]) AS r (task_id, at)
WHERE jobs.lane = r.task_id AND jobs.due_at > r.at
    AND (jobs.claim_expires_at IS NULL OR jobs.claim_expires_at <= r.at)

-- name: drop_other_deliveries
-- Notices about tasks that nobody has.
DELETE FROM jobs USING unnest($1::uuid[], $2::text[]) AS a (task_id, delivery_id)
WHERE jobs.lane = a.task_id AND jobs.job_id <> a.delivery_id

-- name: queue_again
-- A delivery that was made, or is being made, waits once more; a claim on it holds no longer. Claims
-- are counted on from a number that none had before: a lease's receipt is taken once for ever.
INSERT INTO jobs (job_id, queue, lane, ordinal, case_id, payload, due_at, attempts, claim_no)
SELECT a.delivery_id, t.department, a.task_id, a.ordinal, t.case_id, t.dispatch, a.due_at, 0,
    extract(epoch FROM a.due_at)::bigint
FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::timestamptz[])
    AS a (task_id, delivery_id, ordinal, due_at)
JOIN tasks t ON t.task_id = a.task_id
WHERE t.dispatch IS NOT NULL
ON CONFLICT (job_id) DO UPDATE SET
    due_at = excluded.due_at, claim_owner = NULL, claim_expires_at = NULL,
    claim_no = jobs.claim_no + 1

-- name: keep_places
-- A delivery whose lease ran out is free again, due as it was; if the claim still holds.
UPDATE jobs SET claim_owner = NULL, claim_expires_at = NULL
FROM unnest($1::text[], $2::bigint[]) AS k (job_id, claim_no)
WHERE jobs.job_id = k.job_id AND jobs.claim_no = k.claim_no
RETURNING jobs.job_id

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
    resolution_due_at, return_until, updated_at
FROM tasks WHERE task_id = $1

-- name: parked_tasks
-- What is parked of each task, by task id.
SELECT task_id, case_id, department, parked_delivery, park_reason, parked_at, review_at
FROM tasks
WHERE parked_delivery IS NOT NULL AND ($1::uuid IS NULL OR task_id > $1)
ORDER BY task_id LIMIT $2

-- name: left_tasks
-- Open tasks of departments that were removed, until each is parked for that reason.
SELECT t.task_id, t.case_id, t.department, t.role, t.state, t.dispatched_at, t.response_due_at,
    t.resolution_due_at, t.return_until, t.updated_at
FROM departments d JOIN tasks t ON t.department = d.code
WHERE d.leaves_tasks AND NOT t.imported
    AND t.state IN ('queued', 'parked', 'delivered', 'acknowledged', 'in_progress')
    AND t.park_reason IS DISTINCT FROM 'no_such_department'
ORDER BY t.task_id LIMIT $1

-- name: none_left
-- Look no more for open tasks of a department that has none.
UPDATE departments d SET leaves_tasks = false
WHERE d.leaves_tasks AND NOT EXISTS (
    SELECT FROM tasks t
    WHERE t.department = d.code AND NOT t.imported
        AND t.state IN ('queued', 'parked', 'delivered', 'acknowledged', 'in_progress')
        AND t.park_reason IS DISTINCT FROM 'no_such_department'
)

-- name: updates_of_task
-- A task's newest updates, the oldest of them first.
SELECT update_id, kind, applied, state, occurred_at, recorded_at
FROM (
    SELECT update_id, kind, applied, state, occurred_at, recorded_at
    FROM updates WHERE task_id = $1 ORDER BY recorded_at DESC, update_id DESC LIMIT $2
) AS newest
ORDER BY recorded_at, update_id

-- name: all_departments
-- The whole registry, removed departments included.
SELECT code, name_zh, name_en, transport, url, secret_sealed, previous_secret_sealed,
    previous_valid_until, concurrency, state, paused_until, revoked_at
FROM departments ORDER BY code

-- name: put_department
-- Make or change a department; a secret that it has stays, with $10 its state and the end of its
-- pause too. One that was removed is made anew.
WITH before AS (SELECT state FROM departments WHERE code = $1)
INSERT INTO departments (
    code, name_zh, name_en, transport, url, secret_sealed, concurrency, state, created_at,
    updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
ON CONFLICT (code) DO UPDATE SET
    name_zh = excluded.name_zh, name_en = excluded.name_en, transport = excluded.transport,
    url = excluded.url, concurrency = excluded.concurrency,
    state = CASE
        WHEN $10 AND departments.state <> 'removed' THEN departments.state ELSE excluded.state
    END,
    paused_until = CASE WHEN $10 THEN departments.paused_until END,
    updated_at = excluded.updated_at, leaves_tasks = false,
    secret_sealed = coalesce(departments.secret_sealed, excluded.secret_sealed)
RETURNING NOT EXISTS (SELECT FROM before WHERE state <> 'removed') AS made,
    secret_sealed IS NOT DISTINCT FROM $6 AND $6 IS NOT NULL AS new_secret

-- name: rotate_secret
-- The present secret stays valid for a while beside the new one.
UPDATE departments SET
    previous_secret_sealed = secret_sealed, previous_valid_until = $3, secret_sealed = $2,
    updated_at = $4
WHERE code = $1 AND transport = 'webhook' AND state <> 'removed'
RETURNING code

-- name: disable_department
-- Try it no more.
UPDATE departments SET state = 'disabled', paused_until = NULL, updated_at = $2
WHERE code = $1 AND state IN ('active', 'paused')

-- name: pause_department
-- Leave it alone for a while; whoever is disabled stays so.
UPDATE departments SET state = 'paused', paused_until = $2, updated_at = $3
WHERE code = $1 AND state IN ('active', 'paused')
RETURNING code

-- name: resume_department
-- Try it again.
UPDATE departments SET state = 'active', paused_until = NULL, updated_at = $2
WHERE code = $1 AND state IN ('active', 'paused', 'disabled')
RETURNING code

-- name: remove_department
-- Forget its secrets and take its tokens no more; its row stays, so that its tasks are looked for.
UPDATE departments SET
    state = 'removed', paused_until = NULL, secret_sealed = NULL,
    previous_secret_sealed = NULL, previous_valid_until = NULL, revoked_at = $2,
    leaves_tasks = true, updated_at = $2
WHERE code = $1 AND state <> 'removed'
RETURNING code

-- name: count_open_tasks
-- How many tasks a department still has to handle.
SELECT count(*) FROM tasks
WHERE department = $1 AND NOT imported
    AND state IN ('queued', 'parked', 'delivered', 'acknowledged', 'in_progress')

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

-- name: waiting_jobs
-- What waits in a queue, the longest due first.
SELECT job_id, payload, due_at, claim_expires_at FROM jobs
WHERE queue = $1 AND due_at IS NOT NULL ORDER BY due_at, ordinal LIMIT $2

-- name: has_job
-- Whether a delivery is still to be made.
SELECT EXISTS (SELECT FROM jobs WHERE job_id = $1)

-- name: expired_leases
-- What departments that pull took and never acknowledged.
SELECT j.job_id, j.lane, j.case_id, j.claim_no
FROM departments d JOIN jobs j ON j.queue = d.code
WHERE d.transport = 'pull' AND j.claim_expires_at <= $1
ORDER BY j.claim_expires_at LIMIT $2

-- name: overdue_cancellations
-- Cancellations of tasks that ended at $1 or before, whoever has to be told; none that is under way.
SELECT j.job_id, j.lane, j.case_id, j.claim_no
FROM jobs j JOIN tasks t ON t.task_id = j.lane
WHERE t.state = 'cancelled' AND t.updated_at <= $1
    AND split_part(j.job_id, '/', 2) = 'cancellation'
    AND (j.claim_expires_at IS NULL OR j.claim_expires_at <= $2)
ORDER BY t.updated_at LIMIT $3
