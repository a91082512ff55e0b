CREATE OR REPLACE VIEW audit.jobs AS
SELECT job_id, queue, lane, case_id, due_at, attempts, claim_expires_at FROM jobs;

DROP INDEX tasks_parked;
ALTER TABLE tasks
    DROP COLUMN return_until, DROP COLUMN imported, DROP COLUMN dispatch,
    DROP COLUMN parked_delivery, DROP COLUMN park_reason, DROP COLUMN parked_at,
    DROP COLUMN review_at;

-- What the older release does not know is disabled there, and nothing of it gets lost.
UPDATE departments SET state = 'disabled', paused_until = NULL
WHERE state IN ('paused', 'removed') OR transport = 'pull';
UPDATE departments SET transport = 'replay' WHERE transport = 'pull';
ALTER TABLE departments
    DROP CONSTRAINT departments_transport_check,
    DROP CONSTRAINT departments_state_check,
    DROP COLUMN paused_until,
    DROP COLUMN revoked_at,
    DROP COLUMN leaves_tasks,
    ADD CONSTRAINT departments_transport_check CHECK (transport IN ('webhook', 'replay')),
    ADD CONSTRAINT departments_state_check CHECK (state IN ('active', 'disabled'));
