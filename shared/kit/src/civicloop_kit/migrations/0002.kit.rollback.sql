DROP VIEW audit.operations;
DROP TABLE operations;
DROP VIEW held_causes;
DROP TABLE failed_timers;
ALTER TABLE held DROP COLUMN release;
