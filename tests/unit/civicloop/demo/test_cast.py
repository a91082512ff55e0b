"""The people of the storm: each reaction is one request, made until it is taken."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from tests.unit.civicloop.demo.conftest import CASE

from civicloop.audit.records import Sighting
from civicloop.demo.acts import acts_of
from civicloop.demo.cast import Cast, People

REPORT = UUID("01980000-0000-7000-8000-0000000000aa")
Sight = Callable[..., Sighting]


@dataclass(kw_only=True)
class Desk:
    """Takes requests; the first ``refusals`` of them come too early."""

    refusals: int = 0
    asked: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    async def post(
        self, path: str, body: Mapping[str, Any], _headers: Mapping[str, str] | None = None
    ) -> Any:
        """Answer with a receipt."""
        self.asked.append((path, body))
        return {"case_id": str(CASE), "report_id": str(REPORT)}

    async def offer(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> bool:
        """Take a request, or refuse it."""
        self.asked.append((path, body))
        self.keys.append((headers or {})["Idempotency-Key"])
        self.refusals -= 1
        return self.refusals < 0

    async def close(self) -> None:
        """Do nothing."""


def _people(desk: Desk) -> People:
    return People(channel=desk, desk=desk, superior=desk, verifier=desk, callback=desk)


async def _play(desk: Desk, act: str, *told: Sighting) -> Cast:
    cast = Cast(_people(desk), acts_of(act), "run")
    await cast.begin()
    async with asyncio.TaskGroup() as group:
        for sighting in told:
            cast.see(sighting, group)
    return cast


async def test_an_act_begins_with_its_report() -> None:
    """And keeps the receipt for the auditor."""
    desk = Desk()
    cast = await _play(desk, "dispute")
    assert [path for path, _ in desk.asked] == ["/v1/reports"]
    assert [(r.case_id, r.report_id) for r in cast.receipts] == [(CASE, REPORT)]
    assert not cast.complete


async def test_a_dispute_is_settled_when_it_is_read(sight: Sight) -> None:
    """The superior names the lead that the act has."""
    desk = Desk()
    opened = sight("DisputeOpened", dispute_id=REPORT, ground="second_return", settle_by=_soon())
    await _play(desk, "dispute", opened)
    assert desk.asked[-1] == (f"/v1/disputes/{REPORT}/settlement", {"lead": "traffic-police"})


async def test_a_repeated_record_is_reacted_to_once(sight: Sight) -> None:
    """Topics deliver at least once."""
    desk = Desk()
    opened = sight("DisputeOpened", dispute_id=REPORT, ground="second_return", settle_by=_soon())
    cast = await _play(desk, "dispute", opened, opened)
    assert len(desk.asked) == 2
    assert cast.came["dispute", "DisputeOpened"] == 1


async def test_the_second_verification_of_rework_passes(sight: Sight) -> None:
    """The first one fails, as the act says."""
    desk = Desk()
    told = [sight("VerificationRequested", number, verify_by=_soon()) for number in (1, 2)]
    await _play(desk, "rework", *told)
    assert [body for _, body in desk.asked[1:]] == [{"passed": False}, {"passed": True}]


async def test_where_an_act_says_nothing_a_reporter_is_content(sight: Sight) -> None:
    """Called back, the answer is: solved."""
    desk = Desk()
    await _play(desk, "dispute", sight("CaseVerified"))
    assert desk.asked[-1] == (
        f"/v1/cases/{CASE}/satisfaction",
        {"solved": True, "satisfied": True},
    )


async def test_what_comes_too_early_is_asked_again_under_one_key(sight: Sight) -> None:
    """A service may not have read yet what the people have."""
    desk = Desk(refusals=2)
    await _play(desk, "dispute", sight("CaseVerified"))
    assert len(desk.keys) == 3
    assert len(set(desk.keys)) == 1


async def test_a_fact_before_the_receipt_is_kept(sight: Sight) -> None:
    """The topic may be quicker than the answer."""
    desk = Desk()
    cast = Cast(_people(desk), acts_of("withdrawal"), "run")
    async with asyncio.TaskGroup() as group:
        cast.see(sight("TaskAcknowledged"), group)
        await cast.begin()
        cast.see(sight("CaseHandled"), group)
    assert desk.asked[-1] == (f"/v1/reports/{REPORT}/withdrawal", {})


async def test_what_is_missing_is_said(sight: Sight) -> None:
    """Whoever waits in vain learns for what."""
    cast = await _play(Desk(), "returned", sight("TaskReturned", ground="not_our_duty"))
    assert "returned: TaskReassigned 0 of 1" in cast.missing
    assert not [line for line in cast.missing if "TaskReturned" in line]


def _soon() -> str:
    return "2026-03-02T03:00:00Z"


@pytest.mark.parametrize("act", ["extension", "suspension"])
async def test_a_superior_decides_what_was_asked(sight: Sight, act: str) -> None:
    """By the id of the request, at the door of the task."""
    desk = Desk()
    asked = {"extension": "ExtensionRequested", "suspension": "SuspensionRequested"}[act]
    more = {"kind": "suspension", "review_at": _soon()} if act == "suspension" else {}
    await _play(desk, act, sight(asked, request_id=REPORT, **more))
    path, body = desk.asked[-1]
    assert path == f"/v1/tasks/{CASE}/{act}"
    assert body == {"request_id": str(REPORT), "approved": True}
