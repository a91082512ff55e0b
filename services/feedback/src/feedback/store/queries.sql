-- name: save_cases
-- Write the measured rows of cases; the case row's lock keeps their order.
INSERT INTO measures (
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, tier, source_clock, provisional, due_at, suspended, remaining_s, response_due_at,
    first_response_at, handled_at, overdue, verify_by, verify_tier, closed_at, outcome, solved,
    satisfied, reworks, reopenings, disputes, disputes_settled, escalations, reports_attached,
    reports_withdrawn, withdrawals_refused, merges_refused, remarks, replay_run, as_of
)
SELECT
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, tier, source_clock, provisional, due_at, suspended, remaining_s, response_due_at,
    first_response_at, handled_at, overdue, verify_by, verify_tier, closed_at, outcome, solved,
    satisfied, reworks, reopenings, disputes, disputes_settled, escalations, reports_attached,
    reports_withdrawn, withdrawals_refused, merges_refused, remarks, replay_run, as_of
FROM unnest(
    $1::uuid[], $2::text[], $3::smallint[], $4::timestamptz[], $5::timestamptz[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::boolean[],
    $14::boolean[], $15::timestamptz[], $16::boolean[], $17::bigint[], $18::timestamptz[],
    $19::timestamptz[], $20::timestamptz[], $21::boolean[], $22::timestamptz[], $23::text[],
    $24::timestamptz[], $25::text[], $26::boolean[], $27::boolean[], $28::smallint[],
    $29::smallint[], $30::smallint[], $31::smallint[], $32::smallint[], $33::integer[],
    $34::integer[], $35::smallint[], $36::smallint[], $37::integer[], $38::text[],
    $39::timestamptz[]
) AS new (
    case_id, state, round, filed_at, rejected_at, channel, standard_ref, kind, code, district,
    lead, tier, source_clock, provisional, due_at, suspended, remaining_s, response_due_at,
    first_response_at, handled_at, overdue, verify_by, verify_tier, closed_at, outcome, solved,
    satisfied, reworks, reopenings, disputes, disputes_settled, escalations, reports_attached,
    reports_withdrawn, withdrawals_refused, merges_refused, remarks, replay_run, as_of
)
ON CONFLICT (case_id) DO UPDATE SET
    state = excluded.state, round = excluded.round, filed_at = excluded.filed_at,
    rejected_at = excluded.rejected_at, channel = excluded.channel,
    standard_ref = excluded.standard_ref, kind = excluded.kind, code = excluded.code,
    district = excluded.district, lead = excluded.lead, tier = excluded.tier,
    source_clock = excluded.source_clock, provisional = excluded.provisional,
    due_at = excluded.due_at, suspended = excluded.suspended,
    remaining_s = excluded.remaining_s, response_due_at = excluded.response_due_at,
    first_response_at = excluded.first_response_at, handled_at = excluded.handled_at,
    overdue = excluded.overdue, verify_by = excluded.verify_by,
    verify_tier = excluded.verify_tier, closed_at = excluded.closed_at,
    outcome = excluded.outcome, solved = excluded.solved, satisfied = excluded.satisfied,
    reworks = excluded.reworks, reopenings = excluded.reopenings, disputes = excluded.disputes,
    disputes_settled = excluded.disputes_settled, escalations = excluded.escalations,
    reports_attached = excluded.reports_attached,
    reports_withdrawn = excluded.reports_withdrawn,
    withdrawals_refused = excluded.withdrawals_refused,
    merges_refused = excluded.merges_refused, remarks = excluded.remarks,
    replay_run = excluded.replay_run, as_of = excluded.as_of;

-- name: save_tasks
-- Write the measured rows of tasks; the case row's lock keeps their order.
INSERT INTO task_measures (
    task_id, case_id, task_no, attempt, department, role, required, given_by, dispatched_at,
    delivered_at, acknowledged_at, returned_at, unfounded, completed_at, response_due_at,
    due_at, suspended, parked, replaced, cancelled, reminders, supervisions,
    extensions_requested, extensions, extensions_refused, suspensions_requested, suspensions,
    suspensions_refused
)
SELECT
    task_id, case_id, task_no, attempt, department, role, required, given_by, dispatched_at,
    delivered_at, acknowledged_at, returned_at, unfounded, completed_at, response_due_at,
    due_at, suspended, parked, replaced, cancelled, reminders, supervisions,
    extensions_requested, extensions, extensions_refused, suspensions_requested, suspensions,
    suspensions_refused
FROM unnest(
    $1::uuid[], $2::uuid[], $3::smallint[], $4::smallint[], $5::text[], $6::text[],
    $7::boolean[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::timestamptz[],
    $12::timestamptz[], $13::boolean[], $14::timestamptz[], $15::timestamptz[],
    $16::timestamptz[], $17::boolean[], $18::smallint[], $19::boolean[], $20::boolean[],
    $21::smallint[], $22::smallint[], $23::smallint[], $24::smallint[], $25::smallint[],
    $26::smallint[], $27::smallint[], $28::smallint[]
) AS new (
    task_id, case_id, task_no, attempt, department, role, required, given_by, dispatched_at,
    delivered_at, acknowledged_at, returned_at, unfounded, completed_at, response_due_at,
    due_at, suspended, parked, replaced, cancelled, reminders, supervisions,
    extensions_requested, extensions, extensions_refused, suspensions_requested, suspensions,
    suspensions_refused
)
ON CONFLICT (task_id) DO UPDATE SET
    case_id = excluded.case_id, task_no = excluded.task_no, attempt = excluded.attempt,
    department = excluded.department, role = excluded.role, required = excluded.required,
    given_by = excluded.given_by, dispatched_at = excluded.dispatched_at,
    delivered_at = excluded.delivered_at, acknowledged_at = excluded.acknowledged_at,
    returned_at = excluded.returned_at, unfounded = excluded.unfounded,
    completed_at = excluded.completed_at, response_due_at = excluded.response_due_at,
    due_at = excluded.due_at, suspended = excluded.suspended, parked = excluded.parked,
    replaced = excluded.replaced, cancelled = excluded.cancelled,
    reminders = excluded.reminders, supervisions = excluded.supervisions,
    extensions_requested = excluded.extensions_requested, extensions = excluded.extensions,
    extensions_refused = excluded.extensions_refused,
    suspensions_requested = excluded.suspensions_requested, suspensions = excluded.suspensions,
    suspensions_refused = excluded.suspensions_refused;

-- name: list_waiting
-- The live cases that wait for a verification, of one tier or of all, with the departments that
-- have to be done.
SELECT
    m.case_id, m.round, m.verify_by, m.handled_at, m.district,
    -- A release that does not know of tiers names none.
    COALESCE(m.verify_tier, 'grid') AS verify_tier,
    ARRAY(
        SELECT DISTINCT t.department FROM task_measures AS t
        WHERE t.case_id = m.case_id AND t.completed_at IS NOT NULL
        ORDER BY t.department
    ) AS departments
FROM measures AS m
WHERE
    m.state = 'to_verify'
    AND ($1::uuid IS NULL OR m.case_id > $1::uuid)
    AND ($3::text IS NULL OR COALESCE(m.verify_tier, 'grid') = $3::text)
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
-- The counts of `domain.indicators.COUNTS` per group, and for all together. Cases are in the group
-- of their lead, tasks and returns in that of the department that had them. NULL is nothing to sum.
WITH chosen AS (
    SELECT
        case_id,
        CASE $1::text
            WHEN 'department' THEN lead WHEN 'district' THEN district ELSE channel
        END AS grp,
        filed_at IS NOT NULL AS filed,
        COALESCE(outcome IN ('withdrawn', 'merged'), FALSE) AS ended_otherwise,
        COALESCE(outcome = 'merged', FALSE) AS merged,
        handled_at IS NOT NULL AS handled,
        suspended AND handled_at IS NULL AND overdue IS NOT TRUE AS suspended,
        state = 'closed' AS closed,
        COALESCE(overdue OR due_at < COALESCE(as_of, $5::timestamptz), FALSE) AS past_due,
        COALESCE(overdue, due_at < COALESCE(as_of, $5::timestamptz)) AS late,
        response_due_at, first_response_at,
        COALESCE(first_response_at, as_of, $5::timestamptz) AS response_judged_at,
        solved, satisfied, reworks, reopenings, disputes, disputes_settled, escalations,
        reports_attached, reports_withdrawn, withdrawals_refused, merges_refused
    FROM measures
    WHERE
        COALESCE(filed_at, rejected_at) >= COALESCE($3::timestamptz, '-infinity')
        AND COALESCE(filed_at, rejected_at) < COALESCE($4::timestamptz, 'infinity')
        AND ((replay_run = $2::text) OR ($2::text IS NULL AND replay_run IS NULL))
),

judged AS (
    SELECT
        *,
        filed AND NOT ended_otherwise AS counted,
        filed AND NOT ended_otherwise AND (handled OR past_due) AS due,
        filed AND NOT ended_otherwise AND (closed OR past_due) AS due_to_close,
        response_due_at IS NOT NULL AS has_response_clock,
        first_response_at IS NOT NULL OR response_due_at < response_judged_at AS response_due,
        first_response_at <= response_due_at AS responded_on_time,
        -- Without a limit any answer of the department is in time.
        filed AND solved IS NOT NULL AND first_response_at
        <= COALESCE(response_due_at, 'infinity') AS contacted
    FROM chosen
),

cases AS (
    SELECT
        grp,
        GROUPING(grp) = 1 AS total,
        COUNT(*) AS received,
        COUNT(*) FILTER (WHERE filed) AS filed,
        COUNT(*) FILTER (WHERE NOT filed) AS rejected,
        COUNT(*) FILTER (WHERE filed AND ended_otherwise) AS ended_otherwise,
        COUNT(*) FILTER (WHERE counted AND suspended) AS suspended,
        COUNT(*) FILTER (WHERE counted AND NOT suspended AND NOT due) AS not_due,
        COUNT(*) FILTER (WHERE due) AS due_to_handle,
        COUNT(*) FILTER (WHERE due AND handled) AS handled,
        COUNT(*) FILTER (WHERE due AND handled AND NOT late) AS handled_on_time,
        COUNT(*) FILTER (WHERE counted AND late) AS overdue,
        COUNT(*) FILTER (
            WHERE counted AND NOT suspended AND NOT due_to_close
        ) AS not_due_to_close,
        COUNT(*) FILTER (WHERE due_to_close) AS due_to_close,
        COUNT(*) FILTER (WHERE due_to_close AND closed) AS closed,
        COUNT(*) FILTER (WHERE due_to_close AND closed AND NOT late) AS closed_on_time,
        COUNT(*) FILTER (WHERE counted AND NOT has_response_clock) AS no_response_clock,
        COUNT(*) FILTER (
            WHERE counted AND has_response_clock AND NOT response_due
        ) AS response_not_due,
        COUNT(*) FILTER (
            WHERE counted AND has_response_clock AND response_due
        ) AS due_to_respond,
        COUNT(*) FILTER (
            WHERE counted AND has_response_clock AND responded_on_time
        ) AS responded_on_time,
        COUNT(*) FILTER (WHERE due AND reworks > 0) AS reworked,
        COUNT(*) FILTER (WHERE reopenings > 0) AS reopened,
        COUNT(*) FILTER (WHERE filed AND solved IS NOT NULL) AS valid_call_backs,
        COUNT(*) FILTER (WHERE filed AND solved IS NULL) AS not_answered,
        COUNT(*) FILTER (WHERE contacted) AS contacted,
        COUNT(*) FILTER (WHERE filed AND solved) AS solved,
        COUNT(*) FILTER (WHERE filed AND satisfied) AS satisfied,
        COUNT(*) FILTER (
            WHERE filed AND solved IS NOT NULL AND satisfied IS NULL
        ) AS satisfaction_not_said,
        SUM(1 + reports_attached - reports_withdrawn) FILTER (
            WHERE filed AND NOT merged
        ) AS reports,
        SUM(reports_withdrawn) AS reports_withdrawn,
        SUM(disputes) AS disputes,
        SUM(disputes_settled) AS disputes_settled,
        SUM(escalations) AS escalations,
        SUM(withdrawals_refused) AS withdrawals_refused,
        SUM(merges_refused) AS merges_refused
    FROM judged
    GROUP BY GROUPING SETS ((grp), ())
),

given AS (
    SELECT
        CASE $1::text WHEN 'department' THEN t.department ELSE c.grp END AS grp,
        t.returned_at IS NOT NULL AS returned,
        t.unfounded, t.parked, t.reminders, t.supervisions,
        t.extensions_requested, t.extensions, t.extensions_refused,
        t.suspensions_requested, t.suspensions, t.suspensions_refused
    FROM chosen AS c
    INNER JOIN task_measures AS t ON c.case_id = t.case_id
    WHERE c.filed AND t.dispatched_at IS NOT NULL
),

tasks AS (
    SELECT
        grp,
        GROUPING(grp) = 1 AS total,
        COUNT(*) AS dispatched,
        COUNT(*) FILTER (WHERE returned) AS returned,
        COUNT(*) FILTER (WHERE unfounded) AS returned_unfounded,
        COUNT(*) FILTER (WHERE returned AND NOT unfounded) AS returned_justified,
        COUNT(*) FILTER (WHERE NOT returned OR unfounded) AS dispatched_accurately,
        SUM(parked) AS parked,
        SUM(reminders) AS reminders,
        SUM(supervisions) AS supervisions,
        SUM(extensions_requested) AS extensions_requested,
        SUM(extensions) AS extensions,
        SUM(extensions_refused) AS extensions_refused,
        SUM(suspensions_requested) AS suspensions_requested,
        SUM(suspensions) AS suspensions,
        SUM(suspensions_refused) AS suspensions_refused
    FROM given
    GROUP BY GROUPING SETS ((grp), ())
)

-- No group is named by an empty text, so it stands for the one without a name.
SELECT
    COALESCE(c.grp, t.grp) AS grp,
    COALESCE(c.total, t.total) AS total,
    c.received, c.filed, c.rejected, c.ended_otherwise, c.suspended, c.not_due,
    c.due_to_handle, c.handled, c.handled_on_time, c.overdue, c.not_due_to_close,
    c.due_to_close, c.closed, c.closed_on_time, c.no_response_clock, c.response_not_due,
    c.due_to_respond, c.responded_on_time, c.reworked, c.reopened, c.valid_call_backs,
    c.not_answered, c.contacted, c.solved, c.satisfied, c.satisfaction_not_said, c.reports,
    c.reports_withdrawn, c.disputes, c.disputes_settled, c.escalations, c.withdrawals_refused,
    c.merges_refused, t.dispatched, t.returned, t.returned_unfounded, t.returned_justified,
    t.dispatched_accurately, t.parked, t.reminders, t.supervisions, t.extensions_requested,
    t.extensions, t.extensions_refused, t.suspensions_requested, t.suspensions,
    t.suspensions_refused
FROM cases AS c
FULL JOIN tasks AS t ON c.total = t.total AND COALESCE(c.grp, '') = COALESCE(t.grp, '')
ORDER BY total DESC, grp;
