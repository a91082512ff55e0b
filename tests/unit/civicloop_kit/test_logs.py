"""Logs: chatty libraries are slowed down, ours never."""

import logging

from civicloop_kit.logs import _REMEMBERED_MESSAGES, RateLimit, _only_chatty


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


def test_it_does_not_remember_without_end() -> None:
    """Messages that are all different cost no more than so much memory."""
    limit = RateLimit(period_s=5)
    for number in range(_REMEMBERED_MESSAGES * 2 + 1):
        limit.filter(record("aiokafka", f"number {number}", 100.0))
    assert len(limit._last) <= _REMEMBERED_MESSAGES


def test_only_chatty_libraries_are_limited() -> None:
    """What we say is said every time."""
    allow = _only_chatty(RateLimit(period_s=5))
    ours = [allow(record("civicloop_kit.relay", "relay_restarts", 100.0)) for _ in range(3)]
    theirs = [allow(record("aiokafka.conn", "cannot connect", 100.0)) for _ in range(3)]
    assert (ours, theirs) == ([True] * 3, [True, False, False])
