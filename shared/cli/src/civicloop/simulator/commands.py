"""`civicloop simulate`: departments that handle tasks by themselves."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from civicloop.context import stack_context
from civicloop.simulator.credentials import Secrets, read_secrets
from civicloop.simulator.modes import Mode
from civicloop.simulator.running import Simulation, run_simulation
from civicloop.simulator.script import NO_SCRIPT, read_script
from civicloop_local.errors import StackError

app: Final = typer.Typer(name="simulate", help="Play a part that a city would play.")
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{1,31}")
_SECONDS: Final = re.compile(r"(\d+(?:\.\d+)?):(\d+(?:\.\d+)?)")


@app.callback()
def _group() -> None:
    """Play a part that a city would play."""


@app.command()
def department(  # noqa: PLR0913 - one option each
    codes: Annotated[list[str], typer.Argument(help="Codes of the departments to play.")],
    *,
    journal: Annotated[Path, typer.Option(help="Where to write what they hear and do.")],
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="Where to listen; 0 takes a free port.")
    ] = 0,
    secret_file: Annotated[
        Path | None, typer.Option(help="Secrets as `civicloop department add` keeps them.")
    ] = None,
    secret: Annotated[list[str] | None, typer.Option(help="CODE=whsec_…, repeatable.")] = None,
    adapter_url: Annotated[
        str | None, typer.Option(help="The department adapter; the running stack's if left out.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option(help="CODE=TOKEN; made for the running stack if left out.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help='Tokens as JSON: {"CODE": "TOKEN"}.')
    ] = None,
    mode: Annotated[Mode, typer.Option(help="How deliveries are answered.")] = Mode.OK,
    plan: Annotated[
        Path | None, typer.Option(help="A YAML file that says what is done with which tasks.")
    ] = None,
    work_seconds: Annotated[str, typer.Option(help="Time per task, LEAST:MOST.")] = "0:2",
) -> None:
    r"""Play departments over real HTTP, with a journal that is synced before each answer.

    Each listens at /hooks/CODE. It acknowledges a task, works on it and completes it; the same
    task always gets the same answers, and a restart goes on where the journal ends.

    With --plan the first rule that fits a task says what is done with it, and a department can be
    down (503) for some seconds from its first delivery on:

    \b
    down: {power: 6}
    rules:
      - {department: water, attempt: 1, steps: [{after_s: 1, return: not_our_duty}]}
      - matter: "00002"
        steps:
          - {after_s: 0.5, acknowledge: true}
          - {after_s: 1, request_suspension: ledger, review_in_s: 60}
          - {after_s: 2, request_extension: true}
          - {after_s: 9, complete: repaired}

    Example: civicloop simulate department water power --journal departments.jsonl
    --port 9400 --secret-file secrets.json
    """
    for code in codes:
        if not _CODE.fullmatch(code):
            raise StackError(f"{code!r} is no department code: use a-z, 0-9 and -, as in water")
    given = _pairs(secret or [], "--secret")
    if secret_file is None and not set(codes) <= given.keys():
        raise StackError("no secret: give --secret-file (civicloop department add --secret-file)")
    simulation = Simulation(
        codes=codes,
        port=port,
        journal=journal,
        secrets=Secrets(given, secret_file),
        adapter_url=adapter_url or stack_context().adapter_url,
        token=_tokens(codes, _pairs(token or [], "--token"), token_file),
        mode=mode,
        seconds=_seconds(work_seconds),
        script=read_script(plan) if plan else NO_SCRIPT,
    )
    run_simulation(simulation, lambda found: _print_addresses(codes, found))


def _print_addresses(codes: Sequence[str], port: int) -> None:
    addresses = {code: f"http://127.0.0.1:{port}/hooks/{code}" for code in codes}
    typer.echo(json.dumps({"listening": addresses}))


def _tokens(
    codes: Sequence[str], given: Mapping[str, str], path: Path | None
) -> Callable[[str], str]:
    known = {**(read_secrets(path) if path else {}), **given}
    for code in codes:
        if code not in known:
            known[code] = stack_context().token(f"department:{code}")
    return known.__getitem__


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        code, found, value = text.partition("=")
        if not found or not value or not _CODE.fullmatch(code):
            raise StackError(f"{option} takes CODE=VALUE, as in water=…")
        pairs[code] = value
    return pairs


def _seconds(text: str) -> tuple[float, float]:
    match = _SECONDS.fullmatch(text)
    if match is None or float(match[1]) > float(match[2]):
        raise StackError("--work-seconds takes LEAST:MOST, as in 0:2")
    return float(match[1]), float(match[2])
