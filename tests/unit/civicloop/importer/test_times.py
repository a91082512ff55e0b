"""Times: local ones around the clock changes of New York, and ones with an offset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from civicloop.importer.times import SkippedTimeError, SourceClock, UnreadableTimeError

CLOCK = SourceClock(
    zone=ZoneInfo("America/New_York"),
    formats=["%Y-%m-%d %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z"],
    later=False,
    shift=False,
)


def _utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-15 12:00:00", _utc(2024, 1, 15, 17)),
        ("2024-07-15 12:00:00", _utc(2024, 7, 15, 16)),
        ("15.07.2024 12:00", _utc(2024, 7, 15, 16)),
        ("2024-07-15T12:00:00+08:00", _utc(2024, 7, 15, 4)),
    ],
)
def test_a_time_is_read_in_its_zone_or_offset(text: str, moment: datetime) -> None:
    """The first format that fits wins; an offset of its own goes before the zone."""
    assert CLOCK.read(text) == moment


def test_a_repeated_time_has_two_readings() -> None:
    """01:30 happens twice on the night that clocks go back: an hour lies between."""
    text = "2023-11-05 01:30:00"
    assert CLOCK.read(text) == _utc(2023, 11, 5, 5, 30)
    assert replace(CLOCK, later=True).read(text) == _utc(2023, 11, 5, 6, 30)


def test_a_skipped_time_is_refused() -> None:
    """02:30 does not happen on the night that clocks go forward."""
    with pytest.raises(SkippedTimeError):
        CLOCK.read("2024-03-10 02:30:00")


@pytest.mark.parametrize("later", [False, True])
def test_a_skipped_time_may_be_shifted_forward(later: bool) -> None:
    """By the jump, whichever reading repeated times get."""
    shifting = replace(CLOCK, shift=True, later=later)
    assert shifting.read("2024-03-10 02:30:00") == _utc(2024, 3, 10, 7, 30)


@pytest.mark.parametrize("text", ["", "soon", "2024-02-30 12:00:00", "2024-01-15 12:00:00 x"])
def test_other_text_is_no_time(text: str) -> None:
    """The whole text has to fit."""
    with pytest.raises(UnreadableTimeError):
        CLOCK.read(text)


def test_a_time_beyond_the_calendar_is_no_time() -> None:
    """The last hour of year 9999 has no place in UTC."""
    with pytest.raises(UnreadableTimeError):
        CLOCK.read("9999-12-31 23:30:00")
