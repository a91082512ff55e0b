-- name: create_seen
-- The source ids of all rows, imported or not.
CREATE TABLE seen (source_id TEXT PRIMARY KEY) WITHOUT ROWID;

-- name: create_lines
-- One row per line that can be imported, and what became of it.
CREATE TABLE lines (
    line INTEGER PRIMARY KEY,
    source_id TEXT NOT NULL,
    department TEXT NOT NULL,
    flag TEXT NOT NULL,
    handled INTEGER NOT NULL,
    case_id TEXT UNIQUE,
    repeated INTEGER,
    overdue INTEGER
);

-- name: create_rejects
-- The lines that are not imported.
CREATE TABLE rejects (line INTEGER PRIMARY KEY, reason TEXT NOT NULL, source_column TEXT NOT NULL);

-- name: see
-- Note a source id; changes nothing where it is known.
INSERT OR IGNORE INTO seen (source_id) VALUES (:source_id);

-- name: add_line
-- Note a line.
INSERT INTO lines (line, source_id, department, flag, handled, overdue)
VALUES (:line, :source_id, :department, :flag, :handled, :overdue);

-- name: add_reject
-- Note a reject.
INSERT INTO rejects (line, reason, source_column) VALUES (:line, :reason, :source_column);

-- name: remove_line
-- Forget a line that intake did not file.
DELETE FROM lines WHERE line = :line;

-- name: file_line
-- Note the case that a line became.
UPDATE lines SET case_id = :case_id, repeated = :repeated WHERE line = :line;

-- name: judge_case
-- Note our judgement of a case; one that its source handled is judged once it is handled here.
UPDATE lines SET overdue = :overdue
WHERE case_id = :case_id AND handled <= :handled;

-- name: totals
-- All lines that were not rejected.
SELECT
    count(*) AS filed, coalesce(sum(handled), 0) AS closed,
    coalesce(sum(repeated), 0) AS repeated, coalesce(sum(overdue), 0) AS overdue,
    coalesce(sum(flag = 'overdue'), 0) AS overdue_source,
    coalesce(sum(flag = 'on_time'), 0) AS on_time_source,
    coalesce(sum(overdue IS NULL), 0) AS unjudged
FROM lines;

-- name: departments
-- The same per department.
SELECT
    department, count(*) AS filed, sum(handled) AS closed,
    coalesce(sum(repeated), 0) AS repeated, coalesce(sum(overdue), 0) AS overdue,
    sum(flag = 'overdue') AS overdue_source, sum(flag = 'on_time') AS on_time_source,
    coalesce(sum(overdue IS NULL), 0) AS unjudged
FROM lines
GROUP BY department
ORDER BY department;

-- name: judged
-- Every line that was judged, in the order of the file.
SELECT line, source_id, case_id, overdue, flag FROM lines WHERE overdue IS NOT NULL ORDER BY line;

-- name: unjudged
-- The first lines that were not.
SELECT line, source_id, case_id FROM lines WHERE overdue IS NULL ORDER BY line LIMIT :most;

-- name: rejects
-- Every reject, in the order of the file.
SELECT line, reason, source_column FROM rejects ORDER BY line;

-- name: reject_counts
-- How many lines each reason cost.
SELECT reason, count(*) AS lines FROM rejects GROUP BY reason ORDER BY lines DESC, reason;
