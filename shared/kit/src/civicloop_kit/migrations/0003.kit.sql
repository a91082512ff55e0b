-- Records with a code that only a newer release knows: their cases wait for the upgrade.
-- Only another text of a view: a service of the former release goes on beside it.
-- depends: 0002.kit

CREATE OR REPLACE VIEW held_causes AS
SELECT DISTINCT ON (case_id) case_id, reason, error, source, release, since
FROM (
    SELECT
        case_id, reason, error, source, release, held_at AS since,
        CASE reason WHEN 'gap' THEN 2 ELSE 0 END AS place
    FROM held WHERE reason IN ('bug', 'newer', 'gap')
    UNION ALL
    SELECT r.case_id, 'timer', coalesce(t.error, ''), NULL, t.release, t.failed_at, 1
    FROM case_rows r LEFT JOIN failed_timers t ON t.case_id = r.case_id
    WHERE r.blocked
) AS found
ORDER BY case_id, place, since NULLS LAST;
