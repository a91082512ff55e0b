-- What is late although nobody is tried: what a removed department left, and old cancellations.
-- depends: 0002.department-adapter

-- Who waits on purpose is not late: a pause ends by itself, whoever is disabled or comes for its
-- deliveries itself is waited for. But we park what a removed department left, end a cancellation
-- seven days after its task (`domain.schedule.RetryPolicy.cancel_for`) and count leases that ran
-- out, whatever the department does. A lane is as late as its first delivery: one behind it waits
-- for that one, not for the department.
CREATE OR REPLACE VIEW audit.jobs AS
SELECT j.job_id, j.queue, j.lane, j.case_id,
    CASE
        WHEN d.state = 'removed'
            OR EXISTS (SELECT FROM jobs e WHERE e.lane = j.lane AND e.ordinal < j.ordinal)
            THEN j.due_at
        WHEN d.state = 'disabled' OR d.transport = 'pull' THEN t.updated_at + interval '7 days'
        WHEN d.state = 'paused'
            THEN least(greatest(j.due_at, d.paused_until), t.updated_at + interval '7 days')
        ELSE j.due_at
    END AS due_at,
    j.attempts,
    CASE
        WHEN d.state IN ('paused', 'disabled') AND d.transport <> 'pull' THEN NULL
        ELSE j.claim_expires_at
    END AS claim_expires_at
FROM jobs j
LEFT JOIN departments d ON d.code = j.queue
LEFT JOIN tasks t ON t.task_id = j.lane AND t.state = 'cancelled'
    AND split_part(j.job_id, '/', 2) = 'cancellation';
