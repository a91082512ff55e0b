DROP SCHEMA audit CASCADE;
DROP TABLE jobs;
DROP TABLE idempotency;
DROP TABLE dead_letters;
DROP TABLE held;
DROP TABLE positions;
DROP TABLE snapshots;
DROP TABLE outbox;
DROP TABLE case_rows;
