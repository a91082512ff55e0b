"""What the router may be asked to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from router.domain.facts import CaseClosed, CaseRejected, CaseReopened, ReworkRequested, TaskAnswer

if TYPE_CHECKING:
    from router.domain.dispatch import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchCase:
    """Give out the tasks of a filed case as planned."""

    plan: Plan


# What another room tells is a command as well: take it into account.
Command = DispatchCase | TaskAnswer | ReworkRequested | CaseReopened | CaseClosed | CaseRejected
