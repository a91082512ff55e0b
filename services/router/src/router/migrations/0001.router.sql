-- The desk: which case a task or dispute is of, and what waits for a person.
-- depends:

CREATE TABLE desk_tasks (
    task_id uuid PRIMARY KEY,
    case_id uuid NOT NULL
);

CREATE TABLE desk_disputes (
    dispute_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    task_id uuid NOT NULL,
    department text,
    ground text NOT NULL,
    opened_at timestamptz NOT NULL,
    settle_by timestamptz NOT NULL,
    is_open boolean NOT NULL
);

-- The work list of conferences.
CREATE INDEX desk_disputes_open ON desk_disputes (settle_by, dispute_id) WHERE is_open;

CREATE TABLE desk_requests (
    row_id uuid PRIMARY KEY,
    task_id uuid NOT NULL,
    request_id uuid NOT NULL,
    case_id uuid NOT NULL,
    department text NOT NULL,
    kind text NOT NULL,
    asked_at timestamptz NOT NULL,
    review_at timestamptz,
    due_at timestamptz,
    is_pending boolean NOT NULL
);

-- The work list of those who grant more time.
CREATE INDEX desk_requests_pending ON desk_requests (asked_at, row_id) WHERE is_pending;
