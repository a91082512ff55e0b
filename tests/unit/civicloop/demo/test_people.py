"""Reporters send each report once, verifiers leave other people's cases alone."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from civicloop.demo.calls import Caller
from civicloop.demo.generator import make_reports
from civicloop.demo.morning import load_morning
from civicloop.demo.people import GATHERED, CalledBack, Reporters, verify_cases

REPORTS = make_reports(load_morning(), 60, 7)
SPACE = uuid4()


class Service:
    """Answers as intake and feedback do, and remembers what it was asked."""

    def __init__(self, waiting: list[UUID] | None = None) -> None:
        self.waiting = waiting or []
        self.singles: list[str] = []
        self.lines: list[str] = []
        self.verified: list[str] = []
        self.satisfied: list[Any] = []
        self.refused_lines: set[str] = set()
        self.done = asyncio.Event()

    def caller(self) -> Caller:
        """Return somebody who calls this service."""
        transport = httpx.MockTransport(self._answer)
        return Caller("http://service", "token", transport=transport, first_wait_s=0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        body = json.loads(request.content) if request.content else {}
        if path == "/v1/reports":
            self.singles.append(request.headers["Idempotency-Key"])
            return httpx.Response(201, json=_receipt(self.singles[-1]))
        if path == "/v1/reports:batch":
            keys = [line["idempotency_key"] for line in body["lines"]]
            self.lines += keys
            return httpx.Response(200, json={"results": [self._line(key) for key in keys]})
        if path == "/v1/verifications":
            return httpx.Response(200, json=self._page(request.url.params.get("after")))
        if path.endswith("/satisfaction"):
            self.satisfied.append(body)
        else:
            self.verified.append(path.split("/")[3])
            self.waiting = [case for case in self.waiting if str(case) != self.verified[-1]]
            self.done.set()
        return httpx.Response(200, json={})

    def _line(self, key: str) -> dict[str, Any]:
        return {"problem": {}} if key in self.refused_lines else _receipt(key)

    def _page(self, after: str | None) -> dict[str, Any]:
        # One case per page: the list has to be read to its end.
        left = [case for case in self.waiting if after is None or str(case) > after]
        page = [{"case_id": str(case)} for case in left[:1]]
        return {"cases": page, "next": str(left[0]) if len(left) > 1 else None}


def _receipt(key: str) -> dict[str, str]:
    return {"case_id": str(uuid5(SPACE, key)), "report_id": str(uuid5(SPACE, key + "r"))}


@pytest.fixture
def service() -> Service:
    """A service that answers everything."""
    return Service()


async def test_every_report_is_sent_once_by_its_own_way(service: Service) -> None:
    """Telephones one by one, desks and sensors in batches, the walked one first and by itself."""
    reporters = Reporters(caller=service.caller(), run="r")
    await reporters.send(REPORTS, REPORTS[5], "00-trace")
    assert service.singles[0] == f"demo-r-{REPORTS[5].number}"
    assert {filed.report.number for filed in reporters.receipts} == {r.number for r in REPORTS}
    assert len(service.singles) + len(service.lines) == len(REPORTS)
    gathered = {f"demo-r-{r.number}" for r in REPORTS if r.channel in GATHERED}
    assert set(service.lines) == gathered - {service.singles[0]}


async def test_a_line_that_failed_is_sent_again_by_itself(service: Service) -> None:
    """Under its own key, so that it cannot become two cases."""
    line = next(r for r in REPORTS if r.channel in GATHERED)
    service.refused_lines = {f"demo-r-{line.number}"}
    walked = next(r for r in REPORTS if r.channel not in GATHERED)
    reporters = Reporters(caller=service.caller(), run="r")
    await reporters.send(REPORTS, walked, "00-trace")
    assert service.refused_lines <= set(service.singles)
    assert len(reporters.receipts) == len(REPORTS)


async def test_verifiers_leave_other_peoples_cases_alone() -> None:
    """The list is everybody's; only the run's own cases are verified."""
    others, mine = sorted(uuid4() for _ in range(2)), uuid4()
    service = Service([*others, mine])
    service.waiting.sort(key=str)
    verifying = asyncio.create_task(verify_cases(service.caller(), lambda: {mine}))
    await service.done.wait()
    verifying.cancel()
    assert service.verified == [str(mine)]


@pytest.mark.parametrize(
    ("satisfied", "closed", "expected"),
    [
        (True, False, [{"solved": True, "satisfied": True}]),
        (None, True, []),
        (None, False, [{"solved": True, "satisfied": None}]),
    ],
)
async def test_the_silent_answer_only_where_the_window_is_long(
    service: Service, *, satisfied: bool | None, closed: bool, expected: list[Any]
) -> None:
    """Silence closes a case; a demo does not wait for days."""
    called = CalledBack(
        caller=service.caller(), run="r", is_closed=lambda _: closed, silent_for_s=0
    )
    await called.answer(uuid4(), satisfied=satisfied)
    assert service.satisfied == expected
