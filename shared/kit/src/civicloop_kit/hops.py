"""One log line per hop: what was applied or decided about which case, in ids and names of ours.

A line is built of typed parts only, so nobody's words can get into it: class names of facts and
commands, ids, numbers, and a cause and a trace id that have their pattern. There are tens of them
per case, so they pass by the chain of other logs: built by orjson, written once per transaction.
"""

import re
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol
from uuid import UUID

import msgspec
import orjson

from civicloop_kit.tracing import trace_id_of

APPLIED: Final = "record_applied"
DECIDED: Final = "command_decided"
FIRED: Final = "timer_fired"
UNKNOWN: Final = "unknown"
_CAUSE: Final = re.compile(
    r"/[a-z0-9/-]{1,60}:[0-9a-f-]{36}:[0-9]{1,9}|command:[0-9a-f-]{36}|timer:[a-z_]{1,32}"
)


class Hop(msgspec.Struct, frozen=True, gc=False):
    """One record applied, command decided or timer fired.

    ``kind`` is the class of the fact or command, None for a timer or for a fact that this release
    does not know. ``source`` and ``sequence`` are the record's; for a command or timer those of the
    last fact that this room wrote about the case, 0 for none. ``principal`` is who gave a
    command, as facts name people (`civicloop_kit.auth.principal_ref`).
    """

    event: str
    case_id: UUID
    kind: type | None
    source: str
    sequence: int
    cause: str | None
    traceparent: str | None
    principal: str | None = None


class Sink(Protocol):
    """Where lines go."""

    def write(self, text: str, /) -> object:
        """Write."""

    def flush(self) -> None:
        """Let it out."""


# Writes the hops of a transaction that was committed at a time.
WriteHops = Callable[[Sequence[Hop], datetime], None]


def no_hops(_hops: Sequence[Hop], _at: datetime) -> None:
    """Write nothing: the setting CIVICLOOP_LOG_HOPS is off."""


def hop_writer(service: str, log_format: str, sink: Sink | None = None) -> WriteHops:
    """Return what writes hops to standard output, as JSON or as text."""
    out = sink or sys.stdout
    render = _as_json if log_format == "json" else _as_text

    def write(hops: Sequence[Hop], at: datetime) -> None:
        stamp = at.isoformat().replace("+00:00", "Z")
        out.write("".join([render(hop, service, stamp) for hop in hops]))
        out.flush()

    return write


def _as_json(hop: Hop, service: str, stamp: str) -> str:
    # The ids of the database driver are none of those that orjson knows.
    line = _fields(hop, service, stamp)
    return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE).decode()


def _as_text(hop: Hop, service: str, stamp: str) -> str:
    fields = _fields(hop, service, stamp)
    del fields["timestamp"], fields["level"]
    event = fields.pop("event")
    words = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"{stamp} [info     ] {event} {words}\n"


def _fields(hop: Hop, service: str, stamp: str) -> dict[str, object]:
    cause, what = hop.cause, hop.kind
    fields: dict[str, object] = {
        "timestamp": stamp,
        "level": "info",
        "service": service,
        "event": hop.event,
        "case_id": hop.case_id,
        "source": hop.source,
        "sequence": hop.sequence,
        "cause": cause if cause and _CAUSE.fullmatch(cause) else None,
        "trace_id": trace_id_of(hop.traceparent),
    }
    if hop.event != FIRED:
        name = "fact" if hop.event == APPLIED else "command"
        fields[name] = what.__name__ if what else UNKNOWN
    if hop.event == DECIDED:
        fields["principal"] = hop.principal
    return fields
