"""The router on a real broker and database: timers fire, doors decide, work lists are read."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.integration.router.conftest import City

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, intake, parts
from civicloop_kit.ids import uuid7


def made(kind: type[Fact], case_id: UUID, **fields: Any) -> Fact:
    """Return a fact of now."""
    now = datetime.now(UTC)
    frame = {"occurred_at": now, "recorded_at": now, "cause": f"/intake/cases:{case_id}:1"}
    return kind(case_id=case_id, **{**frame, **fields})


def filed(case_id: UUID, code: str) -> Fact:
    """Return the filing of a demonstration in Jinshui."""
    matter = parts.Matter(standard_ref="demo", kind=codes.MatterKind.MATTER, code=code)
    place = parts.Place(division="410105001", precision=codes.Precision.EXACT)
    return made(
        intake.CaseFiled,
        case_id,
        report_id=uuid7(),
        channel=codes.Channel.SNAP,
        matter=matter,
        place=place,
    )


def told(kind: type[Fact], attempt: dict[str, Any], **fields: Any) -> Fact:
    """Return what a department tells of an attempt."""
    given = {"task": attempt["task"], "department": attempt["department"], "handler": "a" * 16}
    return made(kind, UUID(attempt["case_id"]), **given, **fields)


def of_type(facts: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the facts of one type."""
    return [fact for fact in facts if fact["type"] == kind]


async def test_a_timer_is_fired_by_the_worker(city: City) -> None:
    """Seconds after the filing: the case climbs, and not before its time.

    The reminder is due 0.8 s earlier: a worker that is late by more has nothing to remind of.
    """
    case_id = uuid7()
    await city.tell(filed(case_id, "00001"))
    dispatched, *fired = await city.said(case_id, "case.escalated")
    assert dispatched["type"] == "task.dispatched"
    assert {fact["cause"] for fact in fired} == {"timer:due"}
    first = of_type(fired, "case.escalated")[0]
    assert first["reason"] == "overdue"
    assert datetime.fromisoformat(first["occurred_at"]) >= datetime.fromisoformat(
        dispatched["response_due_at"]
    )
    reminded = [fact["clock"] for fact in of_type(fired, "reminder.issued")]
    assert len(set(reminded)) == len(reminded)


async def test_an_unowned_case_is_settled_at_its_door(city: City) -> None:
    """It is in the work list until a conference has named the lead, and then given out."""
    case_id = uuid7()
    await city.tell(filed(case_id, "00003"))
    [opened] = await city.said(case_id, "dispute.opened")
    dispute_id = opened["dispute_id"]
    assert dispute_id in await _listed(city, "disputes", "dispute_id")
    path = f"/v1/disputes/{dispute_id}/settlement"
    answer = await city.call("POST", path, "superior", {"lead": "water"})
    assert answer.status_code == 200, answer.text
    facts = await city.said(case_id, "task.dispatched")
    [settled], [given] = of_type(facts, "dispute.settled"), of_type(facts, "task.dispatched")
    assert (settled["lead"], settled["decided_by"]) == ("water", "conference")
    assert given["task"] == opened["task"]
    assert dispute_id not in await _listed(city, "disputes", "dispute_id")
    again = await city.call("POST", path, "superior", {"lead": "water"})
    assert (again.status_code, again.json()["type"]) == (
        409,
        "urn:civicloop:problem:dispute_settled",
    )


async def test_more_time_is_asked_for_and_granted(city: City) -> None:
    """The request is in the work list until it is decided."""
    case_id, request_id = uuid7(), uuid7()
    await city.tell(filed(case_id, "00002"))
    [given] = await city.said(case_id, "task.dispatched")
    await city.tell(told(department.ExtensionRequested, given, request_id=request_id))
    await _wait_listed(city, "requests", "request_id", str(request_id))
    body = {"request_id": str(request_id), "approved": True}
    path = f"/v1/tasks/{given['task']['task_id']}/extension"
    answer = await city.call("POST", path, "superior", body)
    assert answer.json()["approved"] is True, answer.text
    [extended] = of_type(await city.said(case_id, "deadline.extended"), "deadline.extended")
    before, after = (
        datetime.fromisoformat(text) for text in (given["resolution_due_at"], extended["due_at"])
    )
    assert after - before == timedelta(hours=4)
    assert str(request_id) not in await _listed(city, "requests", "request_id")


async def test_a_task_is_given_away_and_a_case_supervised(city: City) -> None:
    """By its id alone: the desk knows the case."""
    case_id = uuid7()
    await city.tell(filed(case_id, "00002"))
    [given] = await city.said(case_id, "task.dispatched")
    path = f"/v1/tasks/{given['task']['task_id']}/reassignment"
    answer = await city.call("POST", path, "superior", {"department": "water"})
    assert answer.status_code == 200, answer.text
    facts = await city.said(case_id, "task.reassigned")
    [second] = of_type(facts, "task.reassigned")
    assert (second["department"], second["replaces"]) == ("water", given["task"]["task_id"])
    answer = await city.call("POST", f"/v1/cases/{case_id}/supervision", "superior")
    assert answer.json()["tasks"] == [second["task"]["task_id"]]
    again = await city.call("POST", path, "superior", {"department": "water"})
    assert again.json()["type"] == "urn:civicloop:problem:task_closed"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (f"/v1/disputes/{UUID(int=1)}/settlement", "unknown_dispute"),
        (f"/v1/tasks/{UUID(int=1)}/reassignment", "unknown_task"),
        (f"/v1/cases/{UUID(int=1)}/supervision", "unknown_case"),
    ],
)
async def test_what_nobody_knows_is_not_found(city: City, path: str, code: str) -> None:
    """404, and no row is made of it."""
    body = {"lead": "water"} if "settlement" in path else {"department": "water"}
    answer = await city.call("POST", path, "superior", body)
    assert (answer.status_code, answer.json()["type"]) == (404, f"urn:civicloop:problem:{code}")


async def _listed(city: City, name: str, key: str) -> set[str]:
    """Return everything in a work list, page by page."""
    found: set[str] = set()
    after = ""
    while True:
        answer = await city.call("GET", f"/v1/{name}?limit=1{after}", "operator")
        page = answer.json()
        found |= {item[key] for item in page[name]}
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def _wait_listed(city: City, name: str, key: str, wanted: str) -> None:
    """Wait until something is in a work list."""
    async with asyncio.timeout(20):
        while True:
            if wanted in await _listed(city, name, key):
                return
            await asyncio.sleep(0.05)
