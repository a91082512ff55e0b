"""What people ask of this room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyCase:
    """Record a verification (核实). ``verifier`` is a keyed hash, as in department facts.

    ``tasks``: the numbers of those that have to be done again; none named means all required.
    """

    verifier: str
    passed: bool
    tasks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSatisfaction:
    """Record what the reporter said when called back (回访)."""

    solved: bool
    satisfied: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """Begin another round of a closed case, by order and not on its reporter's word."""
