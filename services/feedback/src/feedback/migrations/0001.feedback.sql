-- The read model: one measured row per case and per task, written with every decision.
-- depends:

CREATE TABLE measures (
    case_id uuid PRIMARY KEY,
    state text NOT NULL,
    round smallint NOT NULL,
    filed_at timestamptz,
    rejected_at timestamptz,
    channel text,
    standard_ref text,
    kind text,
    code text,
    district text,
    lead text,
    source_clock boolean NOT NULL,
    provisional boolean NOT NULL,
    due_at timestamptz,
    response_due_at timestamptz,
    first_response_at timestamptz,
    handled_at timestamptz,
    overdue boolean,
    verify_by timestamptz,
    closed_at timestamptz,
    outcome text,
    solved boolean,
    satisfied boolean,
    reworks smallint NOT NULL,
    reopenings smallint NOT NULL,
    disputes smallint NOT NULL,
    remarks integer NOT NULL,
    replay_run text,
    as_of timestamptz
) WITH (fillfactor = 70);

-- The indicators of live cases: a window of filing times.
CREATE INDEX measures_received ON measures ((COALESCE(filed_at, rejected_at)))
WHERE replay_run IS NULL;
-- The indicators and judgements of one imported history.
CREATE INDEX measures_replay ON measures (replay_run, case_id) WHERE replay_run IS NOT NULL;
-- The work list of verifiers.
CREATE INDEX measures_to_verify ON measures (case_id) WHERE state = 'to_verify';

CREATE TABLE task_measures (
    task_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    task_no smallint NOT NULL,
    attempt smallint NOT NULL,
    department text NOT NULL,
    role text,
    required boolean,
    dispatched_at timestamptz,
    delivered_at timestamptz,
    acknowledged_at timestamptz,
    completed_at timestamptz,
    response_due_at timestamptz,
    due_at timestamptz,
    parked smallint NOT NULL,
    cancelled boolean NOT NULL
) WITH (fillfactor = 70);

CREATE INDEX task_measures_case ON task_measures (case_id);
