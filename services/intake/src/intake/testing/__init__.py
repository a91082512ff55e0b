"""Intake without a database or a broker, for tests: the real rules over fakes of every port."""

from intake.testing.city import FAILURES, City, fault_paths, hand_in, problem_code
from intake.testing.fakes import (
    FixedClock,
    MemoryCommands,
    MemoryKeys,
    MemoryNotifier,
    MemoryRecords,
    OneCell,
)
from intake.testing.samples import (
    NEAR,
    NOW,
    PREMISES_CODE,
    PUBLIC_CODE,
    STANDARD,
    SUBJECT_KEY,
    sample_body,
    sample_rules,
)

__all__ = [
    "FAILURES",
    "NEAR",
    "NOW",
    "PREMISES_CODE",
    "PUBLIC_CODE",
    "STANDARD",
    "SUBJECT_KEY",
    "City",
    "FixedClock",
    "MemoryCommands",
    "MemoryKeys",
    "MemoryNotifier",
    "MemoryRecords",
    "OneCell",
    "fault_paths",
    "hand_in",
    "problem_code",
    "sample_body",
    "sample_rules",
]
