"""Those who report, those who verify, and those who answer when called back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from civicloop.demo.calls import Caller
    from civicloop.demo.generator import MadeReport

# These come from a desk or a device that gathers reports, the others from a telephone in a hand.
GATHERED: Final = frozenset({"patrol", "hotline", "sensor"})
LINES_PER_BATCH: Final = 40
SENDERS: Final = 6
VERIFIERS: Final = 4
LOOK_EVERY_S: Final = 0.3
SILENT_FOR_S: Final = 12.0
PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What intake answered to one report."""

    key: str
    case_id: UUID
    report_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed(Receipt):
    """The receipt of a report of the morning."""

    report: MadeReport


@dataclass(slots=True, kw_only=True)
class Reporters:
    """Sends the reports of a run: some one by one, some gathered in batches.

    ``receipts`` are in the order of the answers. ``walked`` is sent first and by itself, with a
    trace of its own.
    """

    caller: Caller
    run: str
    receipts: list[Filed] = field(default_factory=list)

    async def send(self, reports: Sequence[MadeReport], walked: MadeReport, trace: str) -> None:
        """Send everything.

        Raises:
            StackError: Intake stays away or refuses.
        """
        await self._send_one(walked, {"traceparent": trace})
        others = [report for report in reports if report is not walked]
        single = [report for report in others if report.channel not in GATHERED]
        gathered = [report for report in others if report.channel in GATHERED]
        batches = [
            gathered[at : at + LINES_PER_BATCH] for at in range(0, len(gathered), LINES_PER_BATCH)
        ]
        jobs: list[Callable[[], Any]] = [
            *(lambda report=report: self._send_one(report) for report in single),
            *(lambda batch=batch: self._send_batch(batch) for batch in batches),
        ]
        await _work_off(jobs, SENDERS)

    async def _send_one(self, report: MadeReport, headers: Mapping[str, str] | None = None) -> None:
        key = self._key(report)
        sent = {"Idempotency-Key": key, **(headers or {})}
        answer = await self.caller.post("/v1/reports", report.body, sent)
        self._keep(report, key, answer)

    async def _send_batch(self, reports: Sequence[MadeReport]) -> None:
        lines = [{"idempotency_key": self._key(r), "report": r.body} for r in reports]
        answer = await self.caller.post("/v1/reports:batch", {"lines": lines})
        for report, result in zip(reports, answer["results"], strict=True):
            # A line that failed for a while is sent again by itself, under its own key.
            if "problem" in result:
                await self._send_one(report)
            else:
                self._keep(report, self._key(report), result)

    def _key(self, report: MadeReport) -> str:
        return f"demo-{self.run}-{report.number}"

    def _keep(self, report: MadeReport, key: str, answer: Mapping[str, Any]) -> None:
        filed = Filed(
            report=report,
            key=key,
            case_id=UUID(answer["case_id"]),
            report_id=UUID(answer["report_id"]),
        )
        self.receipts.append(filed)


async def verify_cases(caller: Caller, mine: Callable[[], Collection[UUID]]) -> None:
    """Work through the list of cases to verify, for ever; other people's cases are left alone.

    Raises:
        StackError: Feedback stays away or refuses.
    """
    while True:
        waiting = [case for case in await _waiting(caller) if case in mine()]
        jobs = [lambda case=case: _verify(caller, case) for case in waiting]
        await _work_off(jobs, VERIFIERS)
        await asyncio.sleep(LOOK_EVERY_S)


@dataclass(slots=True, kw_only=True)
class CalledBack:
    """Reporters who are called back; some answer, the others let the window pass.

    A window longer than ``silent_for_s`` seconds is not waited for: then they answer after all.
    """

    caller: Caller
    run: str
    is_closed: Callable[[UUID], bool]
    silent_for_s: float = SILENT_FOR_S

    async def answer(self, case_id: UUID, *, satisfied: bool | None) -> None:
        """Answer that it is solved, at once or, if the window is long, after a while.

        Raises:
            StackError: Feedback stays away or refuses.
        """
        if satisfied is None:
            await asyncio.sleep(self.silent_for_s)
            if self.is_closed(case_id):
                return
        body = {"solved": True, "satisfied": satisfied}
        headers = {"Idempotency-Key": f"demo-{self.run}-{case_id}"}
        await self.caller.offer(f"/v1/cases/{case_id}/satisfaction", body, headers)


async def _waiting(caller: Caller) -> list[UUID]:
    cases: list[UUID] = []
    page: dict[str, str] = {}
    while True:
        answer = await caller.get("/v1/verifications", limit=str(PAGE), **page)
        cases += [UUID(case["case_id"]) for case in answer["cases"]]
        if answer["next"] is None:
            return cases
        page = {"after": answer["next"]}


async def _verify(caller: Caller, case_id: UUID) -> None:
    # Refused while a completion is unread: the case stays in the list and is looked at again.
    await caller.offer(f"/v1/cases/{case_id}/verification", {"passed": True})


async def _work_off(jobs: Sequence[Callable[[], Any]], hands: int) -> None:
    """Do *jobs*, a few at a time."""
    left = iter(jobs)

    async def work() -> None:
        for job in left:
            await job()

    async with asyncio.TaskGroup() as group:
        for _ in range(min(hands, len(jobs))):
            group.create_task(work())
