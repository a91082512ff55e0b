"""The tables beside the case rows."""
