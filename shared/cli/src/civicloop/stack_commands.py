"""Commands for the embedded stack: up, status, logs, down, reset, migrate, token."""

from __future__ import annotations

import dataclasses
import json
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from civicloop_local import control
from civicloop_local.assembly import ALL_PARTS
from civicloop_local.credentials import load_credentials
from civicloop_local.errors import StackError
from civicloop_local.layout import default_layout
from civicloop_local.logs import follow as follow_logs
from civicloop_local.logs import last_lines
from civicloop_local.tokens import make_token

if TYPE_CHECKING:
    from pathlib import Path

    from civicloop_local.state import PartState

SHOWN_LINES: Final = 50
MAX_TOKEN_HOURS: Final = 24 * 366


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (up, status, logs, down, reset, migrate, token):
        app.command()(command)


def up() -> None:
    """Start Kafka, Postgres and the services, and wait until all are ready.

    A second `up` changes nothing. Example: civicloop up
    """
    began = time.monotonic()
    already = control.is_up(default_layout())
    control.up(default_layout(), report=_print_part, say=typer.echo)
    word = "was up" if already else f"is up after {time.monotonic() - began:.1f} s"
    typer.echo(f"civicloop {word}")


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Show each part: pid, address, readiness, restarts, memory.

    The exit status is 0 when all parts are ready, else 3. Example: civicloop status --json
    """
    parts = control.status(default_layout())
    if as_json:
        typer.echo(json.dumps({"parts": [dataclasses.asdict(part) for part in parts]}))
    elif not parts:
        typer.echo("civicloop is down: start it with `civicloop up`")
    else:
        Console().print(_table(parts))
    if not parts or not all(part.ready for part in parts):
        raise typer.Exit(3)


def logs(
    part: Annotated[str | None, typer.Argument(help="One part; all when not given.")] = None,
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines come.")] = False,
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many last lines.")
    ] = SHOWN_LINES,
) -> None:
    """Show the newest log lines. Example: civicloop logs router --follow."""
    files = _log_files(part)
    for name, path in files.items():
        for line in last_lines(path, lines):
            typer.echo(line if part else f"{name} | {line}")
    if follow:
        for name, line in follow_logs(files):
            typer.echo(line if part else f"{name} | {line}")


def down() -> None:
    """End what `civicloop up` started, and nothing else; data stays. Example: civicloop down."""
    ran = control.down(default_layout())
    typer.echo("civicloop is down" if ran else "civicloop was down")


def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """End the stack and wipe its data, logs and secrets. Example: civicloop reset --yes."""
    layout = default_layout()
    if not yes:
        typer.confirm(f"Wipe every case, log and secret in {layout.home}?", abort=True)
    control.reset(layout)
    typer.echo("civicloop is wiped: `civicloop up` starts afresh")


def migrate(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program.")] = False,
) -> None:
    """Bring topics, rights and database schemas up to date. Example: civicloop migrate."""
    applied = control.migrate(default_layout())
    if as_json:
        typer.echo(json.dumps({"applied": applied}))
        return
    for database, count in applied.items():
        typer.echo(f"{database:20} {count} migrations applied")


def token(
    role: Annotated[str, typer.Option(help="channel, department:<code>, verifier, …")],
    sub: Annotated[
        str | None,
        typer.Option(
            help="Who the token is for: the role itself when not given; a verifier and a superior "
            "have to be named."
        ),
    ] = None,
    hours: Annotated[
        float, typer.Option(min=0, max=MAX_TOKEN_HOURS, help="How long it is good for.")
    ] = 12.0,
) -> None:
    """Print a bearer token for the services. Example: civicloop token --role department:water."""
    layout = default_layout()
    if not layout.secrets_file.exists():
        raise StackError("no secrets yet: run `civicloop up` once")
    made = make_token(load_credentials(layout), role=role, subject=sub, hours=hours)
    typer.echo(made)


def _print_part(part: PartState) -> None:
    seconds = f"{part.seconds:5.1f} s" if part.seconds is not None else " " * 7
    typer.echo(f"{part.name:20} ready  {seconds}  {part.address}".rstrip())


def _table(parts: tuple[control.PartStatus, ...]) -> Table:
    table = Table("part", "pid", "address", "ready", "restarts", "memory MB")
    for part in parts:
        values = (part.name, part.pid or "-", part.address, "yes" if part.ready else "no")
        table.add_row(*map(str, values), str(part.restarts), f"{part.memory_mb:.0f}")
    return table


def _log_files(part: str | None) -> dict[str, Path]:
    layout = default_layout()
    known = ("supervisor", *ALL_PARTS)
    if part is not None and part not in known:
        raise StackError(f"no part {part!r}: use one of {', '.join(known)}")
    return {name: layout.log(name) for name in ([part] if part else known)}
