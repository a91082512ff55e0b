"""Bring another system's cases in from a CSV file, and compare its judgement with ours."""
