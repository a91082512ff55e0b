-- Replies to idempotency keys are forgotten in the end; NULL, as in all rows that are there: never.
-- Only a column more and an index: a service of the former release goes on beside it.
-- depends: 0005.kit

ALTER TABLE idempotency ADD COLUMN forget_at timestamptz;
CREATE INDEX idempotency_forget ON idempotency (forget_at) WHERE forget_at IS NOT NULL;
