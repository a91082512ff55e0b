"""Intake: channels, reports, filing of cases and public status."""
