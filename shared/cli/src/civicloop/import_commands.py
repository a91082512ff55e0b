"""The command that brings in another system's cases: import."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import httpx
import typer
from rich.console import Console

from civicloop.context import stack_context
from civicloop.importer.calls import Calls
from civicloop.importer.display import show, shown_progress
from civicloop.importer.errors import ImporterError, UsageError
from civicloop.importer.importing import Import, Services
from civicloop.importer.ledger import open_ledger
from civicloop.importer.mapping_files import load_mapping
from civicloop.importer.outcome import Mode, document_of
from civicloop.importer.reject_file import keep_rejects, open_place

if TYPE_CHECKING:
    from datetime import datetime

    from civicloop.importer.mapping import Mapping
    from civicloop.importer.outcome import Outcome

# Keys that were sent are known again under the same name only: it must never change.
SUBJECT: Final = "civicloop-import"


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV file, plain or gzip.", show_default=False)],
    mapping: Annotated[
        str, typer.Option(help="How to read it: a YAML file, or the name of a shipped mapping.")
    ],
    *,
    replay: Annotated[
        bool, typer.Option("--replay", help="Let each case live through the file's times.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Read and judge every line; send nothing.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option(help="When the file was made, instead of the mapping's `as_of`.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejected lines go; default: FILE.rejects.csv.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Bring in cases from a 311-style CSV file.

    Without --replay the open ones become new work. With --replay all are filed, due and handled at
    the file's times, and our judgement is compared with the source's. Doing it again creates
    nothing and goes on where it was interrupted. The exit status is 1 when the judgements do not
    agree. Example: civicloop import boston.csv.gz --mapping boston311 --replay
    """
    if replay and check:
        typer.echo("civicloop: --check sends nothing and --replay does: give one of them", err=True)
        raise typer.Exit(UsageError.exit_status)
    try:
        outcome = _run(file, mapping, _mode(replay=replay, check=check), as_of, rejects, as_json)
    except ImporterError as error:
        for line in str(error).splitlines():
            typer.echo(f"civicloop: {line}", err=True)
        raise typer.Exit(error.exit_status) from error
    if not outcome.succeeded:
        raise typer.Exit(ImporterError.exit_status)


def _run(
    file: Path, mapping: str, mode: Mode, as_of: str | None, rejects: Path | None, as_json: bool
) -> Outcome:
    known = load_mapping(mapping)
    place = open_place(file, rejects, Path(mapping))
    with open_ledger() as ledger:
        try:
            with shown_progress(Console(stderr=True)) as watcher:
                job = Import(file, known, _as_of(known, as_of), ledger, watcher)
                outcome = job.check() if mode is Mode.CHECK else asyncio.run(_speak(job, mode))
        finally:
            keep_rejects(place, ledger.rejects())
    if as_json:
        typer.echo(json.dumps(document_of(outcome), ensure_ascii=False))
    else:
        show(outcome, place, Console())
    return outcome


async def _speak(job: Import, mode: Mode) -> Outcome:
    context = stack_context()
    token = context.token("operator", SUBJECT)
    async with (
        _client(context.intake_url, token) as intake,
        _client(context.feedback_url, token) as feedback,
    ):
        services = Services(
            intake=Calls("intake", intake, asyncio.sleep),
            feedback=Calls("feedback", feedback, asyncio.sleep),
        )
        return await (job.replay(services) if mode is Mode.REPLAY else job.take_over(services))


def _client(url: str, token: str) -> httpx.AsyncClient:
    # The stack is on this machine: a proxy of the environment does not lead there.
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=url, headers=headers, trust_env=False)


def _mode(*, replay: bool, check: bool) -> Mode:
    if check:
        return Mode.CHECK
    return Mode.REPLAY if replay else Mode.LIVE


def _as_of(mapping: Mapping, told: str | None) -> datetime:
    try:
        return mapping.moment(told or mapping.as_of)
    except ValueError as error:
        raise UsageError(f"--as-of {error}") from error
