"""What every Civicloop service is built with: stream, store, relay, telemetry, auth."""
