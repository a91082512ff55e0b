-- An auditor sees what has to hold, not what a room keeps of a case.
-- Only a column less in a view, which no release of the auditor reads: services do not notice.
-- depends: 0003.kit

DROP VIEW audit.case_rows;
CREATE VIEW audit.case_rows AS
SELECT case_id, version, inbox, emitted, held_count, blocked, replay IS NOT NULL AS replayed, timer_at
FROM case_rows;
