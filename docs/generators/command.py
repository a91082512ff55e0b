"""The page of the command line: from the commands themselves."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import typer.main

from civicloop.main import build_app
from generators.markdown import table

if TYPE_CHECKING:
    from collections.abc import Iterator

INTRODUCTION: Final = """# The command `civicloop`

`make setup` puts it into `.venv/bin`. Every command has `--help`; one that a program may read has
`--json`. A problem is one line on standard error that names the fix, and a status other than 0.
"""


def page() -> str:
    """Return the page."""
    found = list(commands())
    rows = [(f"[`{name}`](#{name.replace(' ', '-')})", _first(command)) for name, command in found]
    return "\n".join(
        [INTRODUCTION, table(("command", "does"), rows), *(_command(*item) for item in found)]
    )


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, with its whole name."""
    yield from _below("civicloop", typer.main.get_command(build_app()))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield name, command
        return
    for word, child in inner.items():
        yield from _below(f"{name} {word}", child)


def _command(name: str, command: Any) -> str:
    said = [f"## {name}\n", f"```text\n{_usage(name, command)}\n```\n", f"{_told(command)}\n"]
    if rows := [_row(parameter) for parameter in _shown(command)]:
        said.append(table(("", "default", "meaning"), rows))
    return "\n".join(said)


def _usage(name: str, command: Any) -> str:
    arguments = [p for p in _shown(command) if p.param_type_name == "argument"]
    words = [p.name.upper() + ("..." if p.nargs == -1 else "") for p in arguments]
    shown = [word if p.required else f"[{word}]" for word, p in zip(words, arguments, strict=True)]
    return " ".join(
        [name, *(["[OPTIONS]"] if len(arguments) < len(_shown(command)) else []), *shown]
    )


def _shown(command: Any) -> list[Any]:
    return [p for p in command.params if p.name != "help"]


def _row(parameter: Any) -> tuple[str, str, str]:
    is_argument = parameter.param_type_name == "argument"
    names = [parameter.name.upper()] if is_argument else parameter.opts
    told = parameter.help or ""
    choices = parameter.type_descriptor.annotation
    if isinstance(choices, type) and issubclass(choices, Enum):
        told += f" One of {', '.join(f'`{choice.value}`' for choice in choices)}."
    if parameter.envvar:
        told += f" Also `{parameter.envvar}`."
    return ", ".join(f"`{name}`" for name in names), _default(parameter), told


def _default(parameter: Any) -> str:
    if parameter.required:
        return "**needed**"
    if parameter.default is None or getattr(parameter, "is_flag", False):
        return ""
    return f"`{getattr(parameter.default, 'value', parameter.default)}`"


def _told(command: Any) -> str:
    """Return the help, its example as code."""
    text, _, example = (command.help or "").partition("Example:")
    shown = " ".join(example.split()).removesuffix(".")
    return text.strip() + (f"\n\nExample: `{shown}`" if shown else "")


def _first(command: Any) -> str:
    return _told(command).split("\n\n", maxsplit=1)[0]
