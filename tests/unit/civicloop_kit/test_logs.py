"""Logs: chatty libraries are slowed down, ours never."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog

from civicloop_kit.logs import (
    _REMEMBERED_MESSAGES,
    ExcInfo,
    RateLimit,
    _only_chatty,
    configure_logs,
    get_logger,
    kind_and_frames,
)


def record(name: str, message: str, at: float) -> logging.LogRecord:
    """Return a log record of a time."""
    made = logging.LogRecord(name, logging.ERROR, "", 0, message, ("x",), None)
    made.created = at
    return made


def test_one_record_of_a_message_per_period() -> None:
    """The first comes through, and the next after the period."""
    limit = RateLimit(period_s=5)
    times = [100.0, 101.0, 104.9, 105.0, 109.0]
    passed = [at for at in times if limit.filter(record("aiokafka", "cannot connect %s", at))]
    assert passed == [100.0, 105.0]


def test_messages_are_limited_apart() -> None:
    """A flood of one does not hide another, nor another logger's."""
    limit = RateLimit(period_s=5)
    seen = [("a", "one"), ("a", "two"), ("b", "one")]
    assert all(limit.filter(record(name, text, 100.0)) for name, text in seen)


def test_messages_in_turns_are_each_limited() -> None:
    """One that comes between does not make another be forgotten."""
    limit = RateLimit(period_s=5)
    passed = [limit.filter(record("a", text, 100.0)) for text in ("one", "two", "one", "two")]
    assert passed == [True, True, False, False]


def test_it_does_not_remember_without_end() -> None:
    """Messages that are all different cost no more than so much memory."""
    limit = RateLimit(period_s=5)
    for number in range(_REMEMBERED_MESSAGES * 2 + 1):
        limit.filter(record("aiokafka", f"number {number}", 100.0))
    assert len(limit._last) <= _REMEMBERED_MESSAGES


def test_it_forgets_all_when_it_remembers_too_much() -> None:
    """The next message is the only one that it knows."""
    limit = RateLimit(period_s=5)
    for number in range(_REMEMBERED_MESSAGES):
        limit.filter(record("aiokafka", f"number {number}", 100.0))
    assert len(limit._last) == 1_000
    limit.filter(record("aiokafka", "one more", 100.0))
    assert len(limit._last) == 1


def caught(step: Callable[[], object]) -> ExcInfo:
    """Return what a step raises."""
    try:
        step()
    except Exception as error:  # noqa: BLE001 - whatever it is
        return type(error), error, error.__traceback__
    raise AssertionError


def look_up() -> None:
    """Find nothing."""
    raise KeyError


def fail_from_a_cause() -> None:
    """Say what it came of."""
    try:
        look_up()
    except KeyError as error:
        raise LookupError from error


def fail_meanwhile() -> None:
    """Fail while another failure is handled."""
    try:
        look_up()
    except KeyError:
        raise LookupError  # noqa: B904 - this is what is shown


def fail_alone() -> None:
    """Say that it came of nothing."""
    try:
        look_up()
    except KeyError:
        raise LookupError from None


@pytest.mark.parametrize(
    ("step", "names"),
    [
        (fail_from_a_cause, ["KeyError", "LookupError"]),
        (fail_meanwhile, ["KeyError", "LookupError"]),
        (fail_alone, ["LookupError"]),
    ],
)
def test_an_error_is_told_with_what_it_came_of(
    step: Callable[[], object], names: list[str]
) -> None:
    """Each with its frames, the first of them first."""
    parts = kind_and_frames(caught(step)).split("\nwhich led to\n")
    assert [part.splitlines()[-1] for part in parts] == names
    assert all(step.__name__ in part for part in parts)


def test_errors_that_came_of_each_other_are_told_once() -> None:
    """However somebody tied them."""
    one, other = KeyError(), LookupError()
    one.__cause__, other.__cause__ = other, one
    assert kind_and_frames((KeyError, one, None)) == "LookupError\nwhich led to\nKeyError"


def test_only_chatty_libraries_are_limited() -> None:
    """What we say is said every time."""
    allow = _only_chatty(RateLimit(period_s=5))
    ours = [allow(record("civicloop_kit.relay", "relay_restarts", 100.0)) for _ in range(3)]
    theirs = [allow(record("aiokafka.conn", "cannot connect", 100.0)) for _ in range(3)]
    assert (ours, theirs) == ([True] * 3, [True, False, False])


@pytest.fixture
def logging_kept() -> Iterator[None]:
    """Put back how logs were configured."""
    root = logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)
    structlog.contextvars.clear_contextvars()


@pytest.mark.usefixtures("logging_kept")
def test_a_line_of_json_has_event_fields_service_and_utc(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ours and the libraries' alike, each once however often logs were configured."""
    for _ in range(2):
        # Another object than ours, as settings read it.
        configure_logs("router", b"json".decode())
    get_logger("ours").info("relay_leads", shard=0)
    logging.getLogger("library").warning("moved %s", "on")
    ours, theirs = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (ours["event"], ours["shard"], ours["level"]) == ("relay_leads", 0, "info")
    assert theirs["event"] == "moved on"
    for line in (ours, theirs):
        assert line["service"] == "router"
        assert line["timestamp"].endswith("Z")


@pytest.mark.usefixtures("logging_kept")
def test_a_line_of_text_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    """Without colours, which a file would keep as signs."""
    configure_logs("router", "text")
    get_logger("ours").warning("relay_restarts", shard=0)
    line = capsys.readouterr().out
    assert "relay_restarts" in line
    assert "shard=0" in line
    assert "\x1b" not in line


@pytest.mark.usefixtures("logging_kept")
@pytest.mark.parametrize("name", ["aiokafka", "faststream", "httpx", "httpcore", "uvicorn.access"])
def test_chatty_libraries_say_only_what_is_wrong(name: str) -> None:
    """Each of their requests would drown ours."""
    logging.getLogger(name).setLevel(logging.INFO)
    configure_logs("router", "json")
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)
    assert logging.getLogger(name).isEnabledFor(logging.WARNING)


@pytest.mark.usefixtures("logging_kept")
def test_a_logger_is_built_once() -> None:
    """Built anew for each line it would cost the hot path."""
    configure_logs("router", "json")
    assert structlog.get_config()["cache_logger_on_first_use"] is True
