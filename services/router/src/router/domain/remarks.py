"""Say of what was read that it rightly changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from router.domain.decided import Remarked

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from router.domain.codes import RemarkCode


def remark(code: RemarkCode, now: datetime, task_id: UUID | None = None) -> Remarked:
    """Return the remark."""
    return Remarked(occurred_at=now, code=code, task_id=task_id)
