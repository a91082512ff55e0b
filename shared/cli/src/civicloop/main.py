"""The command `civicloop`: every `*_commands` module of this package adds its own."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import typer

import civicloop
from civicloop_local.errors import StackError

SUFFIX = "_commands"


def build_app() -> typer.Typer:
    """Return the application with all commands, in the order of their modules' names."""
    app = typer.Typer(
        name="civicloop",
        help="Operate Civicloop: start it, look at it, feed it, audit it.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    for module in pkgutil.iter_modules(civicloop.__path__):
        if module.name.endswith(SUFFIX):
            importlib.import_module(f"civicloop.{module.name}").register(app)
    return app


def main() -> None:
    """Run the command line; a problem is one line on standard error and a non-zero status."""
    try:
        build_app()()
    except StackError as error:
        print(f"civicloop: {error}", file=sys.stderr)
        sys.exit(1)
    except OSError as error:
        print(f"civicloop: {error.strerror or error}: {error.filename or ''}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
