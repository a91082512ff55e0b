"""The command `watch`: one case, fact by fact, from the four topics of facts."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from civicloop.audit.records import read_record
from civicloop.context import stack_context
from civicloop.topics import TopicReader
from civicloop_contracts.envelope import EnvelopeError
from civicloop_contracts.facts.feedback import CaseClosed
from civicloop_contracts.facts.intake import CaseRejected
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from civicloop.audit.records import Sighting, TopicRecord
    from civicloop_contracts.fact import Fact

POLL_S: Final = 0.3
# After so many polls without a fact of the case, somebody wonders.
QUIET_POLLS: Final = 10
# What a reader wants to know of a fact at a glance; the rest is in --json.
ESSENTIALS: Final = (
    "channel",
    "reason",
    "department",
    "role",
    "round",
    "outcome",
    "result",
    "progress",
    "code",
    "solved",
    "satisfied",
    "resolution_due_at",
    "verify_by",
)


def register(app: typer.Typer) -> None:
    """Add this module's command."""
    app.command()(watch)


def watch(
    case: Annotated[str, typer.Argument(help="The case's id.")],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on after its end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per fact.")] = False,
) -> None:
    """Follow one case live, fact by fact, until it is closed or rejected.

    Example: civicloop watch 01980000-0000-7000-8000-000000000001 --follow
    """
    case_id = _case_id(case)
    seen: set[tuple[str, int]] = set()
    with closing(TopicReader(stack_context().kafka_settings)) as reader:
        reader.follow()
        quiet_polls = 0
        while True:
            quiet_polls += 1
            if quiet_polls == QUIET_POLLS and not seen:
                typer.echo("no fact of this case so far: waiting (Ctrl-C ends)", err=True)
            for sighting in new_facts(reader.poll(POLL_S), case_id, seen):
                typer.echo(json.dumps(as_object(sighting)) if as_json else as_line(sighting))
                if isinstance(sighting.fact, CaseClosed | CaseRejected) and not follow:
                    return


def new_facts(
    records: Iterable[TopicRecord], case_id: UUID, seen: set[tuple[str, int]]
) -> list[Sighting]:
    """Return the facts of a case that are not yet in *seen*, as they were written; add them."""
    found: list[Sighting] = []
    for record in records:
        if record.key != str(case_id).encode():
            continue
        try:
            sighting = read_record(record)
        except EnvelopeError:
            continue
        mark = (sighting.source, sighting.sequence)
        if mark not in seen:
            seen.add(mark)
            found.append(sighting)
    return sorted(found, key=lambda sighting: (_time(sighting), sighting.source, sighting.sequence))


def as_line(sighting: Sighting) -> str:
    """Return a fact for people."""
    fact = sighting.fact
    if fact is None:
        return f"{'':12}  {sighting.source} #{sighting.sequence}  {sighting.type}"
    at = f"{fact.recorded_at.astimezone():%H:%M:%S.%f}"[:-3]
    words = "  ".join(f"{name}={value}" for name, value in _essentials(fact).items())
    place = f"{sighting.source} #{sighting.sequence}"
    trace = f"  trace={sighting.trace_id}" if sighting.trace_id else ""
    return f"{at}  {place:26}  {type(fact).__name__:22} {words}{trace}"


def as_object(sighting: Sighting) -> dict[str, Any]:
    """Return a fact for a program."""
    fact = sighting.fact
    return {
        "source": sighting.source,
        "sequence": sighting.sequence,
        "type": sighting.type,
        "trace_id": sighting.trace_id,
        "fact": None if fact is None else fact.model_dump(mode="json", exclude_none=True),
    }


def _essentials(fact: Fact) -> dict[str, Any]:
    dumped = fact.model_dump(mode="json", exclude_none=True, include=set(ESSENTIALS))
    if (task := getattr(fact, "task", None)) is not None:
        dumped = {"task": f"{task.task_no}/{task.attempt}", **dumped}
    return dumped


def _time(sighting: Sighting) -> str:
    return sighting.fact.recorded_at.isoformat() if sighting.fact else ""


def _case_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise StackError(f"{text!r} is no case id: copy it from a receipt or the demo") from error
