"""Commands for the registry of departments: a thin client of the department adapter."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Column, Table

from civicloop.department_care import add_commands
from civicloop.department_client import AsJson, Code, Token, Url, ask
from civicloop.simulator.commands import app as simulate_app
from civicloop.simulator.credentials import keep_secret, secret_place
from civicloop_local.errors import StackError

app: Final = typer.Typer(
    name="department", help="Add departments, look after them, release what is parked."
)
add_commands(app)

SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        callback=secret_place,
        help="Keep the secret there (JSON, owner only), print nothing.",
    ),
]

_ONE_WAY: Final = "say how it is reached: give one of --webhook URL, --pull and --replay"
# What to do once a department is registered.
_NEXT: Final = {
    "webhook": "try it with civicloop department test {code}",
    "pull": "give it a token: civicloop token --role department:{code}",
    "replay": "import its history with civicloop import",
}


def register(main: typer.Typer) -> None:
    """Add this module's commands, and those of the simulated departments."""
    main.add_typer(app)
    main.add_typer(simulate_app)


@app.command()
def add(  # noqa: PLR0913 - one option each
    code: Code,
    name_zh: Annotated[str | None, typer.Option(help="Its Chinese name (中文名).")] = None,
    name_en: Annotated[str | None, typer.Option(help="Its English name.")] = None,
    webhook: Annotated[str | None, typer.Option(help="Where its deliveries go.")] = None,
    concurrency: Annotated[
        int | None, typer.Option(help="Deliveries at once; 8 unless told otherwise.")
    ] = None,
    *,
    pull: Annotated[bool, typer.Option("--pull", help="It comes for its deliveries.")] = False,
    replay: Annotated[bool, typer.Option("--replay", help="Imported histories only.")] = False,
    disabled: Annotated[
        bool | None, typer.Option("--disabled/--active", help="Whether no deliveries are tried.")
    ] = None,
    secret_file: SecretFile = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a department known, or change it; a new webhook's secret is shown once.

    What is not given of a known one stays as it is, a pause too, unless --active ends it.
    One that pulls needs no server, only a token: its deliveries wait until it comes for them.

    Example: civicloop department add water --name-zh 水利局 --name-en "Water bureau"
    --webhook https://water.example.org/hooks/civicloop

    Example: civicloop department add power --name-zh 电力局 --name-en "Power office" --pull
    """
    ways = {"webhook": webhook is not None, "pull": pull, "replay": replay}
    if sum(ways.values()) > 1:
        raise StackError(_ONE_WAY)
    states = {None: None, True: "disabled", False: "active"}
    given = {
        "name_zh": name_zh,
        "name_en": name_en,
        "transport": next((name for name, is_given in ways.items() if is_given), None),
        "url": webhook,
        "concurrency": concurrency,
        "state": states[disabled],
    }
    known = _known(code, url, token)
    body = merged(code, known, given)
    answer = ask("PUT", f"/departments/{code}", url, token, body)
    word = "changed" if known else "registered"
    said = f"{code} is {word}\nnext: {_NEXT[body['transport']].format(code=code)}"
    if secret_file and body["transport"] == "webhook" and "secret" not in answer:
        again = f"civicloop department rotate-secret {code} --secret-file {secret_file}"
        said += f"\nit keeps its secret, which is not in {secret_file}: {again} makes a new one"
    _show_secret(answer, secret_file, as_json=as_json, said=said)


def merged(code: str, known: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a department as it shall be: as given, else as it is known, else as a new one.

    Raises:
        StackError: It is new, and nobody says how it is reached.
    """
    new = {"name_zh": code, "name_en": code, "url": None, "concurrency": 8}
    # The adapter keeps a state that is not given.
    kept = {name: known[name] for name in given if name in known and name != "state"}
    wanted = {**new, **kept, **{name: value for name, value in given.items() if value is not None}}
    if "transport" not in wanted:
        raise StackError(_ONE_WAY)
    return wanted if wanted["transport"] == "webhook" else {**wanted, "url": None}


@app.command("rotate-secret")
def rotate_secret(
    code: Code,
    *,
    secret_file: SecretFile = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Give a webhook a new secret; the old one signs beside it for 24 hours.

    Example: civicloop department rotate-secret water --secret-file secrets.json
    """
    answer = ask("POST", f"/departments/{code}/rotate-secret", url, token)
    until = answer["previous_valid_until"]
    said = f"{code} has a new secret; the old one signs beside it until {until}"
    _show_secret(answer, secret_file, as_json=as_json, said=said)


@app.command("test")
def try_webhook(
    code: Code, *, url: Url = None, token: Token = None, as_json: AsJson = False
) -> None:
    """Send samples to a webhook and say what to set right.

    The exit status is 0 when all is well, else 1. Example: civicloop department test water
    """
    answer = ask("POST", f"/departments/{code}/test", url, token)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for check in answer["checks"]:
            word = "ok" if check["ok"] else f"failed: {check['fix']}"
            typer.echo(f"{check['name']:16} {word}")
    if not answer["ok"]:
        raise typer.Exit(1)


@app.command("list")
def list_departments(*, url: Url = None, token: Token = None, as_json: AsJson = False) -> None:
    """Show the departments: how each is reached, and how it is with it now.

    Example: civicloop department list --json
    """
    answer = ask("GET", "/departments", url, token)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    columns = ("code", "transport", "state", "breaker", "in_flight", "waiting", "name_zh")
    # The name is what gives way where there is little room.
    wrapped = {"name_zh"}
    table = Table(*(Column(c.replace("_", " "), no_wrap=c not in wrapped) for c in columns))
    for department in answer["departments"]:
        table.add_row(*(str(department[column]) for column in columns))
    Console().print(table)


def _known(code: str, url: str | None, token: str | None) -> dict[str, Any]:
    """Return a department as the adapter knows it, nothing when it is new."""
    departments = ask("GET", "/departments", url, token)["departments"]
    return next((found for found in departments if found["code"] == code), {})


def _show_secret(
    answer: dict[str, Any], secret_file: Path | None, *, as_json: bool, said: str
) -> None:
    """Show an answer; its secret goes into the file, where there is one, and nowhere else."""
    secret = answer.get("secret")
    if secret and secret_file:
        keep_secret(secret_file, answer["code"], secret)
        answer = {name: value for name, value in answer.items() if name != "secret"}
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    typer.echo(said)
    if secret and secret_file:
        typer.echo(f"its secret is in {secret_file}")
    elif secret:
        typer.echo(f"secret: {secret}\nkeep it now: it is not shown again")
