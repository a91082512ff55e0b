"""Whether to believe when an outsider says that something happened (protocol.md, 7)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from department_adapter.domain.errors import ImpossibleTimeError

# A clock that runs ahead this much is a clock, not a lie.
MAX_AHEAD: Final = timedelta(minutes=2)
# What happened longer ago than this counts from when we heard of it.
MAX_LATE: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedTime:
    """The time that deadlines are judged by; ``late`` when it is not the one that was given."""

    at: datetime
    late: bool = False


def judge_time(given: datetime | None, *, dispatched_at: datetime, now: datetime) -> JudgedTime:
    """Return the time that counts for an update.

    Raises:
        ImpossibleTimeError: Before the dispatch, or in the future.
    """
    if given is None:
        return JudgedTime(at=now)
    if given < dispatched_at or given > now + MAX_AHEAD:
        raise ImpossibleTimeError
    if now - given > MAX_LATE:
        return JudgedTime(at=now, late=True)
    return JudgedTime(at=min(given, now))
