"""Look after departments: pause, resume and remove them, release what is parked for them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Column, Table

from civicloop.department_client import (
    AsJson,
    Code,
    Token,
    Url,
    ask,
)
from civicloop_local.errors import StackError

_COLUMNS: Final = ("task_id", "department", "kind", "reason", "owner", "review_at")
_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]
TaskId = Annotated[UUID, typer.Argument(help="The task's id, as `parked` lists it.")]


def add_commands(app: typer.Typer) -> None:
    """Add this module's commands."""
    for command in (pause, resume, remove, release, parked):
        app.command()(command)


def pause(
    code: Code,
    *,
    until: Annotated[
        str | None, typer.Option(help="When it ends, as 2026-05-09T18:00:00+08:00.")
    ] = None,
    hours: Annotated[float | None, typer.Option(help="How long it lasts, from now.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Leave a department alone for a while: its deliveries wait at their place.

    The pause ends by itself, after 30 days at most. Example: civicloop department pause water
    --hours 2
    """
    body = {"until": _end(until, hours)}
    answer = ask("POST", f"/departments/{code}/pause", url, token, body)
    said = f"{code} is left alone until {answer['paused_until']}; {answer['waiting']} wait"
    _show(answer, f"{said}\nnext: civicloop department resume {code} ends it sooner", as_json)


def resume(code: Code, *, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Try a paused or disabled department again, at once.

    Example: civicloop department resume water
    """
    answer = ask("POST", f"/departments/{code}/resume", url, token)
    said = f"{code} is active; {answer['waiting']} deliveries wait for it and are tried now"
    _show(answer, f"{said}\nnext: civicloop department parked shows what fails", as_json)


def remove(
    code: Code,
    *,
    yes: _Yes = False,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Forget a department: its secrets and tokens end, its open tasks go elsewhere.

    Each open task is parked, and a joint conference names another department. Whoever comes back
    later is added anew, and needs a new token. Example: civicloop department remove water --yes
    """
    if not yes:
        typer.confirm(f"remove {code}? its open tasks go elsewhere", abort=True)
    answer = ask("DELETE", f"/departments/{code}", url, token)
    said = f"{code} is removed; {answer['open_tasks']} open tasks are parked for others"
    _show(answer, f"{said}\nnext: settle their disputes (GET /v1/disputes of the router)", as_json)


def release(
    task_id: TaskId, *, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Have what is parked of a task tried now, as if it had never failed.

    Example: civicloop department release 5f0e7c2a-1c86-5d0e-8f5b-2a9f6f0c7d13
    """
    answer = ask("POST", f"/tasks/{task_id}/release", url, token)
    said = f"what was parked of {task_id} is tried now"
    _show(answer, f"{said}\nnext: civicloop department parked shows it if it fails again", as_json)


def parked(*, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show the deliveries that wait for a person, why, and when each is tried again.

    Example: civicloop department parked --json
    """
    found = _all_parked(url, token)
    if as_json:
        typer.echo(json.dumps({"parked": found}, ensure_ascii=False))
        return
    if not found:
        typer.echo("nothing is parked")
        return
    table = Table(*(Column(name.replace("_", " "), no_wrap=True) for name in _COLUMNS))
    for item in found:
        table.add_row(*(str(item[column]) for column in _COLUMNS))
    Console(width=160).print(table)
    typer.echo("next: set right what the reason names, then civicloop department release TASK_ID")


def _all_parked(url: str | None, token: str | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = ""
    while True:
        page = ask("GET", f"/parked{query}", url, token)
        found += page["parked"]
        if page["next"] is None:
            return found
        query = f"?{urlencode({'cursor': page['next']})}"


def _end(until: str | None, hours: float | None) -> str:
    if (until is None) == (hours is None):
        raise StackError("say when the pause ends: give either --hours 2 or --until TIME")
    if until is not None:
        return until
    try:
        return (datetime.now(UTC) + timedelta(hours=hours or 0.0)).isoformat()
    except OverflowError as error:
        raise StackError("a pause lasts at most 30 days: give fewer --hours") from error


def _show(answer: dict[str, Any], said: str, as_json: bool) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False) if as_json else said)
