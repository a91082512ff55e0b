"""Structured logs: a constant event name and ids, never a person's words."""

import logging
import sys
from typing import Any, Final

import structlog

# aiokafka logs thousands of connect errors a second while a broker is away.
_CHATTY: Final = ("aiokafka", "faststream", "httpx", "httpcore", "uvicorn.access")
_CHATTY_PERIOD_S: Final = 5.0
_REMEMBERED_MESSAGES: Final = 1_000


class RateLimit(logging.Filter):
    """Let one record of a message template through per period."""

    def __init__(self, period_s: float = _CHATTY_PERIOD_S) -> None:
        super().__init__()
        self._period_s = period_s
        self._last: dict[object, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to let it through."""
        key = (record.name, record.msg)
        if record.created - self._last.get(key, 0.0) < self._period_s:
            return False
        if len(self._last) >= _REMEMBERED_MESSAGES:
            self._last.clear()
        self._last[key] = record.created
        return True


def get_logger(name: str) -> Any:
    """Return a logger whose first argument is the event's name and all others are its fields."""
    return structlog.get_logger(name)


def configure_logs(service: str, log_format: str) -> None:
    """Send all logs to standard output, one line each, as JSON or as text."""
    processors: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=processors,
        )
    )
    handler.addFilter(_only_chatty(RateLimit()))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.contextvars.bind_contextvars(service=service)


def _only_chatty(limit: RateLimit) -> Any:
    def allow(record: logging.LogRecord) -> bool:
        return not record.name.startswith(_CHATTY) or limit.filter(record)

    return allow
