CREATE OR REPLACE VIEW held_causes AS
SELECT DISTINCT ON (case_id) case_id, reason, error, source, release, since
FROM (
    SELECT
        case_id, reason, error, source, release, held_at AS since,
        CASE reason WHEN 'bug' THEN 0 ELSE 2 END AS place
    FROM held WHERE reason IN ('bug', 'gap')
    UNION ALL
    SELECT r.case_id, 'timer', coalesce(t.error, ''), NULL, t.release, t.failed_at, 1
    FROM case_rows r LEFT JOIN failed_timers t ON t.case_id = r.case_id
    WHERE r.blocked
) AS found
ORDER BY case_id, place, since NULLS LAST;
