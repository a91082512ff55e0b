"""Doors for superiors, over the room on its bench, and the work lists over a fake desk."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from tests.unit.router.conftest import (
    CASE_ID,
    NOW,
    PLACE,
    REQUEST,
    asked_for_pause,
    asked_for_time,
    filed,
    parked,
    returned,
    withdrawal_asked,
)
from tests.unit.router.entrypoints.conftest import Doors
from tests.unit.router.entrypoints.test_http import assert_problem

from civicloop_contracts import codes
from civicloop_contracts.facts.router import TaskDispatched
from router.domain.codes import DisputeGround, RequestKind
from router.domain.desk import DisputeRow, RequestRow
from router.domain.identity import dispute_id, refer_task

NOWHERE = PLACE.model_copy(update={"division": "250250"})
DISPUTE = dispute_id(refer_task(CASE_ID, 1, 1))
SETTLEMENT = f"/v1/disputes/{DISPUTE}/settlement"
SUPERVISION = f"/v1/cases/{CASE_ID}/supervision"
LEAD = {"lead": "roads"}


@pytest.fixture
def lead(doors: Doors) -> TaskDispatched:
    """The task of the lead of a case at work."""
    return doors.bench.dispatch()[0]


@pytest.fixture
def disputed(doors: Doors) -> Doors:
    """A case that nobody is responsible for."""
    doors.bench.tell(filed(place=NOWHERE))
    return doors


def door(task: TaskDispatched | UUID, name: str) -> str:
    """Return the address of a door of a task."""
    task_id = task if isinstance(task, UUID) else task.task.task_id
    return f"/v1/tasks/{task_id}/{name}"


@pytest.mark.endpoint("POST /v1/disputes/{dispute_id}/settlement", 200)
async def test_a_conference_names_the_lead(disputed: Doors) -> None:
    """The answer names the task that was given out."""
    answer = await disputed.post(SETTLEMENT, LEAD)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["dispute_id"], told["case_id"]) == (str(DISPUTE), str(CASE_ID))
    assert (told["department"], told["attempt"]) == ("roads", 1)
    assert told["task_id"] == str(refer_task(CASE_ID, 1, 1).task_id)
    assert told["resolution_due_at"] is not None


@pytest.mark.endpoint("POST /v1/disputes/{dispute_id}/settlement", 409)
async def test_a_dispute_is_settled_once(disputed: Doors) -> None:
    """The second conference comes too late."""
    await disputed.post(SETTLEMENT, LEAD)
    assert_problem(await disputed.post(SETTLEMENT, LEAD), 409, "dispute_settled")


@pytest.mark.endpoint("POST /v1/disputes/{dispute_id}/settlement", 404)
async def test_an_unknown_dispute_is_not_found(doors: Doors) -> None:
    """No case has it."""
    assert_problem(await doors.post(SETTLEMENT, LEAD), 404, "unknown_dispute")


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/reassignment", 200)
async def test_a_superior_gives_a_task_away(doors: Doors, lead: TaskDispatched) -> None:
    """The answer names the next attempt and what it replaces."""
    told = (await doors.post(door(lead, "reassignment"), {"department": "roads"})).json()
    assert (told["department"], told["attempt"], told["task_no"]) == ("roads", 2, 1)
    assert told["replaces"] == str(lead.task.task_id)


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/reassignment", 409)
async def test_a_closed_task_is_not_given_away(doors: Doors, lead: TaskDispatched) -> None:
    """It was returned, and what follows is another task; one in dispute has its own door."""
    doors.bench.tell(returned(lead))
    body = {"department": "roads"}
    assert_problem(await doors.post(door(lead, "reassignment"), body), 409, "task_closed")
    second = doors.bench.state.tasks[1].ref
    gone = parked(second, reason=codes.ParkReason.NO_SUCH_DEPARTMENT)
    doors.bench.tell(gone)
    answer = await doors.post(door(second.task_id, "reassignment"), body)
    assert_problem(answer, 409, "task_disputed")


async def test_a_task_that_waits_is_not_given_away(doors: Doors) -> None:
    """No department has it."""
    demo = {"standard_ref": "demo", "kind": codes.MatterKind.MATTER, "code": "00004"}
    doors.bench.tell(filed(matter=filed().matter.model_copy(update=demo)))
    waiting = doors.bench.state.waiting[0].ref
    answer = await doors.post(door(waiting.task_id, "reassignment"), {"department": "roads"})
    assert_problem(answer, 409, "task_waiting")


@pytest.mark.parametrize("name", ["reassignment", "extension", "suspension"])
@pytest.mark.endpoint("POST /v1/tasks/{task_id}/reassignment", 404)
@pytest.mark.endpoint("POST /v1/tasks/{task_id}/extension", 404)
@pytest.mark.endpoint("POST /v1/tasks/{task_id}/suspension", 404)
async def test_an_unknown_task_is_not_found(doors: Doors, name: str) -> None:
    """No case has it."""
    body: dict[str, Any] = {"request_id": str(REQUEST), "approved": True}
    body = {"department": "roads"} if name == "reassignment" else body
    assert_problem(await doors.post(door(uuid4(), name), body), 404, "unknown_task")


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/extension", 200)
@pytest.mark.parametrize("approved", [True, False])
async def test_an_extension_is_decided(
    doors: Doors, lead: TaskDispatched, *, approved: bool
) -> None:
    """Approved: the new deadline; refused: none."""
    doors.bench.tell(asked_for_time(lead))
    body = {"request_id": str(REQUEST), "approved": approved}
    told = (await doors.post(door(lead, "extension"), body)).json()
    assert (told["approved"], told["request_id"]) == (approved, str(REQUEST))
    assert (told["due_at"] is not None) is approved
    assert told["review_at"] is None


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/suspension", 200)
async def test_a_suspension_is_decided(doors: Doors, lead: TaskDispatched) -> None:
    """Approved: until when the clock stands still."""
    doors.bench.tell(asked_for_pause(lead))
    body = {"request_id": str(REQUEST), "approved": True}
    told = (await doors.post(door(lead, "suspension"), body)).json()
    assert (told["approved"], told["due_at"]) == (True, None)
    assert told["review_at"] is not None


async def test_what_has_become_impossible_is_answered_as_refused(
    doors: Doors, lead: TaskDispatched
) -> None:
    """200: the request was decided, though not as the superior wished."""
    soon = NOW + timedelta(hours=1)
    doors.bench.tell(asked_for_pause(lead, review_at=soon))
    doors.bench.clock.move(timedelta(hours=2))
    body = {"request_id": str(REQUEST), "approved": True}
    answer = await doors.post(door(lead, "suspension"), body)
    assert (answer.status_code, answer.json()["approved"]) == (200, False)


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/extension", 409)
@pytest.mark.endpoint("POST /v1/tasks/{task_id}/suspension", 409)
async def test_a_request_is_decided_once_and_at_its_own_door(
    doors: Doors, lead: TaskDispatched
) -> None:
    """An extension is no suspension."""
    doors.bench.tell(asked_for_time(lead))
    body = {"request_id": str(REQUEST), "approved": True}
    answer = await doors.post(door(lead, "suspension"), body)
    assert_problem(answer, 409, "no_pending_request")
    await doors.post(door(lead, "extension"), body)
    answer = await doors.post(door(lead, "extension"), body)
    assert_problem(answer, 409, "no_pending_request")


@pytest.mark.endpoint("POST /v1/cases/{case_id}/supervision", 200)
async def test_a_case_is_supervised(doors: Doors, lead: TaskDispatched) -> None:
    """The answer names the tier and the tasks."""
    told = (await doors.post(SUPERVISION, None)).json()
    assert told["tier"] == lead.tier
    assert str(lead.task.task_id) in told["tasks"]


@pytest.mark.endpoint("POST /v1/cases/{case_id}/supervision", 409)
async def test_a_case_that_nobody_works_on_is_not_supervised(doors: Doors) -> None:
    """Withdrawn here."""
    doors.bench.tell(filed(), withdrawal_asked())
    assert_problem(await doors.post(SUPERVISION, None), 409, "nothing_in_hand")


@pytest.mark.endpoint("POST /v1/cases/{case_id}/supervision", 404)
async def test_an_unknown_case_is_not_supervised(doors: Doors) -> None:
    """Its filing was never read."""
    assert_problem(await doors.post(SUPERVISION, None), 404, "unknown_case")


@pytest.mark.parametrize(
    "body", [{}, {"lead": "Roads!"}, {"lead": "roads", "why": "x"}, {"lead": None}]
)
async def test_a_settlement_names_a_department(disputed: Doors, body: dict[str, Any]) -> None:
    """By its code, and says nothing else."""
    assert_problem(await disputed.post(SETTLEMENT, body), 422, "invalid")


@pytest.mark.parametrize("approved", ["no", 0, None])
async def test_a_decision_is_true_or_false(
    doors: Doors, lead: TaskDispatched, approved: object
) -> None:
    """Nothing that has to be guessed, as at feedback's doors."""
    doors.bench.tell(asked_for_time(lead))
    body = {"request_id": str(REQUEST), "approved": approved}
    assert_problem(await doors.post(door(lead, "extension"), body), 422, "invalid")


