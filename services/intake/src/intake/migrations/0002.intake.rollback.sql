UPDATE case_rows c SET state = (
    c.state::jsonb || jsonb_build_object(
        'told', coalesce(c.state::jsonb #> '{reports,0,told}', '[]')
    )
)::json
WHERE c.state IS NOT NULL;
DROP VIEW audit.notices;
DELETE FROM notices n WHERE EXISTS (
    SELECT FROM notices o
    WHERE o.report_id = n.report_id AND o.round = n.round AND o.notice_id < n.notice_id
);
ALTER TABLE notices DROP CONSTRAINT notices_pkey;
ALTER TABLE notices DROP COLUMN notice_id, DROP COLUMN case_id;
ALTER TABLE notices ADD PRIMARY KEY (report_id, round);
CREATE VIEW audit.notices AS
SELECT report_id, round, outcome, at FROM notices;
DROP TABLE supplements;
DROP TABLE places;
ALTER TABLE reports DROP COLUMN active, DROP COLUMN particulars;
