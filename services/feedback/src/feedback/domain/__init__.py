"""The rules of verification, satisfaction, closing and indicators: pure."""
