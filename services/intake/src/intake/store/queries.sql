-- name: write_reports
-- Which case each report belongs to.
INSERT INTO reports (report_id, case_id, channel, received_at, state, source_id, particulars)
SELECT r.report_id, r.case_id, r.channel, r.received_at, r.state, r.source_id, r.particulars::json
FROM unnest(
    $1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[]
) AS r (report_id, case_id, channel, received_at, state, source_id, particulars)

-- name: move_reports
-- Reports that belong to another case now, or count no more, or again.
UPDATE reports r SET case_id = m.case_id, active = m.active
FROM unnest($1::uuid[], $2::uuid[], $3::bool[]) AS m (report_id, case_id, active)
WHERE r.report_id = m.report_id

-- name: write_places
-- Where cases are that later reports may be the same as.
INSERT INTO places (case_id, standard_ref, kind, code, latitude, longitude, filed_at)
SELECT p.case_id, p.standard_ref, p.kind, p.code, p.latitude, p.longitude, p.filed_at
FROM unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::timestamptz[]
) AS p (case_id, standard_ref, kind, code, latitude, longitude, filed_at)

-- name: find_places
-- The newest cases of each matter within its box; the rules measure the distance.
SELECT w.number, near.case_id
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::float8[]
) WITH ORDINALITY AS w (standard_ref, kind, code, south, north, west, east, number)
CROSS JOIN LATERAL (
    SELECT p.case_id FROM places p
    WHERE p.standard_ref = w.standard_ref AND p.kind = w.kind AND p.code = w.code
        AND p.latitude BETWEEN w.south AND w.north AND p.longitude BETWEEN w.west AND w.east
        AND p.filed_at >= $8
    ORDER BY p.filed_at DESC LIMIT $9
) AS near

-- name: forget_places
-- Some places that are too old.
DELETE FROM places WHERE case_id IN (SELECT case_id FROM places WHERE filed_at < $1 LIMIT $2)
RETURNING case_id

-- name: write_supplements
-- What reporters added, sealed with their keys.
INSERT INTO supplements (supplement_id, report_id, sealed, at)
SELECT s.supplement_id, s.report_id, s.sealed, s.at
FROM unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::timestamptz[])
    AS s (supplement_id, report_id, sealed, at)

-- name: write_vault
-- What reporters said, sealed with a key each.
INSERT INTO vault (subject_id, kind, sealed)
SELECT v.subject_id, v.kind, v.sealed
FROM unnest($1::uuid[], $2::text[], $3::bytea[]) AS v (subject_id, kind, sealed)

-- name: write_notices
-- What became of a notice: the first word stands.
INSERT INTO notices (notice_id, report_id, case_id, round, outcome, at)
SELECT n.notice_id, n.report_id, n.case_id, n.round, n.outcome, n.at
FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::integer[], $5::text[], $6::timestamptz[])
    AS n (notice_id, report_id, case_id, round, outcome, at)
ON CONFLICT (notice_id) DO NOTHING

-- name: read_case
-- The state of one case.
SELECT state FROM case_rows WHERE case_id = $1

-- name: find_case
-- The case of a report.
SELECT case_id FROM reports WHERE report_id = $1

-- name: read_particulars
-- What a report is about.
SELECT particulars FROM reports WHERE report_id = $1

-- name: read_narratives
-- The newest texts of the reports that count in some cases, $2 of each case at most: the oldest
-- report first, supplements last. Ids sort by time.
SELECT w.case_id, t.report_id, t.supplement_id, t.sealed
FROM unnest($1::uuid[]) AS w (case_id)
CROSS JOIN LATERAL (
    SELECT r.report_id, NULL::uuid AS supplement_id, v.sealed, r.report_id AS text_id
    FROM reports r JOIN vault v ON v.subject_id = r.report_id AND v.kind = 'narrative'
    WHERE r.case_id = w.case_id AND r.active
    UNION ALL
    SELECT r.report_id, s.supplement_id, s.sealed, s.supplement_id
    FROM reports r JOIN supplements s ON s.report_id = r.report_id
    WHERE r.case_id = w.case_id AND r.active
    ORDER BY text_id DESC LIMIT $2
) AS t
ORDER BY w.case_id, t.supplement_id NULLS FIRST, t.report_id

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
