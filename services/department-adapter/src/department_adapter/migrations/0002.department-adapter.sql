-- Departments that pull, are paused or removed; what is parked; deliveries that can be made again.
-- depends: 0001.department-adapter

ALTER TABLE departments
    DROP CONSTRAINT departments_transport_check,
    DROP CONSTRAINT departments_state_check,
    ADD CONSTRAINT departments_transport_check CHECK (transport IN ('webhook', 'pull', 'replay')),
    ADD CONSTRAINT departments_state_check
        CHECK (state IN ('active', 'paused', 'disabled', 'removed')),
    ADD COLUMN paused_until timestamptz CHECK ((state = 'paused') = (paused_until IS NOT NULL)),
    -- Tokens that were made for it until then are not taken any more.
    ADD COLUMN revoked_at timestamptz CHECK (state <> 'removed' OR revoked_at IS NOT NULL),
    -- Removed, and somebody still has to look for its open tasks.
    ADD COLUMN leaves_tasks boolean NOT NULL DEFAULT false;

ALTER TABLE tasks
    ADD COLUMN return_until timestamptz,
    ADD COLUMN imported boolean NOT NULL DEFAULT false,
    -- What the department got, for whoever is registered under its code after it was removed.
    ADD COLUMN dispatch jsonb,
    ADD COLUMN parked_delivery text,
    ADD COLUMN park_reason text,
    ADD COLUMN parked_at timestamptz,
    ADD COLUMN review_at timestamptz;

UPDATE tasks SET imported = true
FROM case_rows WHERE case_rows.case_id = tasks.case_id AND case_rows.replay IS NOT NULL;

CREATE INDEX tasks_parked ON tasks (task_id) WHERE parked_delivery IS NOT NULL;

-- Who waits on purpose is not late: a pause ends by itself, whoever is disabled or comes for its
-- deliveries itself is waited for.
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
