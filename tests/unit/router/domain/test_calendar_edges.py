"""The calendar at the edges: what begins when the doors close."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from router.domain.calendar import ServiceCalendar, add_working_time

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_nothing_left_at_closing_time_ends_when_the_doors_open(calendar: ServiceCalendar) -> None:
    """A clock with no time left still ends within the service hours, not at their end."""
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)
    due_at = add_working_time(noon, timedelta(), calendar)
    assert due_at == datetime(2026, 3, 2, 14, 0, tzinfo=SHANGHAI)
