"""A log line says what failed and where, and quotes nobody."""

import json
import subprocess
import sys
from typing import Any

import pytest

CANARY = "13977312244-Wang"
PROGRAM = f"""
import asyncio, gc, logging
from civicloop_kit.logs import configure_logs, get_logger, log_loop_errors
from civicloop_kit.postgres import MisconfiguredError

configure_logs("test", FORMAT)

def fail_with_words():
    try:
        int("{CANARY}")
    except ValueError as error:
        raise RuntimeError("about {CANARY}") from error

def many():
    raise ExceptionGroup("all about {CANARY}", [KeyError("{CANARY}")])

for step in (fail_with_words, many):
    try:
        step()
    except Exception:
        get_logger("ours").exception("step_failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
try:
    raise MisconfiguredError("42501 InsufficientPrivilegeError")
except MisconfiguredError:
    get_logger("ours").exception("relay_stops")

async def forgotten():
    log_loop_errors()
    async def part():
        fail_with_words()
    task = asyncio.create_task(part())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()

asyncio.run(forgotten())
"""


def said(log_format: str) -> str:
    """Return what a process logs whose errors quote a person."""
    program = PROGRAM.replace("FORMAT", repr(log_format))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_line_quotes_what_an_error_quotes(log_format: str) -> None:
    """Not the message of an error, of its cause, of one in a group, nor of a forgotten task."""
    text = said(log_format)
    assert "fail_with_words" in text
    assert CANARY not in text


def test_the_kind_and_the_frames_are_said() -> None:
    """Enough to find the place in the code, of the cause too."""
    lines: list[dict[str, Any]] = [json.loads(line) for line in said("json").splitlines()]
    first = lines[0]["exception"]
    assert first.index("ValueError") < first.index("RuntimeError")
    assert "fail_with_words" in first
    assert "KeyError" in lines[2]["exception"]
    assert [line["event"] for line in lines] == [
        "step_failed",
        "Exception in ASGI application",
        "step_failed",
        "Exception in ASGI application",
        "relay_stops",
        "loop_error",
    ]


def test_an_error_whose_words_are_ours_is_quoted() -> None:
    """A SQLSTATE tells an operator what to do."""
    (line,) = [line for line in said("json").splitlines() if "relay_stops" in line]
    assert "MisconfiguredError: 42501" in line


def test_a_process_that_configures_nothing_quotes_nobody_either() -> None:
    """Neither a message nor the variables of a frame."""
    program = f"""
from civicloop_kit.logs import get_logger
def fail(words):
    raise ValueError(words)
try:
    fail("{CANARY}")
except ValueError:
    get_logger("ours").exception("step_failed")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "ValueError" in done.stdout
    assert CANARY not in done.stdout + done.stderr
