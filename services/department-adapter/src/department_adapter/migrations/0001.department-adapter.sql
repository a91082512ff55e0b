-- The registry of departments, their tasks by id, what they answered, and the vault of their words.
-- depends:

CREATE TABLE departments (
    code text PRIMARY KEY,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    transport text NOT NULL CHECK (transport IN ('webhook', 'replay')),
    url text CHECK (transport <> 'webhook' OR url IS NOT NULL),
    secret_sealed bytea,
    previous_secret_sealed bytea,
    previous_valid_until timestamptz,
    concurrency integer NOT NULL CHECK (concurrency > 0),
    state text NOT NULL CHECK (state IN ('active', 'disabled')),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);

-- Which case and department a task belongs to, for callers who know the task only.
CREATE TABLE tasks (
    task_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    department text NOT NULL,
    role text NOT NULL,
    state text NOT NULL,
    dispatched_at timestamptz NOT NULL,
    response_due_at timestamptz,
    resolution_due_at timestamptz,
    updated_at timestamptz NOT NULL
) WITH (fillfactor = 80);

CREATE TABLE updates (
    department text NOT NULL,
    update_id uuid NOT NULL,
    task_id uuid NOT NULL,
    kind text NOT NULL,
    applied boolean NOT NULL,
    state text NOT NULL,
    occurred_at timestamptz,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (department, update_id)
);

CREATE INDEX updates_task ON updates (task_id, recorded_at);

-- Departments' words, each sealed with a key of its own from the keyring.
CREATE TABLE remarks (
    remark_id uuid PRIMARY KEY,
    task_id uuid NOT NULL,
    sealed bytea NOT NULL,
    recorded_at timestamptz NOT NULL
);
