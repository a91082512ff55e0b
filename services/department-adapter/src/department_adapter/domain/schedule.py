"""When to try a delivery again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

# Multiples of the base: quick enough for a restart, slow enough for an outage. The last one stays.
STEPS: Final = (1, 5, 30, 120, 600, 1800)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How long a department is tried.

    ``base`` is the first wait; ``wait`` is how long an attempt waits that could not start for a
    reason of ours. A delivery that failed ``max_attempts`` times is parked, and tried again after
    ``review_after``. A cancellation is tried for ``cancel_for``.
    """

    base: timedelta = timedelta(seconds=1)
    wait: timedelta = timedelta(seconds=2)
    max_attempts: int = 10
    review_after: timedelta = timedelta(hours=4)
    cancel_for: timedelta = timedelta(days=7)

    def next_attempt(
        self, failures: int, now: datetime, retry_after_s: float | None = None
    ) -> datetime:
        """Return when to try again after *failures* failed attempts.

        A department may ask for a longer wait than planned, up to the longest planned one.
        """
        planned = self.base * STEPS[min(failures, len(STEPS)) - 1]
        asked = timedelta(seconds=min(retry_after_s or 0.0, STEPS[-1]))
        return now + max(planned, asked)
