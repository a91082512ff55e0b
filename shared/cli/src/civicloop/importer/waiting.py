"""Wait until feedback has judged every case of a replay, and take its judgements over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civicloop.importer.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from civicloop.importer.calls import Calls
    from civicloop.importer.ledger import Ledger, Totals

POLL_S: Final = 1.0
# So many looks without any change: about two minutes.
MAX_STILL_LOOKS: Final = 120
NAMED_LINES: Final = 5
INDICATORS_PATH: Final = "/v1/indicators"
JUDGEMENTS_PATH: Final = "/v1/judgements"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How many cases of the run feedback knows, and how many of them it has closed."""

    filed: int
    closed: int

    def covers(self, expected: Totals) -> bool:
        """Tell whether that may be all."""
        return self.filed >= expected.filed and self.closed >= expected.closed


class Judge:
    """Feedback's judgement of one run."""

    def __init__(self, feedback: Calls, ledger: Ledger, run: str) -> None:
        self._feedback = feedback
        self._ledger = ledger
        self._run = run

    async def wait(self, seen: Callable[[Progress], None]) -> None:
        """Return when every line in the ledger is judged; *seen* hears how far it is.

        Raises:
            ServiceError: Feedback does not answer, or nothing moves any more.
        """
        expected = self._ledger.totals()
        last, still = None, 0
        while still < MAX_STILL_LOOKS:
            progress = await self._progress()
            seen(progress)
            if progress.covers(expected) and await self._take_over():
                return
            still = still + 1 if progress == last else 0
            last = progress
            await self._feedback.pause(POLL_S)
        await self._take_over()
        raise self._stuck(expected)

    async def indicators(self) -> Mapping[str, Any]:
        """Return the indicators of the run, per department and in all."""
        answer: Mapping[str, Any] = await self._feedback.ask(
            "GET", INDICATORS_PATH, params={"by": "department", "run": self._run}
        )
        return answer

    async def _progress(self) -> Progress:
        counts = (await self.indicators())["total"]["counts"]
        return Progress(filed=counts["filed"], closed=counts["closed"])

    async def _take_over(self) -> bool:
        """Note all judgements so far; True when none is missing."""
        cursor: str | None = None
        while True:
            asked = {"run": self._run} | ({"cursor": cursor} if cursor else {})
            page = await self._feedback.ask("GET", JUDGEMENTS_PATH, params=asked)
            for row in page["judgements"]:
                handled = row["handled_at"] is not None
                self._ledger.judge(row["case_id"], overdue=row["overdue"], handled=handled)
            cursor = page["next"]
            if cursor is None:
                return self._ledger.totals().unjudged == 0

    def _stuck(self, expected: Totals) -> ServiceError:
        missing = self._ledger.unjudged(NAMED_LINES)
        named = ", ".join(f"line {it['line']} (case {it['case_id']})" for it in missing)
        count = self._ledger.totals().unjudged
        return ServiceError(
            f"{count} of {expected.filed} cases are not judged and nothing moves, the first are "
            f"{named}: see `civicloop status` and `civicloop audit`, then run the same command "
            "again: it goes on from here"
        )