async def test_only_superiors_decide(doors: Doors, lead: TaskDispatched) -> None:
    """An operator looks, and does not decide."""
    for path in (SETTLEMENT, SUPERVISION, door(lead, "reassignment")):
        assert_problem(await doors.post(path, LEAD, role="operator"), 403, "forbidden")


def dispute(number: int) -> DisputeRow:
    """Return an open dispute."""
    return DisputeRow(
        dispute_id=UUID(int=number),
        case_id=CASE_ID,
        task_id=UUID(int=number + 100),
        department=None,
        ground=DisputeGround.NO_DUTY,
        opened_at=NOW,
        settle_by=NOW + timedelta(days=number),
        is_open=True,
    )


def request(number: int) -> RequestRow:
    """Return a pending request."""
    return RequestRow(
        row_id=UUID(int=number),
        task_id=UUID(int=number + 100),
        request_id=REQUEST,
        case_id=CASE_ID,
        department="water",
        kind=RequestKind.EXTENSION,
        asked_at=NOW + timedelta(days=number),
        review_at=None,
        due_at=NOW,
        is_pending=True,
    )


@pytest.mark.endpoint("GET /v1/disputes", 200)
async def test_open_disputes_are_listed_by_page(doors: Doors) -> None:
    """The last one of a full page is where the next begins."""
    doors.disputes = [dispute(1), dispute(2)]
    page = (await doors.get("/v1/disputes?limit=2", role="superior")).json()
    assert [item["dispute_id"] for item in page["disputes"]] == [
        str(row.dispute_id) for row in doors.disputes
    ]
    assert page["disputes"][0]["ground"] == "no_duty"
    assert page["next"] == str(UUID(int=2))
    last = (await doors.get(f"/v1/disputes?after={page['next']}", role="operator")).json()
    assert last["next"] is None
    assert doors.asked == [(None, 2), (UUID(int=2), 50)]


