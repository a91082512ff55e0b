DROP VIEW audit.case_rows;
CREATE VIEW audit.case_rows AS
SELECT case_id, version, inbox, emitted, held_count, blocked, replay IS NOT NULL AS replayed, timer_at, state
FROM case_rows;
