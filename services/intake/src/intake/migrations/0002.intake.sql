-- Reports that move, places of recent cases, supplements; notices by their own id.
-- depends: 0001.intake

ALTER TABLE reports
    -- What it is about, as far as a fact may tell it; null where it was rejected or is older.
    ADD COLUMN particulars json,
    -- Whether it counts in its case; not once its reporter has withdrawn.
    ADD COLUMN active boolean NOT NULL DEFAULT true;

-- Cases in public space for as long as a later report may be the same.
CREATE TABLE places (
    case_id uuid PRIMARY KEY,
    standard_ref text NOT NULL,
    kind text NOT NULL,
    code text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    filed_at timestamptz NOT NULL
);

CREATE INDEX places_near ON places (standard_ref, kind, code, latitude);
CREATE INDEX places_filed ON places (filed_at);

-- As the vault: nothing here can be read without the reporter's key.
CREATE TABLE supplements (
    supplement_id uuid PRIMARY KEY,
    report_id uuid NOT NULL,
    sealed bytea NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX supplements_report ON supplements (report_id);

-- A reporter hears of each round of each case, and of refusals.
ALTER TABLE notices ADD COLUMN notice_id text, ADD COLUMN case_id uuid;
UPDATE notices n SET notice_id = n.report_id || '/' || n.round, case_id = r.case_id
FROM reports r WHERE r.report_id = n.report_id;
ALTER TABLE notices DROP CONSTRAINT notices_pkey;
ALTER TABLE notices ALTER COLUMN case_id SET NOT NULL;
ALTER TABLE notices ADD PRIMARY KEY (notice_id);

CREATE OR REPLACE VIEW audit.notices AS
SELECT report_id, round, outcome, at, notice_id, case_id FROM notices;

-- Who was told is kept per report now, with its channel; a case that was handled was so once.
UPDATE case_rows c SET state = (
    SELECT (c.state::jsonb - 'told') || jsonb_build_object(
        'reports', (
            SELECT coalesce(jsonb_agg(
                report || jsonb_build_object(
                    'told', coalesce(c.state::jsonb -> 'told', '[]'),
                    'channel', coalesce(r.channel, 'import')
                ) ORDER BY place
            ), '[]')
            FROM jsonb_array_elements(c.state::jsonb -> 'reports')
                WITH ORDINALITY AS known (report, place)
            LEFT JOIN reports r ON r.report_id = (report ->> 'report_id')::uuid
        )
    ) || CASE
        WHEN c.state::jsonb #>> '{progress,status}' IN ('verifying', 'calling_back', 'closed')
        THEN jsonb_build_object('handled', once, 'verifications', once)
        ELSE '{}'
    END
    FROM (
        SELECT jsonb_build_object('round', c.state::jsonb #> '{progress,round}', 'times', 1) AS once
    ) AS counted
)::json
WHERE c.state IS NOT NULL;
