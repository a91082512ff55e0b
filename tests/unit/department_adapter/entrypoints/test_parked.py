"""What is parked, and its release, over HTTP."""

from uuid import UUID, uuid4

import httpx
import pytest

from department_adapter.domain.commands import ReleaseTask
from department_adapter.domain.errors import NotParkedError, TaskClosedError
from department_adapter.domain.model import Parked, ParkReason
from department_adapter.ports import ParkedEntry
from department_adapter.testing import CASE_ID, START, at, task_ref

from .conftest import Doors, Headers

TASK_ID = task_ref().task_id
RELEASE = f"/v1/tasks/{TASK_ID}/release"


@pytest.fixture(autouse=True)
def _replies(doors: Doors) -> None:
    """Answer as the handler does."""
    doors.commands.reply = {"task_id": str(TASK_ID), "state": "parked"}


def parked(number: int) -> ParkedEntry:
    """Return a task whose reminder is parked."""
    task_id = UUID(int=number)
    place = Parked(
        delivery_id=f"{task_id}/reminder/4",
        reason=ParkReason.REFUSED,
        since=START,
        review_at=at(240),
    )
    return ParkedEntry(task_id=task_id, case_id=CASE_ID, department="water", parked=place)


@pytest.mark.endpoint("GET /v1/parked", 200)
async def test_what_is_parked_has_a_reason_an_owner_and_a_time(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """An operator knows what to look at."""
    doors.tasks.waiting = [parked(1)]
    answer = await client.get("/v1/parked", headers=headers("operator"))
    assert answer.json() == {
        "parked": [
            {
                "task_id": str(UUID(int=1)),
                "case_id": str(CASE_ID),
                "department": "water",
                "delivery_id": f"{UUID(int=1)}/reminder/4",
                "kind": "reminder",
                "reason": "refused",
                "owner": "operator",
                "parked_at": "2026-03-02T01:00:00Z",
                "review_at": "2026-03-02T05:00:00Z",
            }
        ],
        "next": None,
    }


async def test_a_long_list_has_pages(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Each names where the next one begins."""
    doors.tasks.waiting = [parked(number) for number in (1, 2, 3)]
    first = await client.get("/v1/parked?limit=2", headers=headers("operator"))
    assert (len(first.json()["parked"]), first.json()["next"]) == (2, str(UUID(int=2)))
    rest = await client.get(f"/v1/parked?limit=2&cursor={UUID(int=2)}", headers=headers("operator"))
    assert (len(rest.json()["parked"]), rest.json()["next"]) == (1, None)


@pytest.mark.parametrize("limit", [0, 201])
async def test_a_page_has_its_limits(
    client: httpx.AsyncClient, headers: Headers, limit: int
) -> None:
    """422."""
    answer = await client.get(f"/v1/parked?limit={limit}", headers=headers("operator"))
    assert answer.status_code == 422


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/release", 200)
@pytest.mark.parametrize("role", ["operator", "department:water"])
async def test_a_release_is_a_command_and_wakes_the_worker(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, role: str
) -> None:
    """An operator's, or that of the department which has repaired itself."""
    answer = await client.post(RELEASE, headers=headers(role, "desk-3"))
    assert (answer.status_code, answer.json()) == (200, doors.commands.reply)
    (command,) = doors.commands.taken
    assert command.body == ReleaseTask(task_id=TASK_ID)
    assert (command.case_id, command.principal, doors.woken) == (CASE_ID, "desk-3", 1)


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/release", 404)
async def test_unknown_and_foreign_tasks_are_not_released(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The same answer for both."""
    foreign = await client.post(RELEASE, headers=headers("department:power"))
    unknown = await client.post(f"/v1/tasks/{uuid4()}/release", headers=headers("operator"))
    assert (foreign.status_code, foreign.text) == (404, unknown.text)
    assert doors.commands.taken == []


@pytest.mark.endpoint("POST /v1/tasks/{task_id}/release", 409)
@pytest.mark.parametrize(
    ("error", "code"),
    [(NotParkedError(), "not_parked"), (TaskClosedError("completed"), "task_closed")],
)
async def test_what_is_not_parked_is_not_released(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, error: Exception, code: str
) -> None:
    """409 with the reason."""
    doors.commands.error = error
    answer = await client.post(RELEASE, headers=headers("operator"))
    assert (answer.status_code, answer.json()["type"]) == (409, f"urn:civicloop:problem:{code}")
