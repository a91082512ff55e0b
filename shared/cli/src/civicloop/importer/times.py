"""Read a source's times: local ones without an offset, or any with one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo


class UnreadableTimeError(ValueError):
    """The text fits none of the formats."""


class SkippedTimeError(ValueError):
    """The clocks jumped over this local time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceClock:
    """How a source writes times.

    ``later`` takes the second reading of a local time that happens twice; ``shift`` moves one that
    the clocks jump over forward by the jump.
    """

    zone: ZoneInfo
    formats: Sequence[str]
    later: bool
    shift: bool

    def read(self, text: str) -> datetime:
        """Return the moment in UTC.

        Raises:
            UnreadableTimeError: The text fits none of the formats.
            SkippedTimeError: The clocks jumped over it, and it is not to be shifted.
        """
        written = self._written(text)
        try:
            return self._moment(written)
        except OverflowError as error:
            raise UnreadableTimeError(text) from error

    def _written(self, text: str) -> datetime:
        for form in self.formats:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007 -- the zone comes next
            except ValueError:
                continue
        raise UnreadableTimeError(text)

    def _moment(self, written: datetime) -> datetime:
        if written.tzinfo is not None:
            return written.astimezone(UTC)
        local = written.replace(tzinfo=self.zone, fold=int(self.later))
        if not self.shift and _is_skipped(local):
            raise SkippedTimeError(written.isoformat())
        # In a gap only the earlier offset moves forward (PEP 495).
        skipped_forward = local.replace(fold=0) if _is_skipped(local) else local
        return skipped_forward.astimezone(UTC)


def _is_skipped(local: datetime) -> bool:
    back = local.astimezone(UTC).astimezone(local.tzinfo)
    return back.replace(tzinfo=None) != local.replace(tzinfo=None)
