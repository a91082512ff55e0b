"""What an import came to, for people (`display`) and for programs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop.importer.judging import Comparison, Difference
    from civicloop.importer.ledger import Totals
    from civicloop.importer.mapping import Mapping as SourceMapping
    from civicloop.importer.requests import Run
    from civicloop.importer.words import Reason


class Mode(StrEnum):
    """What an import is for: look at the file only, live through its times, or take work over."""

    CHECK = "check"
    REPLAY = "replay"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file. ``skipped_closed``: rows without work left, in a live import."""

    mode: Mode
    mapping: SourceMapping
    run: Run
    totals: Totals
    departments: Mapping[str, Totals]
    rejected: Mapping[Reason, int]
    skipped_closed: int = 0
    comparison: Comparison | None = None
    indicators: Mapping[str, Any] | None = None

    @property
    def rejected_lines(self) -> int:
        """How many lines were not imported."""
        return sum(self.rejected.values())

    @property
    def succeeded(self) -> bool:
        """Whether anything could be imported, and the judgements agree where both are known."""
        nothing = self.totals.filed == 0 and self.skipped_closed == 0 and self.rejected_lines > 0
        return not nothing and (self.comparison is None or self.comparison.agrees)


def document_of(outcome: Outcome) -> dict[str, Any]:
    """Return the outcome as `--json` prints it; null is what this import does not tell."""
    totals = outcome.totals
    judged, sent = outcome.mode is not Mode.LIVE, outcome.mode is not Mode.CHECK
    has_flag = judged and outcome.mapping.columns.on_time_flag is not None
    return {
        "mode": outcome.mode.value,
        "mapping": outcome.mapping.name,
        "run": outcome.run.id if outcome.mode is Mode.REPLAY else None,
        "as_of": outcome.run.as_of.isoformat() if judged else None,
        "filed": totals.filed,
        "created": totals.filed - totals.repeated if sent else None,
        "repeated": totals.repeated if sent else None,
        "closed": totals.closed,
        "open": totals.filed - totals.closed,
        "skipped_closed": outcome.skipped_closed,
        "rejected_lines": outcome.rejected_lines,
        "rejected_by_reason": {reason.value: n for reason, n in outcome.rejected.items()},
        "overdue": totals.overdue if judged else None,
        "overdue_source": totals.overdue_source if has_flag else None,
        "comparison": _comparison(outcome.comparison) if outcome.comparison else None,
        "indicators": outcome.indicators,
    }


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "agrees": comparison.agrees,
        "compared": comparison.compared,
        "differing": comparison.differing,
        "allowed": comparison.allowed,
        "unexplained": comparison.unexplained,
        "causes": {cause.value: n for cause, n in comparison.by_cause.items() if cause},
        "differences": [_difference(it) for it in comparison.listed],
    }


def _difference(difference: Difference) -> dict[str, Any]:
    row = difference.row
    return {
        "line": row.line,
        "source_id": row.source_id,
        "case_id": row.case_id,
        "overdue": row.overdue,
        "source_flag": row.flag.value,
        "cause": difference.cause.value if difference.cause else None,
    }
