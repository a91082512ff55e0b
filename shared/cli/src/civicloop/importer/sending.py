"""Hand lines to intake in batches, several at a time, until each has its answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from civicloop.importer.calls import MAX_TRIES, pause_before
from civicloop.importer.words import Reason, Reject
from civicloop.refusals import code_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from civicloop.importer.calls import Calls
    from civicloop.importer.ledger import Ledger

BATCH_LINES: Final = 500
BATCHES_AT_ONCE: Final = 4
BATCH_PATH: Final = "/v1/reports:batch"
# A line that met anything else has its answer: sending it again would change nothing.
_LINE_AGAIN: Final = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_REPORT: Final = "report/"
_KEY_REUSED: Final = "idempotency_key_reused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A line of the file, ready to be sent."""

    line: int
    request: Mapping[str, Any]


class Sender:
    """Sends parcels and notes in the ledger what became of each."""

    def __init__(self, intake: Calls, ledger: Ledger) -> None:
        self._intake = intake
        self._ledger = ledger

    async def send(self, parcels: Iterable[Parcel], sent: Callable[[int], None]) -> None:
        """Send all parcels; *sent* hears how many lines have been answered.

        Raises:
            ImporterError: Intake refuses or does not answer, or the file cannot be read on.
        """
        waiting = iter(parcels)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(BATCHES_AT_ONCE):
                    group.create_task(self._send_some(waiting, sent))
        except ExceptionGroup as group:
            raise _first(group) from group

    async def _send_some(self, waiting: Iterator[Parcel], sent: Callable[[int], None]) -> None:
        while batch := list(islice(waiting, BATCH_LINES)):
            await self._send_batch(batch)
            sent(len(batch))

    async def _send_batch(self, batch: Sequence[Parcel]) -> None:
        for attempt in range(MAX_TRIES):
            if attempt:
                await self._intake.pause(pause_before(attempt))
            lines = [parcel.request for parcel in batch]
            answer = await self._intake.ask("POST", BATCH_PATH, json={"lines": lines})
            results = zip(batch, answer["results"], strict=True)
            batch = [parcel for parcel, result in results if not self._note(parcel, result)]
            if not batch:
                return
        raise self._intake.gave_up(f"{len(batch)} lines were put off again and again")

    def _note(self, parcel: Parcel, result: Mapping[str, Any]) -> bool:
        """Note a result; False when the line has to be sent again."""
        problem = result.get("problem")
        if problem is not None:
            if problem["status"] in _LINE_AGAIN:
                return False
            self._ledger.reject(_refused(parcel.line, problem))
        elif result["status"] == "filed":
            repeated = bool(result.get("repeated"))
            self._ledger.file(parcel.line, result["case_id"], repeated=repeated)
        else:
            self._ledger.reject(Reject(line=parcel.line, reason=Reason(result["reason"])))
        return True


def _refused(line: int, problem: Mapping[str, Any]) -> Reject:
    if code_in(problem) == _KEY_REUSED:
        return Reject(line=line, reason=Reason.ID_REUSED)
    if problem["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Reject(line=line, reason=Reason.FAILED)
    paths = [str(fault["path"]).removeprefix(_REPORT) for fault in problem.get("errors", [])]
    return Reject(line=line, reason=Reason.REFUSED, column=" ".join(paths))


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Return what one of the tasks met first; the others were ended because of it."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, ExceptionGroup) else error
