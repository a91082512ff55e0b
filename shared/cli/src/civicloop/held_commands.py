"""Commands for what is held: list, show, retry, discard, in one service or in all."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from civicloop.operator_calls import (
    AsJson,
    NotThereError,
    Operators,
    Service,
    Token,
    Url,
    age_of,
    operators,
)
from civicloop_kit.operation import DEFAULT_RATE, Why
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from typer import Typer

POLL_S: Final = 0.5
PLACE_PARTS: Final = 3
app: Final = typer.Typer(
    name="held", help="Look at records that could not be applied, try them again, leave one out."
)


class Reason(StrEnum):
    """Why something waits."""

    BUG = "bug"
    NEWER = "newer"
    TIMER = "timer"
    GAP = "gap"


Case = Annotated[str, typer.Argument(help="The case's id.")]
AnyReason = Annotated[Reason | None, typer.Option("--reason", help="Only what waits for this.")]
AnyError = Annotated[str | None, typer.Option("--error", help="Only this error, as in the list.")]


def register(main: Typer) -> None:
    """Add this module's commands."""
    main.add_typer(app)


@app.command("list")
def list_held(  # noqa: PLR0913 - one option each
    *,
    service: Service = None,
    reason: AnyReason = None,
    error: AnyError = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Cases per service.")] = 20,
    after: Annotated[str | None, typer.Option(help="Go on behind this case.")] = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show what is held, by cause and by case: a failed record, a failed timer, a gap.

    Example: civicloop held list --service router --reason bug
    """
    doors = operators(service, url, token)
    found = {
        name: doors.ask(name, "GET", "/held", reason=reason, error=error, limit=limit, after=after)
        for name in doors.services
    }
    if as_json:
        typer.echo(json.dumps({"services": found}))
        return
    console = Console()
    if any(page["causes"] for page in found.values()):
        console.print(_causes(found))
    if any(page["cases"] for page in found.values()):
        console.print(_cases(found))
    typer.echo(_after_list(found))


@app.command()
def show(
    case: Case,
    *,
    service: Service = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show what one case waits for, and where its held records lie in Kafka.

    Example: civicloop held show 01980000-0000-7000-8000-000000000001
    """
    case_id = _case_id(case)
    found = _where_held(operators(service, url, token), case_id)
    if not found:
        raise StackError(f"nothing of case {case_id} is held: see `civicloop held list`")
    if as_json:
        typer.echo(json.dumps({"services": found}))
        return
    for name, answer in found.items():
        _print_case(name, answer)
    typer.echo(_after_show(case_id, found))


@app.command()
def retry(  # noqa: PLR0913 - one option each
    case: Annotated[
        str | None, typer.Argument(help="One case; or name a reason, or --all.")
    ] = None,
    *,
    reason: Annotated[Reason | None, typer.Option("--reason", help="All that wait for it.")] = None,
    error: AnyError = None,
    every: Annotated[bool, typer.Option("--all", help="Every blocked case.")] = False,
    rate: Annotated[
        int, typer.Option(min=1, max=500, help="Cases a second, per service.")
    ] = DEFAULT_RATE,
    service: Service = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Apply held records again, in order, by the same rules; wait until all were tried.

    What fails is held again. Ended here, it goes on in the service. The exit status is 1 while
    something is still held. Example: civicloop held retry --reason bug --error KeyError --rate 20
    """
    wish = _wish(case, reason, error, every=every)
    doors = operators(service, url, token)
    begun = _begin_retries(doors, wish | {"rate": rate})
    done = {name: _finished(doors, name, operation) for name, operation in begun.items()}
    if as_json:
        typer.echo(json.dumps({"services": done}))
    else:
        for name, operation in done.items():
            typer.echo(f"{name:20} {_outcome(operation)}")
        typer.echo(_after_retry(done))
    if any(_held_again(operation) for operation in done.values()):
        raise typer.Exit(1)


@app.command()
def discard(
    case: Case,
    place: Annotated[
        str, typer.Argument(help="The record, TOPIC/PARTITION/OFFSET, as `show` prints it.")
    ],
    why: Annotated[Why, typer.Option("--why", help="Why it will never be applied.")],
    service: Annotated[str, typer.Option("--service", "-s", help="The service that holds it.")],
    *,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Leave out exactly one record that failed; what waits behind it is applied.

    It stays in Kafka, and who discarded it and why is written down.
    Example: civicloop held discard 01980000-0000-7000-8000-000000000001 intake.cases/3/41
    --service router --why not_a_fact
    """
    case_id, (topic, partition, offset) = _case_id(case), _place(place)
    doors = operators(service, url, token)
    body = {"topic": topic, "partition": partition, "offset": offset, "why": why}
    begun = doors.ask(service, "POST", f"/held/cases/{case_id}/discard", body=body)
    done = _finished(doors, service, begun)
    if as_json:
        typer.echo(json.dumps(done))
        return
    number = f", sequence {done['sequence']}" if done["sequence"] else ""
    typer.echo(f"{place} is left out{number}; {_outcome(done)}")
    typer.echo(_after_retry({service: done}))


def _where_held(doors: Operators, case_id: UUID) -> dict[str, dict[str, Any]]:
    """Return the answers of the services that hold something of a case."""
    found = {}
    for name in doors.services:
        try:
            found[name] = doors.ask(name, "GET", f"/held/cases/{case_id}")
        except NotThereError:
            continue
    return found


def _begin_retries(doors: Operators, body: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Ask every chosen service; one that does not know the case is left out.

    Raises:
        StackError: None knows it.
    """
    begun: dict[str, dict[str, Any]] = {}
    for name in doors.services:
        try:
            begun[name] = doors.ask(name, "POST", "/held/retry", body=body)
        except NotThereError:
            continue
    if not begun:
        raise StackError(f"nobody knows case {body['case_id']}: see `civicloop held list`")
    return begun


def _finished(doors: Operators, service: str, operation: dict[str, Any]) -> dict[str, Any]:
    """Wait until an operation is over."""
    while operation["finished_at"] is None:
        time.sleep(POLL_S)
        operation = doors.ask(service, "GET", f"/operations/{operation['operation_id']}")
    return operation


def _wish(
    case: str | None, reason: Reason | None, error: str | None, *, every: bool
) -> dict[str, Any]:
    if sum((case is not None, reason is not None, every)) != 1:
        raise StackError("say what to try again: give one of CASE, --reason and --all")
    if error is not None and reason is None:
        raise StackError("an error goes with its reason: add --reason bug")
    if reason is Reason.GAP:
        raise StackError(
            "a gap closes when the missing record comes: see `civicloop lag`, then "
            "`civicloop audit`"
        )
    if case is not None:
        return {"case_id": str(_case_id(case))}
    if every:
        return {"all": True}
    return {"reason": str(reason)} | ({"error": error} if error else {})


def _outcome(operation: Mapping[str, Any]) -> str:
    return (
        f"{operation['cases']} cases tried, {operation['freed']} freed, "
        f"{_held_again(operation)} held again, {operation['records']} records applied"
    )


def _held_again(operation: Mapping[str, Any]) -> int:
    return int(operation["cases"] - operation["freed"])


def _after_list(found: Mapping[str, Mapping[str, Any]]) -> str:
    """Say what to do next."""
    for name, page in found.items():
        for case in page["cases"]:
            return f"next: civicloop held show {case['case_id']} --service {name}"
    return "nothing is held"


def _after_show(case_id: UUID, found: Mapping[str, Mapping[str, Any]]) -> str:
    reasons = {answer["case"]["cause"]["reason"] for answer in found.values()}
    if reasons == {"gap"}:
        return "next: civicloop lag, and if the missing record does not come, civicloop audit"
    return f"next, with a release that can apply it: civicloop held retry {case_id}"


def _after_retry(done: Mapping[str, Mapping[str, Any]]) -> str:
    for name, operation in done.items():
        if _held_again(operation):
            return f"next: civicloop held list --service {name} shows the new errors"
    return "next: civicloop audit shows that nothing is missing"


def _causes(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("service", "reason", "error", "source", "release", "cases", "records", "age")
    for name, page in found.items():
        for group in page["causes"]:
            cause = group["cause"]
            table.add_row(
                name,
                *_words(cause, "reason", "error", "source", "release"),
                str(group["cases"]),
                str(group["records"]),
                age_of(group["since"]),
            )
    return table


def _cases(found: Mapping[str, Mapping[str, Any]]) -> Table:
    table = Table("service", "case", "reason", "error", "records", "age")
    table.columns[1].no_wrap = True
    for name, page in found.items():
        for case in page["cases"]:
            table.add_row(
                name,
                case["case_id"],
                *_words(case["cause"], "reason", "error"),
                str(case["records"]),
                age_of(case["since"]),
            )
    return table


def _print_case(service: str, answer: Mapping[str, Any]) -> None:
    case, cause = answer["case"], answer["case"]["cause"]
    words = " ".join(word for word in (cause["reason"], cause["error"]) if word)
    trace = f", trace {case['trace_id']}" if case["trace_id"] else ""
    typer.echo(f"{service} holds it: {words}, {case['records']} records{trace}")
    for record in answer["held"]:
        place = f"{record['topic']}/{record['partition']}/{record['offset']}"
        fact = record["fact"] or "unknown"
        number = f"#{record['sequence']}" if record["sequence"] else "no number"
        why = " ".join(word for word in (record["reason"], record["error"]) if word)
        typer.echo(f"  {place:32} {fact:22} {number:10} {why}, {age_of(record['since'])}")


def _words(cause: Mapping[str, Any], *names: str) -> Sequence[str]:
    return [cause[name] or "-" for name in names]


def _case_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise StackError(f"{text!r} is no case id: copy it from `civicloop held list`") from error


def _place(text: str) -> tuple[str, int, int]:
    parts = text.split("/")
    if len(parts) != PLACE_PARTS or not all(part.isdecimal() for part in parts[1:]):
        raise StackError(
            f"{text!r} is no place: copy TOPIC/PARTITION/OFFSET from `civicloop held show`"
        )
    return parts[0], int(parts[1]), int(parts[2])
