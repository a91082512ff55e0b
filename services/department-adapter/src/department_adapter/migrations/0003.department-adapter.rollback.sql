CREATE OR REPLACE VIEW audit.jobs AS
SELECT j.job_id, j.queue, j.lane, j.case_id,
    CASE
        WHEN d.state = 'disabled' OR d.transport = 'pull' THEN NULL
        WHEN d.state = 'paused' THEN greatest(j.due_at, d.paused_until)
        ELSE j.due_at
    END AS due_at,
    j.attempts,
    CASE WHEN d.state IN ('paused', 'disabled') THEN NULL ELSE j.claim_expires_at END
        AS claim_expires_at
FROM jobs j LEFT JOIN departments d ON d.code = j.queue;
