"""Commands for the registry of departments: a thin client of the department adapter."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.table import Column, Table

from civicloop.context import stack_context
from civicloop.simulator.commands import app as simulate_app
from civicloop.simulator.credentials import keep_secret
from civicloop_local.errors import StackError

# A test of a webhook makes three requests that may take 10 s each.
TIMEOUT_S: Final = 40.0
app: Final = typer.Typer(name="department", help="Add departments, rotate secrets, test webhooks.")

Code = Annotated[str, typer.Argument(help="The department's code, as in water.")]
Url = Annotated[
    str | None,
    typer.Option("--url", help="The department adapter; the running stack's if left out."),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="CIVICLOOP_TOKEN",
        help="An operator's token; made for the running stack if left out.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="Keep the secret there (JSON, owner only), print nothing."),
]


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
    concurrency: Annotated[int, typer.Option(help="Deliveries at once.")] = 8,
    *,
    replay: Annotated[bool, typer.Option("--replay", help="Imported histories only.")] = False,
    disabled: Annotated[bool, typer.Option("--disabled", help="Try no deliveries.")] = False,
    secret_file: SecretFile = None,
    url: Url = None,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Make a department known, or change it; a new webhook's secret is shown once.

    Example: civicloop department add water --name-zh 水利局 --name-en "Water bureau"
    --webhook https://water.example.org/hooks/civicloop
    """
    if replay == (webhook is not None):
        raise StackError("say how it is reached: give either --webhook URL or --replay")
    body = {
        "name_zh": name_zh or code,
        "name_en": name_en or code,
        "transport": "replay" if replay else "webhook",
        "url": webhook,
        "concurrency": concurrency,
        "state": "disabled" if disabled else "active",
    }
    answer = _ask("PUT", f"/{code}", url, token, body)
    _show_secret(answer, secret_file, as_json=as_json, said=f"{code} is registered")


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
    answer = _ask("POST", f"/{code}/rotate-secret", url, token)
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
    answer = _ask("POST", f"/{code}/test", url, token)
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
    answer = _ask("GET", "", url, token)
    if as_json:
        typer.echo(json.dumps(answer, ensure_ascii=False))
        return
    columns = ("code", "name_zh", "transport", "state", "breaker", "in_flight", "waiting")
    table = Table(*(Column(name.replace("_", " "), no_wrap=True) for name in columns))
    for department in answer["departments"]:
        table.add_row(*(str(department[column]) for column in columns))
    Console().print(table)


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


def _ask(
    method: str,
    path: str,
    url: str | None,
    token: str | None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the adapter's answer.

    Raises:
        StackError: It does not answer, or refuses.
    """
    base = url or stack_context().adapter_url
    headers = {"Authorization": f"Bearer {token or stack_context().operator_token()}"}
    try:
        with httpx.Client(base_url=base, timeout=TIMEOUT_S, trust_env=False) as client:
            response = client.request(method, f"/v1/departments{path}", headers=headers, json=body)
    except httpx.HTTPError as error:
        raise StackError(
            f"the department adapter does not answer at {base}: run `civicloop up`"
        ) from error
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise StackError(_refusal(response))
    answer: dict[str, Any] = response.json()
    return answer


def _refusal(response: httpx.Response) -> str:
    """Return a problem document as one line."""
    try:
        problem = response.json()
    except ValueError:
        return f"the department adapter answered {response.status_code}: see `civicloop logs`"
    faults = "; ".join(f"{item['path']}: {item['code']}" for item in problem.get("errors", ()))
    return f"{problem.get('detail', response.status_code)}{': ' if faults else ''}{faults}"
