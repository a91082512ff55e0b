"""Commands for dead letters: records of which not even the case can be read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from civicloop.operator_calls import (
    AsJson,
    NotThereError,
    Service,
    Token,
    Url,
    age_of,
    operators,
)
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer import Typer

app: Final = typer.Typer(name="dlq", help="Look at dead letters; their content stays sealed.")


def register(main: Typer) -> None:
    """Add this module's commands."""
    main.add_typer(app)


@app.command("list")
def list_letters(
    *,
    service: Service = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Only these.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Letters per service.")] = 20,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show dead letters, by reason and the newest first.

    Example: civicloop dlq list --service router --json
    """
    doors = operators(service, url, token)
    found = {
        name: doors.ask(name, "GET", "/dead-letters", reason=reason, limit=limit)
        for name in doors.services
    }
    if as_json:
        typer.echo(json.dumps({"services": found}))
        return
    if any(page["reasons"] for page in found.values()):
        Console().print(_reasons(found))
        Console().print(_letters(found))
    typer.echo(_after_list(found))


@app.command()
def show(
    letter: Annotated[str, typer.Argument(help="The letter's id.")],
    *,
    service: Service = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show where one dead letter lies in Kafka, why it is one, and its digest.

    Example: civicloop dlq show 8f0c2b1e-5d1c-5f6f-9d3e-1f2a3b4c5d6e
    """
    letter_id = _letter_id(letter)
    doors = operators(service, url, token)
    for name in doors.services:
        try:
            found = doors.ask(name, "GET", f"/dead-letters/{letter_id}")
        except NotThereError:
            continue
        typer.echo(json.dumps({"service": name, **found}) if as_json else _told(name, found))
        return
    raise StackError(f"there is no dead letter {letter_id}: see `civicloop dlq list`")


def _told(service: str, letter: Mapping[str, Any]) -> str:
    lines = [f"service    {service}"]
    lines += [f"{name:10} {letter[name]}" for name in ("reason", "digest", "recorded_at")]
    lines.append(f"place      {_place(letter)}")
    lines.append(f"trace      {letter['trace_id'] or 'none'}")
    lines.append(f"sealed     {letter['sealed_bytes']} bytes")
    if letter["unsent"]:
        lines.append("its notice waits in the outbox: the dead-letter topic refuses it")
    lines.append(
        "next: ask whoever writes that topic; nobody's case waits for it, and what it said is "
        "in Kafka at that place"
    )
    return "\n".join(lines)


def _after_list(found: Mapping[str, Mapping[str, Any]]) -> str:
    for name, page in found.items():
        for letter in page["letters"]:
            return f"next: civicloop dlq show {letter['letter_id']} --service {name}"
    return "there are no dead letters"


def _reasons(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("service", "reason", "topic", "letters", "oldest", "newest")
    for name, page in found.items():
        for group in page["reasons"]:
            ages = age_of(group["since"]), age_of(group["newest"])
            table.add_row(name, group["reason"], group["topic"], str(group["letters"]), *ages)
    return table


def _letters(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("service", "letter", "place", "age")
    table.columns[1].no_wrap = True
    for name, page in found.items():
        for letter in page["letters"]:
            age = age_of(letter["recorded_at"])
            table.add_row(name, letter["letter_id"], _place(letter), age)
    return table


def _place(letter: Mapping[str, Any]) -> str:
    return f"{letter['topic']}/{letter['partition']}/{letter['offset']}"


def _letter_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise StackError(
            f"{text!r} is no letter's id: copy it from `civicloop dlq list`"
        ) from error
