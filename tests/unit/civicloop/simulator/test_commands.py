"""`civicloop simulate department`."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from civicloop.simulator.commands import app
from civicloop_local.errors import StackError

SECRET = "water=whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
GIVEN = ["--adapter-url", "http://127.0.0.1:1", "--token", "water=t", "--secret", SECRET]


def run(*arguments: str) -> Exception | None:
    """Return what a call fails with."""
    result = CliRunner().invoke(app, ["department", *arguments])
    return result.exception if isinstance(result.exception, Exception) else None


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        (["Water", *GIVEN], "code"),
        (["water", "--adapter-url", "http://x", "--token", "water=t"], "--secret-file"),
        (["water", *GIVEN, "--work-seconds", "9:1"], "LEAST:MOST"),
        (["water", *GIVEN, "--work-seconds", "fast"], "LEAST:MOST"),
        (["water", *GIVEN, "--token", "water"], "CODE=VALUE"),
        (["water", *GIVEN, "--plan", __file__], "no YAML"),
    ],
)
def test_each_mistake_has_one_line_that_names_the_fix(
    tmp_path: Path, arguments: list[str], fix: str
) -> None:
    """Nothing is started."""
    error = run(*arguments, "--journal", str(tmp_path / "j"))
    assert isinstance(error, StackError)
    assert fix in str(error)


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    """Another one helps."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        error = run("water", *GIVEN, "--journal", str(tmp_path / "j"), "--port", port)
    assert isinstance(error, StackError)
    assert "--port" in str(error)


def test_it_listens_says_where_and_stops_when_told(tmp_path: Path) -> None:
    """A real process: it prints its addresses as JSON and ends on SIGTERM."""
    command = [sys.executable, "-m", "civicloop", "simulate", "department", "water", *GIVEN]
    with subprocess.Popen(
        [*command, "--journal", str(tmp_path / "j")], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        addresses = json.loads(process.stdout.readline())["listening"]
        answer = httpx.post(addresses["water"], content=b"{}")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    assert answer.status_code == 401
