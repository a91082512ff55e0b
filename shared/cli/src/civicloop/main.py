"""The command `civicloop`: every `*_commands` module of this package adds its own."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import psycopg
import typer
from typer.exceptions import TyperException

import civicloop
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Sequence

SUFFIX: Final = "_commands"
NAME: Final = "civicloop"
FAILED: Final = 1
# As a shell reports a program that Ctrl-C has ended.
INTERRUPTED: Final = 130
# Anything else is a defect, and its traceback is what we need to see.
PROBLEMS: Final = (TyperException, StackError, psycopg.Error, subprocess.TimeoutExpired, OSError)


def build_app() -> typer.Typer:
    """Return the application with all commands, in the order of their modules' names."""
    app = typer.Typer(
        name=NAME,
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a problem is one line on standard error and a non-zero status."""
    sys.exit(run(build_app(), arguments))


def run(app: typer.Typer, arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its status; by default the one that this process was given."""
    command = typer.main.get_command(app)
    try:
        status = command.main(arguments, prog_name=NAME, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except PROBLEMS as error:
        if said := _words(error):
            print(f"{NAME}: {said}", file=sys.stderr)
        return error.exit_code if isinstance(error, TyperException) else FAILED
    # What a command returns is nothing; an `Exit` comes back as its status.
    return status if isinstance(status, int) else 0


def _words(error: Exception) -> str:
    """Return a problem as one line with its fix."""
    match error:
        case TyperException():
            return _usage(error)
        case psycopg.Error():
            return f"Postgres refused ({_first_line(error)}): see `civicloop status`"
        case subprocess.TimeoutExpired():
            return f"{_program(error)} took over {error.timeout:.0f} s: see `civicloop logs`"
        case OSError():
            return f"{error.strerror or error}: {error.filename or ''}"
    return str(error)


def _usage(error: TyperException) -> str:
    """Return what is wrong with a command line, and where to read how it should be."""
    said = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    place = context.command_path if context is not None else NAME
    # One without words has printed the help of a group of commands.
    return said and f"{said}: see `{place} --help`"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _program(error: subprocess.TimeoutExpired) -> str:
    return str(error.cmd if isinstance(error.cmd, str) else error.cmd[0])
