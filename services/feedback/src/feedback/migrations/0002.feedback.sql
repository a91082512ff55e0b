-- What returns, disputes, clocks, reminders and merging add to the measured rows.
-- depends: 0001.feedback

ALTER TABLE measures
ADD COLUMN tier text,
ADD COLUMN suspended boolean NOT NULL DEFAULT FALSE,
ADD COLUMN remaining_s bigint,
ADD COLUMN verify_tier text,
ADD COLUMN disputes_settled smallint NOT NULL DEFAULT 0,
ADD COLUMN escalations smallint NOT NULL DEFAULT 0,
ADD COLUMN reports_attached integer NOT NULL DEFAULT 0,
ADD COLUMN reports_withdrawn integer NOT NULL DEFAULT 0,
ADD COLUMN withdrawals_refused smallint NOT NULL DEFAULT 0,
ADD COLUMN merges_refused smallint NOT NULL DEFAULT 0;

ALTER TABLE task_measures
ADD COLUMN given_by text,
ADD COLUMN returned_at timestamptz,
ADD COLUMN unfounded boolean,
ADD COLUMN suspended boolean NOT NULL DEFAULT FALSE,
ADD COLUMN replaced boolean NOT NULL DEFAULT FALSE,
ADD COLUMN reminders smallint NOT NULL DEFAULT 0,
ADD COLUMN supervisions smallint NOT NULL DEFAULT 0,
ADD COLUMN extensions_requested smallint NOT NULL DEFAULT 0,
ADD COLUMN extensions smallint NOT NULL DEFAULT 0,
ADD COLUMN extensions_refused smallint NOT NULL DEFAULT 0,
ADD COLUMN suspensions_requested smallint NOT NULL DEFAULT 0,
ADD COLUMN suspensions smallint NOT NULL DEFAULT 0,
ADD COLUMN suspensions_refused smallint NOT NULL DEFAULT 0;
