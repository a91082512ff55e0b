"""The command `audit`."""

from __future__ import annotations

import json
from pathlib import Path  # noqa: TC003 -- typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from civicloop.audit.run import Evidence, run_audit
from civicloop.context import stack_context

if TYPE_CHECKING:
    from civicloop.audit.findings import Findings


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(audit)


def audit(
    *,
    receipts: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="A client's journal: {key, outcome, report_id}."
        ),
    ] = None,
    journal: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="A department's journal; may be repeated."),
    ] = None,
    ended: Annotated[bool, typer.Option("--ended", help="Also demand that all is over.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Check that nothing was lost, doubled, reordered or made up.

    Compares what every service says it did with what the topics hold (A1 to A5). One line per
    violation and exit status 1, or 0 and a summary. Services keep what they answered for 30 days
    (CIVICLOOP_KEEP_REPLIES_DAYS), so only that is checked of it; a client's own journal may be
    older. Example: civicloop audit --ended --json
    """
    context = stack_context()
    evidence = Evidence(
        databases=context.auditor_urls,
        kafka=context.kafka_settings,
        journals=tuple(journal or ()),
        receipts=receipts,
    )
    findings = run_audit(evidence, must_be_ended=ended)
    if as_json:
        typer.echo(json.dumps(findings.as_json()))
    else:
        print_findings(findings)
    if not findings.clean:
        raise typer.Exit(1)


def print_findings(findings: Findings) -> None:
    """Print violations and notes, a line each, and the summary."""
    for violation in sorted(findings.violations):
        typer.echo(violation.line)
    for note in sorted(findings.notes):
        typer.echo(note.line)
    typer.echo(findings.summary)
