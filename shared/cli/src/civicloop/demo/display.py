"""What the demo shows: stages, live counts, tables."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from civicloop.demo.board import MILESTONES
from civicloop.demo.generator import ASSIST, LEAD

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

    from civicloop.context import StackContext
    from civicloop.demo.generator import Outcome
    from civicloop.demo.run import Result, Storm
    from civicloop.demo.walk import Hop
    from civicloop_local.state import PartState

# Wide enough for every table, where there is no terminal to ask.
FILE_WIDTH: Final = 120
CODE_WIDTH: Final = 21
WORDS: Final = {
    "filed": "filed 立案",
    "dispatched": "dispatched 派遣",
    "acknowledged": "acknowledged 签收",
    "completed": "completed 处置",
    "verified": "verified 核实",
    "closed": "closed 结案",
}
RATIOS: Final = (
    "on_time_response_rate",
    "on_time_handling_rate",
    "on_time_closing_rate",
    "satisfaction_rate",
)
# Whose tokens are printed; a caller without a name is named like its role.
CALLERS: Final = (
    ("channel", "app"),
    ("verifier", "inspector-1"),
    ("superior", "superior-1"),
    ("operator", None),
    ("department:urban-management", None),
)
NEXT: Final = (
    "civicloop demo --keep           leave it running, with addresses and tokens",
    "civicloop demo --scenario dispute    one act of the storm alone",
    "civicloop watch CASE            follow one case, fact by fact",
    "civicloop audit --json          hold services and topics against each other again",
    "civicloop department list       how each department is reached, and how it is with it",
    "civicloop import FILE --mapping boston311 --replay    bring in another city",
)


class Display:
    """Writes to a terminal; a quiet one only keeps silent."""

    def __init__(self, *, quiet: bool = False) -> None:
        console = Console(quiet=quiet, highlight=False)
        width = None if console.is_terminal else FILE_WIDTH
        self._console = Console(quiet=quiet, highlight=False, width=width)
        self._began = time.monotonic()

    def stage(self, text: str) -> None:
        """Say what comes now, and after how many seconds."""
        after = time.monotonic() - self._began
        self._console.print(f"\n[bold]{text}[/bold] [dim]({after:.0f} s)[/dim]")

    def say(self, text: str) -> None:
        """Say something in passing."""
        self._console.print(text, markup=False, soft_wrap=True)

    def part(self, part: PartState) -> None:
        """Tell that a part of the stack is ready."""
        self.say(f"  {part.name:20} ready  {part.address}")

    @contextmanager
    def progress(self, cases: int) -> Iterator[Callable[[Counter[str]], None]]:
        """Show how far the cases are while the block lasts."""
        columns = (
            TextColumn("  {task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=self._console) as progress:
            bars = {
                name: progress.add_task(f"{WORDS[name]:14}", total=cases) for name in MILESTONES
            }

            def show(counts: Counter[str]) -> None:
                for name, bar in bars.items():
                    progress.update(bar, completed=counts[name])

            yield show

    def result(self, result: Result) -> None:
        """Show everything that came of it."""
        self.stage(f"the walk of one report: {result.title}")
        self._walk(result.hops)
        self.stage("indicators by department 指标")
        self._console.print(_indicator_table(result.indicators))
        self.stage("what came of it, and what had to come")
        self._console.print(outcome_table(result.expected, result.outcome))
        self._console.print(task_table(result.expected, result.outcome))
        if result.storm.acts:
            self._console.print(storm_table(result.storm))
            self.say(f"  deliveries that wait for a person: {result.parked}")
        self.stage("audit")
        lines = [violation.line for violation in sorted(result.findings.violations)]
        lines += [note.line for note in sorted(result.findings.notes)]
        for line in (*lines, result.findings.summary):
            self.say(f"  {line}")
        self.stage("what to try next")
        for line in NEXT:
            self.say(f"  {line}")

    def addresses(self, context: StackContext) -> None:
        """Print every address and a token per role."""
        self.stage("it runs on: addresses")
        table = {
            "intake": f"{context.intake_url}/openapi.json",
            "router": f"{context.router_url}/openapi.json",
            "department-adapter": f"{context.adapter_url}/openapi.json",
            "feedback": f"{context.feedback_url}/openapi.json",
            "kafka (SASL)": context.kafka_bootstrap,
        }
        for name, address in table.items():
            self.say(f"  {name:20} {address}")
        self.stage("tokens, good for 12 hours")
        for role, caller in CALLERS:
            self.say(f"  {role}: {context.token(role, caller)}")
        self.say("\n  end it with: civicloop down")

    def _walk(self, hops: tuple[Hop, ...]) -> None:
        traces = {hop.trace_id for hop in hops if hop.trace_id}
        self.say(f"  trace {', '.join(sorted(traces)) or 'none'}")
        explained: set[tuple[str, ...]] = set()
        for hop in hops:
            milliseconds = hop.after.total_seconds() * 1000
            self.say(f"  {milliseconds:8.0f} ms  {hop.fact} #{hop.sequence} on {hop.topic}")
            if hop.path and hop.path not in explained:
                self.say(f"               {' → '.join(hop.path)} → row + outbox → topic")
            explained.add(hop.path)


def outcome_table(expected: Outcome, got: Outcome) -> Table:
    """Return how many cases were filed, rejected and closed, beside what had to be."""
    table = Table("what", "expected", "came", "", title="cases", title_justify="left")
    _add(table, "filed 立案", expected.filed, got.filed)
    for reason in sorted({*expected.rejected, *got.rejected}):
        what = f"rejected 不予立案: {reason}"
        _add(table, what, expected.rejected[reason], got.rejected[reason])
    for outcome in sorted({*expected.closed, *got.closed}):
        _add(table, f"closed 结案: {outcome}", expected.closed[outcome], got.closed[outcome])
    return table


def task_table(expected: Outcome, got: Outcome) -> Table:
    """Return how many tasks each department got, beside what it had to get."""
    heads = ("department", "lead 主办", "came", "assist 协办", "came", "")
    table = Table(*heads, title="tasks by department", title_justify="left")
    for department in sorted({code for code, _ in (*expected.tasks, *got.tasks)}):
        tasks = [(department, role) for role in (LEAD, ASSIST)]
        numbers = [counts[task] for task in tasks for counts in (expected.tasks, got.tasks)]
        same = numbers[0::2] == numbers[1::2]
        table.add_row(department, *map(str, numbers), _mark(same=same))
    return table


def storm_table(storm: Storm) -> Table:
    """Return each act with the facts that it counts; where one differs, what came beside it."""
    table = Table("act", "what happens", "facts", "", title="the storm", title_justify="left")
    for act in storm.acts:
        facts = [
            (fact, count, storm.came[name, fact])
            for (name, fact), count in storm.expected.items()
            if name == act.name
        ]
        told = ", ".join(
            f"{fact} {count}" if count == came else f"[red]{fact} {came} (not {count})[/red]"
            for fact, count, came in facts
            if count or came
        )
        same = all(count == came for _, count, came in facts)
        table.add_row(act.name, f"{act.title.zh}\n{act.title.en}", told, _mark(same=same))
    return table


def _add(table: Table, what: str, expected: int, came: int) -> None:
    table.add_row(what, str(expected), str(came), _mark(same=expected == came))


def _mark(*, same: bool) -> str:
    return "ok" if same else "[red]differs[/red]"


def _indicator_table(indicators: dict[str, Any]) -> Table:
    names = {d["key"]: d["name"] for d in indicators["definitions"]}
    heads = [f"{names[key]['zh']}\n{names[key]['en']}" for key in RATIOS]
    table = Table("department", "立案\nfiled", "结案\nclosed", *heads)
    table.columns[0].no_wrap = True
    table.columns[0].min_width = CODE_WIDTH
    for group in (*indicators["groups"], indicators["total"]):
        counts, ratios = group["counts"], group["ratios"]
        name = group["group"] or ("total" if group is indicators["total"] else "none yet")
        values = [_ratio(ratios[key]) for key in RATIOS]
        table.add_row(name, str(counts["filed"]), str(counts["closed"]), *values)
    return table


def _ratio(ratio: dict[str, Any]) -> str:
    if ratio["value"] is None:
        return "-"
    return f"{ratio['value']:.0%} ({ratio['numerator']}/{ratio['denominator']})"
