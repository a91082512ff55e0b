-- name: save_cases
-- Write the measured rows of cases; the case row's lock keeps their order.
INSERT INTO measures (
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, source_clock, provisional, due_at, response_due_at, first_response_at, handled_at,
    overdue, verify_by, closed_at, outcome, solved, satisfied, reworks, reopenings, disputes,
    remarks, replay_run, as_of
)
SELECT
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, source_clock, provisional, due_at, response_due_at, first_response_at, handled_at,
    overdue, verify_by, closed_at, outcome, solved, satisfied, reworks, reopenings, disputes,
    remarks, replay_run, as_of
FROM unnest(
    $1::uuid[], $2::text[], $3::smallint[], $4::timestamptz[], $5::timestamptz[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::boolean[],
    $13::boolean[], $14::timestamptz[], $15::timestamptz[], $16::timestamptz[],
    $17::timestamptz[], $18::boolean[], $19::timestamptz[], $20::timestamptz[], $21::text[],
    $22::boolean[], $23::boolean[], $24::smallint[], $25::smallint[], $26::smallint[],
    $27::integer[], $28::text[], $29::timestamptz[]
) AS new (
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, source_clock, provisional, due_at, response_due_at, first_response_at, handled_at,
    overdue, verify_by, closed_at, outcome, solved, satisfied, reworks, reopenings, disputes,
    remarks, replay_run, as_of
)
ON CONFLICT (case_id) DO UPDATE SET
    state = excluded.state, round = excluded.round, filed_at = excluded.filed_at,
    rejected_at = excluded.rejected_at, channel = excluded.channel,
    standard_ref = excluded.standard_ref, kind = excluded.kind, code = excluded.code,
    district = excluded.district, lead = excluded.lead, source_clock = excluded.source_clock,
    provisional = excluded.provisional, due_at = excluded.due_at,
    response_due_at = excluded.response_due_at, first_response_at = excluded.first_response_at,
    handled_at = excluded.handled_at, overdue = excluded.overdue,
    verify_by = excluded.verify_by, closed_at = excluded.closed_at, outcome = excluded.outcome,
    solved = excluded.solved, satisfied = excluded.satisfied, reworks = excluded.reworks,
    reopenings = excluded.reopenings, disputes = excluded.disputes, remarks = excluded.remarks,
    replay_run = excluded.replay_run, as_of = excluded.as_of;

-- name: save_tasks
-- Write the measured rows of tasks; the case row's lock keeps their order.
INSERT INTO task_measures (
    task_id, case_id, task_no, attempt, department, role, required, dispatched_at, delivered_at,
    acknowledged_at, completed_at, response_due_at, due_at, parked, cancelled
)
SELECT
    task_id, case_id, task_no, attempt, department, role, required, dispatched_at, delivered_at,
    acknowledged_at, completed_at, response_due_at, due_at, parked, cancelled
FROM unnest(
    $1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::text[], $6::text[],
    $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
    $12::timestamptz[], $13::timestamptz[], $14::smallint[], $15::boolean[]
) AS new (
    task_id, case_id, task_no, attempt, department, role, required, dispatched_at, delivered_at,
    acknowledged_at, completed_at, response_due_at, due_at, parked, cancelled
)
ON CONFLICT (task_id) DO UPDATE SET
    case_id = excluded.case_id, task_no = excluded.task_no, attempt = excluded.attempt,
    department = excluded.department, role = excluded.role, required = excluded.required,
    dispatched_at = excluded.dispatched_at, delivered_at = excluded.delivered_at,
    acknowledged_at = excluded.acknowledged_at, completed_at = excluded.completed_at,
    response_due_at = excluded.response_due_at, due_at = excluded.due_at,
    parked = excluded.parked, cancelled = excluded.cancelled;

-- name: list_waiting
-- The live cases that wait for a verification, with the departments that have to be done.
SELECT
    m.case_id, m.round, m.verify_by, m.handled_at, m.district,
    ARRAY(
        SELECT DISTINCT t.department FROM task_measures AS t
        WHERE t.case_id = m.case_id AND t.completed_at IS NOT NULL
        ORDER BY t.department
    ) AS departments
FROM measures AS m
WHERE m.state = 'to_verify' AND ($1::uuid IS NULL OR m.case_id > $1::uuid)
ORDER BY m.case_id
LIMIT $2;

-- name: list_judgements
-- The cases of one replay, each judged at its handling, or when its source was read.
SELECT
    case_id, due_at, handled_at,
    COALESCE(overdue, as_of > due_at) AS overdue
FROM measures
WHERE replay_run = $1 AND filed_at IS NOT NULL AND ($2::uuid IS NULL OR case_id > $2::uuid)
ORDER BY case_id
LIMIT $3;

-- name: count_cases
-- The counts of `domain.indicators.COUNTS` per group, and for all cases together.
WITH chosen AS (
    SELECT
        CASE $1::text
            WHEN 'department' THEN lead WHEN 'district' THEN district ELSE channel
        END AS grp,
        filed_at IS NOT NULL AS filed,
        COALESCE(outcome IN ('withdrawn', 'merged'), FALSE) AS ended_otherwise,
        handled_at IS NOT NULL AS handled,
        state = 'closed' AS closed,
        COALESCE(due_at < COALESCE(as_of, $5::timestamptz), FALSE) AS past_due,
        COALESCE(overdue, due_at < COALESCE(as_of, $5::timestamptz)) AS late,
        response_due_at, first_response_at,
        COALESCE(first_response_at, as_of, $5::timestamptz) AS response_judged_at,
        solved, satisfied, reworks
    FROM measures
    WHERE
        COALESCE(filed_at, rejected_at) >= COALESCE($3::timestamptz, '-infinity')
        AND COALESCE(filed_at, rejected_at) < COALESCE($4::timestamptz, 'infinity')
        AND ((replay_run = $2::text) OR ($2::text IS NULL AND replay_run IS NULL))
),

judged AS (
    SELECT
        grp, filed, ended_otherwise, handled, closed, late, reworks, solved, satisfied,
        filed AND NOT ended_otherwise AS counted,
        filed AND NOT ended_otherwise AND (handled OR past_due) AS due,
        filed AND NOT ended_otherwise AND (closed OR past_due) AS due_to_close,
        response_due_at IS NOT NULL AS has_response_clock,
        first_response_at IS NOT NULL OR response_due_at < response_judged_at AS response_due,
        first_response_at <= response_due_at AS responded_on_time
    FROM chosen
)

SELECT
    grp,
    GROUPING(grp) = 1 AS total,
    COUNT(*) AS received,
    COUNT(*) FILTER (WHERE filed) AS filed,
    COUNT(*) FILTER (WHERE NOT filed) AS rejected,
    COUNT(*) FILTER (WHERE filed AND ended_otherwise) AS ended_otherwise,
    COUNT(*) FILTER (WHERE counted AND NOT due) AS not_due,
    COUNT(*) FILTER (WHERE due) AS due_to_handle,
    COUNT(*) FILTER (WHERE due AND handled) AS handled,
    COUNT(*) FILTER (WHERE due AND handled AND NOT late) AS handled_on_time,
    COUNT(*) FILTER (WHERE counted AND late) AS overdue,
    COUNT(*) FILTER (WHERE counted AND NOT due_to_close) AS not_due_to_close,
    COUNT(*) FILTER (WHERE due_to_close) AS due_to_close,
    COUNT(*) FILTER (WHERE due_to_close AND closed) AS closed,
    COUNT(*) FILTER (WHERE due_to_close AND closed AND NOT late) AS closed_on_time,
    COUNT(*) FILTER (WHERE counted AND NOT has_response_clock) AS no_response_clock,
    COUNT(*) FILTER (
        WHERE counted AND has_response_clock AND NOT response_due
    ) AS response_not_due,
    COUNT(*) FILTER (WHERE counted AND has_response_clock AND response_due) AS due_to_respond,
    COUNT(*) FILTER (
        WHERE counted AND has_response_clock AND responded_on_time
    ) AS responded_on_time,
    COUNT(*) FILTER (WHERE due AND reworks > 0) AS reworked,
    COUNT(*) FILTER (WHERE filed AND solved IS NOT NULL) AS answered,
    COUNT(*) FILTER (WHERE filed AND solved) AS solved,
    COUNT(*) FILTER (WHERE filed AND solved IS NULL) AS not_answered,
    COUNT(*) FILTER (WHERE filed AND satisfied IS NOT NULL) AS satisfaction_said,
    COUNT(*) FILTER (WHERE filed AND satisfied) AS satisfied,
    COUNT(*) FILTER (
        WHERE filed AND solved IS NOT NULL AND satisfied IS NULL
    ) AS satisfaction_not_said
FROM judged
GROUP BY GROUPING SETS ((grp), ())
ORDER BY total DESC, grp;
