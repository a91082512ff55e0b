"""Show how far an import is, and what it came to."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich.box import SIMPLE_HEAD
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from civicloop.importer.outcome import Mode, Outcome
from civicloop.importer.reject_file import FIXES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from rich.console import Console
    from rich.progress import TaskID

    from civicloop.importer.judging import Comparison
    from civicloop.importer.ledger import Totals

SHOWN_DIFFERENCES: Final = 20
ON_TIME_RATE: Final = "on_time_handling_rate"
_RIGHT_COLUMNS: Final = (
    "filed",
    "closed",
    "on time\nours",
    "on time\nsource",
    "overdue\nours",
    "overdue\nsource",
)


class ProgressBar:
    """A `Watcher` that draws one bar per stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def begins(self, what: str, lines: int) -> None:
        """Begin a bar."""
        self._task = self._progress.add_task(what, total=lines)

    def reached(self, lines: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.update(self._task, completed=lines)


@contextmanager
def shown_progress(console: Console) -> Iterator[ProgressBar]:
    """Give a watcher; on anything but a terminal it draws nothing."""
    columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as progress:
        yield ProgressBar(progress)


def show(outcome: Outcome, rejects: Path, console: Console) -> None:
    """Print what an import came to."""
    console.print(_headline(outcome), soft_wrap=True)
    if outcome.mode is not Mode.LIVE and outcome.totals.filed:
        console.print(_table(outcome))
    if outcome.rejected:
        console.print(_reject_table(outcome))
        console.print(f"each rejected line with its reason: {rejects}", soft_wrap=True)
    if outcome.comparison is not None:
        _show_comparison(outcome.comparison, console)


def _headline(outcome: Outcome) -> str:
    totals = outcome.totals
    if outcome.mode is Mode.CHECK:
        told = f"{totals.filed} lines can be imported ({totals.closed} closed"
    else:
        told = f"{totals.filed} filed: {totals.filed - totals.repeated} created"
        told += f", {totals.repeated} were there ({totals.closed} closed"
    told += f", {totals.filed - totals.closed} open), {outcome.rejected_lines} lines rejected"
    if outcome.mode is Mode.LIVE:
        told += f", {outcome.skipped_closed} closed ones left out"
    if outcome.mode is Mode.REPLAY:
        told += f"; run {outcome.run.id}"
    return told


def _table(outcome: Outcome) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("department", overflow="fold")
    for title in _RIGHT_COLUMNS:
        table.add_column(title, justify="right")
    has_flag = outcome.mapping.columns.on_time_flag is not None
    rates = _rates(outcome)
    for code, totals in outcome.departments.items():
        table.add_row(code, *_cells(totals, rates.get(code), has_flag=has_flag))
    table.add_section()
    table.add_row("all", *_cells(outcome.totals, rates.get(None), has_flag=has_flag))
    return table


def _cells(totals: Totals, rate: float | None, *, has_flag: bool) -> tuple[str, ...]:
    flagged = totals.on_time_source + totals.overdue_source
    source_rate = totals.on_time_source / flagged if flagged else None
    return (
        str(totals.filed),
        str(totals.closed),
        _percent(rate),
        _percent(source_rate),
        str(totals.overdue),
        str(totals.overdue_source) if has_flag else "-",
    )


def _rates(outcome: Outcome) -> Mapping[str | None, float | None]:
    """Return the on-time rate of each department, and of all under None."""
    indicators: Mapping[str, Any] | None = outcome.indicators
    if indicators is None:
        known = [*outcome.departments.items(), (None, outcome.totals)]
        return {code: _on_time(totals) for code, totals in known}
    groups = [*indicators["groups"], indicators["total"] | {"group": None}]
    return {group["group"]: group["ratios"][ON_TIME_RATE]["value"] for group in groups}


def _on_time(totals: Totals) -> float:
    return 1 - totals.overdue / totals.filed


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _reject_table(outcome: Outcome) -> Table:
    table = Table("rejected because", "lines", "what to do", box=SIMPLE_HEAD, pad_edge=False)
    for reason, lines in outcome.rejected.items():
        table.add_row(reason.value, str(lines), FIXES[reason])
    return table


def _show_comparison(comparison: Comparison, console: Console) -> None:
    for difference in comparison.listed[:SHOWN_DIFFERENCES]:
        row = difference.row
        ours = "overdue" if row.overdue else "on_time"
        cause = difference.cause.value if difference.cause else "not explained"
        console.print(
            f"differs: line {row.line}, {row.source_id}: ours {ours}, source {row.flag.value}: "
            f"{cause}",
            markup=False,
            soft_wrap=True,
        )
    unlisted = comparison.differing - len(comparison.listed[:SHOWN_DIFFERENCES])
    if unlisted:
        console.print(f"and {unlisted} more (`--json` lists them)")
    verdict = "agrees with" if comparison.agrees else "does NOT agree with"
    console.print(
        f"our judgement {verdict} the source's: {comparison.differing} of {comparison.compared} "
        f"rows differ, {comparison.allowed} may, {comparison.unexplained} without a known cause",
        soft_wrap=True,
    )
