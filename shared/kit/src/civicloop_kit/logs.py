"""Structured logs: a constant event name and ids, never a person's words.

So an error is told by its kind and its frames: its message may quote whatever it failed at.
"""

import asyncio
import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Final

import structlog

# aiokafka logs thousands of connect errors a second while a broker is away.
_CHATTY: Final = ("aiokafka", "faststream", "httpx", "httpcore", "uvicorn.access")
_CHATTY_PERIOD_S: Final = 5.0
_REMEMBERED_MESSAGES: Final = 1_000
# Modules whose errors say nothing but codes and places of ours.
_QUOTED: Final = frozenset(
    f"civicloop_kit.{name}"
    for name in ("failures", "positions", "postgres", "producing", "startup", "watchdog")
)
_LED_TO: Final = "\nwhich led to\n"

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


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


def log_loop_errors() -> None:
    """Log what nobody awaited: asyncio's own handler would print the error with its message."""
    asyncio.get_running_loop().set_exception_handler(_on_loop_error)


def kind_and_frames(exc_info: ExcInfo) -> str:
    """Return what failed and where, the cause first."""
    return _LED_TO.join(reversed(list(_chain(exc_info[1]))))


def configure_logs(service: str, log_format: str) -> None:
    """Send all logs to standard output, one line each, as JSON or as text."""
    processors = _processors()
    renderer: Any = structlog.processors.JSONRenderer() if log_format == "json" else _text()
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


def _processors() -> list[Any]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(kind_and_frames),
    ]


def _text() -> Any:
    return structlog.dev.ConsoleRenderer(
        colors=False, exception_formatter=structlog.dev.plain_traceback
    )


def _only_chatty(limit: RateLimit) -> Any:
    def allow(record: logging.LogRecord) -> bool:
        return not record.name.startswith(_CHATTY) or limit.filter(record)

    return allow


def _on_loop_error(_loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
    get_logger(__name__).error(
        "loop_error", what=context.get("message"), exc_info=context.get("exception")
    )


def _chain(error: BaseException | None) -> Iterator[str]:
    """Yield an error, then what it came of."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield "".join(traceback.format_tb(error.__traceback__)) + _name_of(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _name_of(error: BaseException) -> str:
    kind = type(error)
    if isinstance(error, BaseExceptionGroup):
        inner = "\n".join(kind_and_frames((type(e), e, None)) for e in error.exceptions)
        return f"{kind.__qualname__} of\n{inner}"
    return f"{kind.__qualname__}: {error}" if kind.__module__ in _QUOTED else kind.__qualname__


# A tool or a test configures nothing: the library's default draws every frame with its variables,
# which are tokens and whatever a person said.
if not structlog.is_configured():
    structlog.configure(processors=[*_processors(), _text()])
