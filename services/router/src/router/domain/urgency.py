"""Urgency: a case that many people report is a major one (重大)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.codes import EscalationReason
from router.domain.decided import CaseEscalated
from router.domain.territory import climb

if TYPE_CHECKING:
    from datetime import datetime

    from router.domain.case import Case
    from router.domain.rulebook import Rulebook


def escalate_major(case: Case, rules: Rulebook, now: datetime) -> tuple[CaseEscalated, ...]:
    """Climb a tier, once per case, when enough people report it."""
    if case.filed is None or case.major or case.reporters < rules.catalog.major_reporters:
        return ()
    return (CaseEscalated(occurred_at=now, tier=climb(case.tier), reason=EscalationReason.MAJOR),)
