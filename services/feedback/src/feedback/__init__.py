"""Feedback: verification, satisfaction, closing and indicators."""
