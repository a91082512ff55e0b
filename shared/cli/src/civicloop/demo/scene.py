"""Everybody who acts while a morning's reports come in, and the topics that tell of it."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import TYPE_CHECKING, Final

from civicloop.audit.records import read_record
from civicloop.demo.board import Board
from civicloop.demo.calls import Caller
from civicloop.demo.generator import expected_outcome
from civicloop.demo.people import CalledBack, Reporters, verify_cases
from civicloop_contracts.envelope import EnvelopeError
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from civicloop.context import StackContext
    from civicloop.demo.cast import Cast
    from civicloop.demo.display import Display
    from civicloop.demo.generator import MadeReport
    from civicloop.demo.people import Filed, Receipt
    from civicloop.topics import TopicReader

POLL_S: Final = 0.15
# So many polls without a record are a silence.
SILENT_POLLS: Final = 8
PATIENCE_S: Final = 60.0
PATIENCE_PER_REPORT_S: Final = 0.2


class Scene:
    """One run's morning; ``walked`` is the report that is told hop by hop."""

    def __init__(
        self,
        *,
        context: StackContext,
        reader: TopicReader,
        reports: Sequence[MadeReport],
        cast: Cast,
        run: str,
        display: Display,
    ) -> None:
        self.board = Board()
        self.walked = _walked(reports) if reports else None
        self._cast = cast
        self._reader = reader
        self._reports = reports
        self._display = display
        channel = context.token("channel", "demo-channel")
        self._intake = Caller(context.intake_url, channel)
        self._callback = Caller(context.feedback_url, channel)
        self._desk = Caller(context.feedback_url, context.token("verifier", "demo-verifier"))
        self._reporters = Reporters(caller=self._intake, run=run)
        self._called = CalledBack(caller=self._callback, run=run, is_closed=self._is_closed)
        self._by_case: dict[UUID, Filed] = {}
        self._asked: set[UUID] = set()

    async def play(self) -> Sequence[Receipt]:
        """Let them act until every case has ended, or for as long as that may take.

        Raises:
            StackError: A service stays away or refuses.
        """
        try:
            async with asyncio.TaskGroup() as group:
                sending = group.create_task(self._send())
                verifying = group.create_task(verify_cases(self._desk, lambda: self._by_case))
                await self._watch(group, sending)
                verifying.cancel()
        except ExceptionGroup as group_error:
            raise _first(group_error) from group_error
        finally:
            await self._cast.close()
            for caller in (self._intake, self._callback, self._desk):
                await caller.close()
        return (*self._reporters.receipts, *self._cast.receipts)

    async def _send(self) -> None:
        await self._cast.begin()
        if self.walked is not None:
            trace = f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
            await self._reporters.send(self._reports, self.walked, trace)

    async def _watch(self, group: asyncio.TaskGroup, sending: asyncio.Task[None]) -> None:
        """Fold what the topics say, call reporters back, until all is over."""
        deadline = time.monotonic() + PATIENCE_S + PATIENCE_PER_REPORT_S * len(self._reports)
        with self._display.progress(expected_outcome(self._reports).filed) as show:
            while time.monotonic() < deadline:
                await self._look(group)
                self._by_case = {filed.case_id: filed for filed in self._reporters.receipts}
                for filed in self._newly_verified():
                    answer = self._called.answer(filed.case_id, satisfied=filed.report.satisfied)
                    group.create_task(answer)
                show(self.board.count(self._by_case))
                ended = sending.done() and all(map(self._is_closed, self._by_case))
                if ended and self._cast.complete:
                    await self._hear_out(group)
                    return
        for line in self._cast.missing:
            self._display.say(f"  still missing: {line}")

    async def _hear_out(self, group: asyncio.TaskGroup) -> None:
        """Go on until the topics are silent: what is too much may come last."""
        silent = 0
        while silent < SILENT_POLLS:
            silent = 0 if await self._look(group) else silent + 1

    async def _look(self, group: asyncio.TaskGroup) -> int:
        """Take what has come; returns how many records that were."""
        records = await asyncio.to_thread(self._reader.poll, POLL_S)
        for record in records:
            try:
                sighting = read_record(record)
            except EnvelopeError:
                continue
            self.board.see(sighting)
            self._cast.see(sighting, group)
        return len(records)

    def _newly_verified(self) -> list[Filed]:
        verified = {case for case in self._by_case if "verified" in self.board.card(case).reached}
        fresh, self._asked = verified - self._asked, verified
        return [self._by_case[case] for case in fresh]

    def _is_closed(self, case_id: UUID) -> bool:
        return self.board.card(case_id).ended


def _walked(reports: Sequence[MadeReport]) -> MadeReport:
    """Return the report that is told hop by hop: one with several departments, if there is one."""
    return max(reports, key=lambda report: (len(report.tasks), -report.number))


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that is no group; one that we know, if there is one."""
    known = group.subgroup(StackError)
    error: BaseException = known or group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
