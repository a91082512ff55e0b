-- name: read_case
-- The state of one case, as the kit keeps it; no row, or one without state: nothing was read.
SELECT state
FROM case_rows
WHERE case_id = $1 AND state IS NOT NULL

-- name: save_tasks
-- A task belongs to its case for ever.
INSERT INTO desk_tasks (task_id, case_id)
SELECT t.task_id, t.case_id
FROM unnest($1::uuid[], $2::uuid[]) AS t (task_id, case_id)
ON CONFLICT (task_id) DO NOTHING

-- name: save_disputes
-- A dispute as it is now; ended ones stay, so that their door can say so.
INSERT INTO desk_disputes (
    dispute_id, case_id, task_id, department, ground, opened_at, settle_by, is_open
)
SELECT
    d.dispute_id, d.case_id, d.task_id, d.department, d.ground, d.opened_at, d.settle_by, d.is_open
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::boolean[]
) AS d (dispute_id, case_id, task_id, department, ground, opened_at, settle_by, is_open)
ON CONFLICT (dispute_id) DO UPDATE SET
    department = excluded.department, settle_by = excluded.settle_by, is_open = excluded.is_open

-- name: save_requests
-- A request as it is now; decided ones stay, so that a page of the list knows where it ended.
INSERT INTO desk_requests (
    row_id, task_id, request_id, case_id, department, kind, asked_at, review_at, due_at, is_pending
)
SELECT
    r.row_id, r.task_id, r.request_id, r.case_id, r.department, r.kind, r.asked_at, r.review_at,
    r.due_at, r.is_pending
FROM unnest(
    $1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
    $8::timestamptz[], $9::timestamptz[], $10::boolean[]
) AS r (
    row_id, task_id, request_id, case_id, department, kind, asked_at, review_at, due_at, is_pending
)
ON CONFLICT (row_id) DO UPDATE SET due_at = excluded.due_at, is_pending = excluded.is_pending

-- name: case_of_task
-- Which case a task is of.
SELECT case_id FROM desk_tasks WHERE task_id = $1

-- name: case_of_dispute
-- Which case a dispute is of.
SELECT case_id FROM desk_disputes WHERE dispute_id = $1

-- name: list_disputes
-- Open disputes in the order of their time limits, after a given one, open or not.
SELECT dispute_id, case_id, task_id, department, ground, opened_at, settle_by, is_open
FROM desk_disputes
WHERE is_open AND ($1::uuid IS NULL OR (settle_by, dispute_id) > (
    SELECT d.settle_by, d.dispute_id FROM desk_disputes d WHERE d.dispute_id = $1
))
ORDER BY settle_by, dispute_id
LIMIT $2

-- name: list_requests
-- Pending requests in the order of asking, after a given one, pending or not.
SELECT
    row_id, task_id, request_id, case_id, department, kind, asked_at, review_at, due_at, is_pending
FROM desk_requests
WHERE is_pending AND ($1::uuid IS NULL OR (asked_at, row_id) > (
    SELECT r.asked_at, r.row_id FROM desk_requests r WHERE r.row_id = $1
))
ORDER BY asked_at, row_id
LIMIT $2
