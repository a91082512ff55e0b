"""What is read from the database beside the hot path."""