@pytest.mark.endpoint("GET /v1/requests", 200)
async def test_pending_requests_are_listed_by_page(doors: Doors) -> None:
    """The cursor is not the request's id: departments may number alike."""
    doors.requests = [request(1), request(2)]
    page = (await doors.get("/v1/requests?limit=2", role="superior")).json()
    assert [item["request_id"] for item in page["requests"]] == [str(REQUEST)] * 2
    assert page["requests"][0]["kind"] == "extension"
    assert page["next"] == str(UUID(int=2))
    last = (await doors.get(f"/v1/requests?after={page['next']}", role="operator")).json()
    assert last["next"] is None
    assert doors.asked == [(None, 2), (UUID(int=2), 50)]


@pytest.mark.parametrize("path", ["/v1/disputes", "/v1/requests"])
@pytest.mark.parametrize("limit", [0, 501])
async def test_a_page_has_its_limits(doors: Doors, path: str, limit: int) -> None:
    """One to five hundred."""
    assert_problem(await doors.get(f"{path}?limit={limit}", role="operator"), 422, "invalid")


async def test_a_plan_tells_what_bends_it(doors: Doors) -> None:
    """Attempts, returns, requests, waiting tasks, a suspended clock."""
    demo = {"standard_ref": "demo", "kind": codes.MatterKind.MATTER, "code": "00004"}
    lead = doors.bench.dispatch(matter=filed().matter.model_copy(update=demo))[0]
    doors.bench.tell(returned(lead))
    second = doors.bench.state.tasks[1].ref
    doors.bench.tell(asked_for_time(second))
    plan = (await doors.get(f"/v1/cases/{CASE_ID}/plan", role="superior")).json()
    by_id = {task["task_id"]: task for task in plan["tasks"]}
    assert by_id[str(lead.task.task_id)]["status"] == "returned"
    assert [r["kind"] for r in by_id[str(second.task_id)]["requests"]] == ["extension"]
    waiting = [task for task in plan["tasks"] if task["status"] == "waiting"]
    assert [task["department"] for task in waiting] == ["traffic-police", "landscaping"]
    assert plan["reporters"] == 1
