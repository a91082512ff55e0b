"""The command `demo`."""

from __future__ import annotations

import json
import signal
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from civicloop.context import stack_context
from civicloop.demo.acts import STORM, acts_of, scenarios
from civicloop.demo.display import Display
from civicloop.demo.run import Wish, run_demo

if TYPE_CHECKING:
    from civicloop.demo.generator import Outcome
    from civicloop.demo.run import Result

DEFAULT_REPORTS: Final = 300
DEFAULT_SEED: Final = 7
# As a shell reports a program that SIGTERM has ended.
TERMINATED: Final = 143


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(demo)


def demo(
    *,
    reports: Annotated[int, typer.Option(min=1, help="How many reports.")] = DEFAULT_REPORTS,
    scenario: Annotated[str, typer.Option(help=f"One of {', '.join(scenarios())}.")] = STORM,
    seed: Annotated[int, typer.Option(help="The same seed gives the same morning.")] = DEFAULT_SEED,
    keep: Annotated[bool, typer.Option("--keep", help="Leave it running.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Send a morning of reports through the whole loop and prove what came of it.

    Starts the stack if it does not run, plays departments, reporters, verifiers and superiors over
    real HTTP, and compares the outcome with what must come. Exit status 0 only when it is equal,
    nothing waits for a person, and the audit is clean. Example: civicloop demo --scenario dispute
    """
    # Before anything starts: a wrong word leaves nothing behind.
    acts_of(scenario)
    # Told to end, it ends what it has started, as at its own end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    display = Display(quiet=as_json)
    result = run_demo(Wish(reports=reports, seed=seed, scenario=scenario, keep=keep), display)
    if as_json:
        typer.echo(json.dumps(_as_json(result), default=str, ensure_ascii=False))
    else:
        display.result(result)
        if keep:
            display.addresses(stack_context())
        typer.echo(f"\n{_last_line(result)}")
    if not result.good:
        raise typer.Exit(1)


def _last_line(result: Result) -> str:
    counts = result.counts
    cases = result.outcome.filed + len(result.storm.acts)
    audit = "the audit is clean" if result.findings.clean else "the audit found violations"
    same = "" if result.as_expected else "; the outcome is not what it had to be"
    return (
        f"{result.receipts} reports became {cases} cases with {counts['tasks']} tasks, told in "
        f"{counts['facts']} facts; {audit}{same} ({result.seconds:.0f} s)"
    )


def _as_json(result: Result) -> dict[str, Any]:
    return {
        "run": result.run,
        "good": result.good,
        "reports": result.receipts,
        "cases": result.outcome.filed + len(result.storm.acts),
        "tasks": result.counts["tasks"],
        "facts": result.counts["facts"],
        "seconds": round(result.seconds, 1),
        "expected": _plain(result.expected),
        "outcome": _plain(result.outcome),
        "storm": [
            {"act": act, "fact": fact, "expected": count, "came": result.storm.came[act, fact]}
            for (act, fact), count in result.storm.expected.items()
        ],
        "parked": result.parked,
        "walk": [asdict(hop) for hop in result.hops],
        "indicators": result.indicators,
        "audit": result.findings.as_json(),
        "summary": _last_line(result),
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "filed": outcome.filed,
        "rejected": dict(outcome.rejected),
        "tasks": {"/".join(task): count for task, count in sorted(outcome.tasks.items())},
        "closed": dict(outcome.closed),
    }
