"""The command `lag`."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import inf
from typing import TYPE_CHECKING, Annotated, Final

import httpx
import typer
from rich.console import Console
from rich.table import Table

from civicloop.context import stack_context
from civicloop.lag import outbox_in, read_lags
from civicloop.operator_calls import AsJson, Operators, operators
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from civicloop.lag import Lag, Outbox

TIMEOUT_S: Final = 10.0
# Positions are noted in Kafka about once a second.
NO_LAG_S: Final = 2.0


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(lag)


def lag(
    *,
    limit_s: Annotated[
        float | None, typer.Option("--limit", min=0, help="Exit with 1 above so many seconds.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how far each service is behind in each topic, in seconds and in records.

    Seconds are the age of the oldest record that it has not applied; one that could not be read in
    time is unknown, and the exit status 1. Below, the facts of each
    service that wait to be sent. Example: civicloop lag --limit 60 --json
    """
    lags = read_lags(stack_context().kafka_settings)
    outboxes = _outboxes(operators(None, None, None))
    if as_json:
        shown = {"lags": [*map(asdict, lags)], "outboxes": [*map(asdict, outboxes)]}
        typer.echo(json.dumps(shown))
    else:
        Console().print(_lag_table(lags))
        Console().print(_outbox_table(outboxes))
        typer.echo(next_step(lags, outboxes))
    for one in unknown(lags):
        typer.echo(f"civicloop: the age of {one.group} in {one.topic} is unknown", err=True)
    if unknown(lags) or is_above(limit_s, lags, outboxes):
        raise typer.Exit(1)


def unknown(lags: Sequence[Lag]) -> list[Lag]:
    """Return those of which nobody could tell in time how old the oldest record is."""
    return [one for one in lags if one.seconds is None]


def is_above(limit_s: float | None, lags: Sequence[Lag], outboxes: Sequence[Outbox]) -> bool:
    """Tell whether something known is older than the limit, if there is one."""
    if limit_s is None:
        return False
    ages = [*(one.seconds or 0.0 for one in lags), *(one.seconds for one in outboxes)]
    return any(age > limit_s for age in ages)


def next_step(lags: Sequence[Lag], outboxes: Sequence[Outbox]) -> str:
    """Say what to do about the worst of it."""
    late = [one for one in lags if one.seconds is None or one.seconds > NO_LAG_S]
    stuck = [one for one in outboxes if one.seconds > NO_LAG_S]
    if stuck:
        worst = max(stuck, key=lambda one: one.seconds)
        return f"next: civicloop logs {worst.service} shows why it cannot send; then civicloop lag"
    if late:
        worst_lag = max(late, key=lambda one: inf if one.seconds is None else one.seconds)
        return (
            f"next: civicloop status, then civicloop logs {worst_lag.group} shows what keeps it; "
            "a lag that falls needs nothing"
        )
    return "nobody is behind"


def _outboxes(doors: Operators) -> list[Outbox]:
    """Ask each service for its metrics.

    Raises:
        StackError: One does not answer.
    """
    found = []
    for name, url in doors.urls.items():
        try:
            answer = httpx.get(f"{url}/metrics", timeout=TIMEOUT_S, trust_env=False)
            found.append(outbox_in(name, answer.raise_for_status().text))
        except httpx.HTTPError as error:
            raise StackError(f"{name} does not answer at {url}: see `civicloop status`") from error
    return found


def _lag_table(lags: Sequence[Lag]) -> Table:
    table = Table("service", "topic", "seconds", "records behind")
    for one in lags:
        seconds = "unknown" if one.seconds is None else f"{one.seconds:.1f}"
        table.add_row(one.group, one.topic, seconds, str(one.behind))
    return table


def _outbox_table(outboxes: Sequence[Outbox]) -> Table:
    table = Table("service", "facts to send", "oldest, seconds")
    for one in outboxes:
        table.add_row(one.service, str(one.facts), f"{one.seconds:.1f}")
    return table
