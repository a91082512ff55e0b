"""What is sent to intake for a line, and under which key."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from civicloop_contracts.codes import Channel

if TYPE_CHECKING:
    from datetime import datetime

    from civicloop.importer.mapping import Mapping
    from civicloop.importer.words import Line

RUN_DIGITS: Final = 12
# What intake takes as a source's number.
_SOURCE_ID: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._:/#-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One replay of one file: the same however often it is imported, and from wherever."""

    id: str
    as_of: datetime


def run_of(mapping: Mapping, as_of: datetime, contents: str) -> Run:
    """Return the run of a file whose unpacked *contents* have that SHA-256."""
    told = f"{mapping.digest()} {as_of.isoformat()} {contents}"
    digest = hashlib.sha256(told.encode()).hexdigest()
    return Run(id=f"{mapping.name}-{digest[:RUN_DIGITS]}", as_of=as_of)


def request_of(line: Line, mapping: Mapping, run: Run | None) -> dict[str, Any]:
    """Return the line of a batch for intake, always the same for the same line.

    Without a *run* the case is new work: its key outlives the file, so that tomorrow's file does
    not bring it again.
    """
    scope = run.id if run else f"live:{mapping.name}"
    digest = hashlib.sha256(f"{scope}\0{line.source_id}".encode()).hexdigest()
    return {"idempotency_key": f"import:{digest}", "report": _report(line, mapping, run)}


def _report(line: Line, mapping: Mapping, run: Run | None) -> dict[str, Any]:
    matters = mapping.matters
    place: dict[str, Any] = {"division": line.division}
    if line.position is not None:
        place["latitude"], place["longitude"] = line.position
    return {
        "channel": Channel.IMPORT.value,
        "matter": {
            "standard_ref": matters.standard_ref,
            "kind": matters.kind.value,
            "code": line.matter,
        },
        "place": place,
        "external": _external(line, run),
    }


def _external(line: Line, run: Run | None) -> dict[str, Any]:
    external: dict[str, Any] = {
        "source_id": _source_id(line.source_id),
        "channel": line.channel.value,
        "clock": {"due_at": _text(line.due_at)},
        "lead": line.department,
        "opened_at": _text(line.opened_at),
    }
    if run is not None:
        external["replay"] = {
            "run": run.id,
            "handled_at": _text(line.handled_at),
            "as_of": _text(run.as_of),
        }
    return external


def _source_id(told: str) -> str:
    """Return the source's number, or what always stands for one that intake does not take."""
    if _SOURCE_ID.fullmatch(told):
        return told
    return f"sha256:{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
