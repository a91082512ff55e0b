"""Whatever goes wrong is one line with its fix on standard error."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import psycopg
import pytest
import typer

from civicloop.main import build_app, run
from civicloop_local.errors import StackError

USAGES = {
    ("status", "--jsno"): "No such option: --jsno (Possible options: --json)",
    ("watch",): "Missing argument 'case': see `civicloop watch --help`",
    ("nothing",): "No such command 'nothing': see `civicloop --help`",
    ("audit", "--receipts", "/no/such"): "see `civicloop audit --help`",
    ("logs", "-n", "many"): "see `civicloop logs --help`",
    ("token",): "Missing option '--role': see `civicloop token --help`",
    ("department",): "Missing command: see `civicloop department --help`",
    ("department", "add"): "see `civicloop department add --help`",
}


@pytest.mark.parametrize(("arguments", "line"), USAGES.items(), ids=range(len(USAGES)))
def test_a_wrong_command_line_is_one_line(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], line: str
) -> None:
    """No box, no usage: what is wrong and where to read on; status 2."""
    assert run(build_app(), arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("civicloop: ")
    assert line in said.err


def test_a_file_that_is_not_there_is_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Not just that something was wrong."""
    run(build_app(), ("audit", "--receipts", str(tmp_path / "gone.jsonl")))
    assert "gone.jsonl" in capsys.readouterr().err


def _app(work: Callable[..., None]) -> typer.Typer:
    app = typer.Typer()
    app.command()(work)
    return app


FAILURES = {
    "refusal": (StackError("no: do this"), "civicloop: no: do this"),
    "postgres": (
        psycopg.OperationalError("connection refused\nIs the server running?"),
        "civicloop: Postgres refused (connection refused): see `civicloop status`",
    ),
    "silent postgres": (
        psycopg.OperationalError(),
        "civicloop: Postgres refused (OperationalError): see `civicloop status`",
    ),
    "timeout": (
        subprocess.TimeoutExpired(["initdb", "-D"], 120),
        "civicloop: initdb took over 120 s: see `civicloop logs`",
    ),
    "file": (FileNotFoundError(2, "No such file", "x.csv"), "civicloop: No such file: x.csv"),
}


@pytest.mark.parametrize(("error", "line"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_line(
    capsys: pytest.CaptureFixture[str], error: Exception, line: str
) -> None:
    """No traceback; status 1."""

    def work() -> None:
        raise error

    assert run(_app(work), ()) == 1
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), typer.Abort()])
def test_a_command_that_is_broken_off_says_nothing(
    capsys: pytest.CaptureFixture[str], stop: BaseException
) -> None:
    """Whoever pressed the keys knows; the status tells a program."""

    def work() -> None:
        raise stop

    assert run(_app(work), ()) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("status", [0, 1, 3])
def test_a_command_says_its_own_status(status: int) -> None:
    """As `status` and `audit` do."""

    def work(code: Annotated[int, typer.Argument()]) -> None:
        raise typer.Exit(code)

    assert run(_app(work), (str(status),)) == status


def test_who_asks_for_nothing_gets_help(capsys: pytest.CaptureFixture[str]) -> None:
    """The commands are shown; nothing was done, so the status is not 0."""
    assert run(build_app(), ()) == 2
    said = capsys.readouterr()
    assert "Usage" in said.out
    assert said.err == ""


def test_help_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """It is what was asked for."""
    assert run(build_app(), ("--help",)) == 0
    assert "audit" in capsys.readouterr().out
