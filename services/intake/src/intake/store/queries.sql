-- name: write_reports
-- Which case each report belongs to.
INSERT INTO reports (report_id, case_id, channel, received_at, state, source_id)
SELECT r.report_id, r.case_id, r.channel, r.received_at, r.state, r.source_id
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[])
    AS r (report_id, case_id, channel, received_at, state, source_id)

-- name: write_vault
-- What reporters said, sealed with a key each.
INSERT INTO vault (subject_id, kind, sealed)
SELECT v.subject_id, v.kind, v.sealed
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS v (subject_id, kind, sealed)

-- name: write_notices
-- What became of a notice: the first word stands.
INSERT INTO notices (report_id, round, outcome, at)
SELECT n.report_id, n.round, n.outcome, n.at
FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[])
    AS n (report_id, round, outcome, at)
ON CONFLICT (report_id, round) DO NOTHING

-- name: read_case
-- The state of one case.
SELECT state FROM case_rows WHERE case_id = $1

-- name: find_case
-- The case of a report.
SELECT case_id FROM reports WHERE report_id = $1

-- name: read_narratives
-- The reports of some cases, the oldest first, with their narratives where there are any.
SELECT r.case_id, r.report_id, v.sealed
FROM reports r LEFT JOIN vault v ON v.subject_id = r.report_id AND v.kind = 'narrative'
WHERE r.case_id = ANY($1::uuid[]) ORDER BY r.case_id, r.report_id

-- name: read_contacts
-- The contacts of some reports.
SELECT subject_id, sealed FROM vault WHERE subject_id = ANY($1::uuid[]) AND kind = 'contact'

-- name: write_disclosures
-- Who reads what, and why: written in the transaction that reads.
INSERT INTO disclosures (principal, case_id, purpose, at)
SELECT d.principal, d.case_id, d.purpose, d.at
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[])
    AS d (principal, case_id, purpose, at)

-- name: write_erasure
-- Who asked first for a reporter to be forgotten.
INSERT INTO erasures (report_id, principal, at) VALUES ($1, $2, $3)
ON CONFLICT (report_id) DO NOTHING
