-- Keys of the people in our care, apart from everything that they unlock.
-- depends:

CREATE TABLE subject_keys (
    subject_id uuid PRIMARY KEY,
    wrapped bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz
);
