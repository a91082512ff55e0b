"""Between the contracts and this room's own words. Pure: a row per fact, both ways."""

from feedback.wire.reading import READERS, read_case_handled, read_replay
from feedback.wire.writing import to_contract, to_snapshot

__all__ = ["READERS", "read_case_handled", "read_replay", "to_contract", "to_snapshot"]
