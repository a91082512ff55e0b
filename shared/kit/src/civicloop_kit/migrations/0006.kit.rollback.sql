ALTER TABLE idempotency DROP COLUMN forget_at;
