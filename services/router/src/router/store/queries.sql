-- name: read_case
-- The state of one case, as the kit keeps it; no row, or one without state: nothing was read.
SELECT state
FROM case_rows
WHERE case_id = $1 AND state IS NOT NULL
