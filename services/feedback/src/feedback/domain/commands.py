"""What people ask of this room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCase:
    """Record a verification (核实). ``verifier`` is a keyed hash, as in department facts."""

    verifier: str
    passed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSatisfaction:
    """Record what the reporter said when called back (回访)."""

    solved: bool
    satisfied: bool | None
