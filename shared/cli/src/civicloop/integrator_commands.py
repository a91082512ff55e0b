"""Commands for integrators: outsiders who read public topics with a client of their own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from civicloop.context import stack_context
from civicloop.simulator.credentials import keep_secret, secret_place
from civicloop_local.integrators import Integrator, IntegratorAccess, checked_topics, user_named

NEXT: Final = "docs/howto/subscribe.md"
app: Final = typer.Typer(
    name="integrator", help="Let outsiders read public topics, and show them the door."
)

Name = Annotated[str, typer.Argument(help="The integrator's name, as in permits.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]
SecretFile = Annotated[
    Path | None,
    typer.Option(
        "--secret-file",
        callback=secret_place,
        help="Keep the password there (JSON, owner only), print nothing.",
    ),
]


def register(main: typer.Typer) -> None:
    """Add this module's commands."""
    main.add_typer(app)


@app.command()
def add(
    name: Name,
    topics: Annotated[
        str, typer.Option(help="Which public topics, with commas; those left out are taken away.")
    ],
    *,
    secret_file: SecretFile = None,
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Replace the password that it has.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let an integrator read topics, and nothing else; its password is shown once.

    Again, it changes the topics and keeps the password. Example: civicloop integrator add permits
    --topics intake.cases,feedback.case-snapshots --secret-file secrets.json
    """
    wanted = Integrator(name=name, topics=checked_topics(map(str.strip, topics.split(","))))
    user, context = user_named(name), stack_context()
    kept = Keeper(user, secret_file)
    IntegratorAccess(context.kafka_admin_settings).add(wanted, kept, new_password=new_password)
    show_added(wanted, kept, context.kafka_bootstrap, as_json=as_json)


@app.command("list")
def list_integrators(*, as_json: AsJson = False) -> None:
    """Show the integrators, their topics and their groups. Example: civicloop integrator list."""
    found = IntegratorAccess(stack_context().kafka_admin_settings).all()
    if as_json:
        typer.echo(json.dumps({"integrators": [_shown(one) for one in found]}))
        return
    table = Table("name", "user", "topics", "groups")
    for one in found:
        table.add_row(one.name, one.user, "\n".join(one.topics), f"{one.group_prefix}…")
    Console().print(table)
    typer.echo("next: `civicloop integrator add` or `civicloop integrator remove` changes them")


@app.command()
def remove(name: Name, *, as_json: AsJson = False) -> None:
    """Take an integrator's rights and its login, at once.

    Example: civicloop integrator remove permits
    """
    was_there = IntegratorAccess(stack_context().kafka_admin_settings).remove(name)
    if as_json:
        typer.echo(json.dumps({"name": name, "removed": was_there}))
        return
    typer.echo(f"{name} is removed" if was_there else f"{name} was not there")
    typer.echo("next: `civicloop integrator list` shows who is left")


class Keeper:
    """Takes a new password: into a file where there is one, else to be shown."""

    def __init__(self, user: str, path: Path | None) -> None:
        self.path = path
        self.password: str | None = None
        self._user = user

    def __call__(self, password: str) -> None:
        """Keep a password.

        Raises:
            StackError: The file is not ours.
        """
        if self.path is not None:
            keep_secret(self.path, self._user, password)
        self.password = password


def show_added(
    integrator: Integrator,
    kept: Keeper,
    bootstrap: str,
    *,
    as_json: bool,
    say: Callable[[str], None] = typer.echo,
) -> None:
    """Show what an integrator was given; a password in a file is shown nowhere else."""
    shown = kept.password if kept.path is None else None
    if as_json:
        told = {**_shown(integrator), "bootstrap": bootstrap}
        say(json.dumps(told | ({"password": shown} if shown else {})))
        return
    say(f"{integrator.user} may read {', '.join(integrator.topics)} at {bootstrap}")
    say(f"in consumer groups that begin with {integrator.group_prefix}")
    if kept.password is None:
        say("its password stays: --new-password makes another one")
    elif shown:
        say(f"password: {shown}\nkeep it now: it is not shown again")
    else:
        say(f"its password is in {kept.path}")
    say(f"next: hand over user, password and address, with {NEXT}")


def _shown(integrator: Integrator) -> dict[str, Any]:
    return {
        "name": integrator.name,
        "user": integrator.user,
        "topics": list(integrator.topics),
        "group_prefix": integrator.group_prefix,
    }
