"""The embedded stack: Kafka, Postgres and the services from Python packages alone."""
