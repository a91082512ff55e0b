-- Intake's own tables: reports, the vault, notices, who read what, who was forgotten.
-- depends:

CREATE TABLE reports (
    report_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    channel text NOT NULL,
    received_at timestamptz NOT NULL,
    state text NOT NULL CHECK (state IN ('filed', 'rejected')),
    -- The number that a source system knows it by.
    source_id text
);

CREATE INDEX reports_case ON reports (case_id);

-- Nothing here can be read without the subject's key, which lives in the keyring's database.
CREATE TABLE vault (
    subject_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('narrative', 'contact')),
    sealed bytea NOT NULL,
    PRIMARY KEY (subject_id, kind)
);

CREATE TABLE notices (
    report_id uuid NOT NULL,
    round integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('sent', 'unreachable_erased', 'no_contact', 'replay')),
    at timestamptz NOT NULL,
    PRIMARY KEY (report_id, round)
);

CREATE TABLE disclosures (
    disclosure_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    principal text NOT NULL,
    case_id uuid NOT NULL,
    purpose text NOT NULL,
    at timestamptz NOT NULL
);

CREATE INDEX disclosures_case ON disclosures (case_id);

CREATE TABLE erasures (
    report_id uuid PRIMARY KEY,
    principal text NOT NULL,
    at timestamptz NOT NULL
);

CREATE VIEW audit.reports AS
SELECT report_id, case_id, channel, received_at, state FROM reports;

CREATE VIEW audit.notices AS
SELECT report_id, round, outcome, at FROM notices;
