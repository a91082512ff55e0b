"""Intake's tables beside the case rows: reports, the vault, notices, audit of disclosures."""
