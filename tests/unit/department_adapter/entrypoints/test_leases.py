"""Leases and receipts over HTTP."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from civicloop_kit.jobs import Job, StaleClaimError
from civicloop_kit.postgres import UnavailableError
from civicloop_kit.room import Moment
from department_adapter import wire
from department_adapter.domain import facts as f
from department_adapter.domain.commands import AttemptResult, DeliveryKind, RecordDelivery
from department_adapter.domain.department import DepartmentState, TransportName
from department_adapter.domain.model import TaskRef
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.entrypoints.leases import LEASE
from department_adapter.ports import NarrativesUnavailableError
from department_adapter.testing import (
    CASE_ID,
    START,
    at,
    dispatched,
    registered,
    reminded,
    task_ref,
)

from .conftest import Doors, Headers

TASK_ID = task_ref().task_id
LEASES = "/v1/departments/water/leases"
LEASE_ID = f"{TASK_ID}.dispatch.1.7"
RECEIPT = f"{LEASES}/{LEASE_ID}/receipt"
MOMENT = Moment(now=START, recorded_at=START, source="/router/tasks", sequence=1)


@pytest.fixture(autouse=True)
def _pulls(doors: Doors) -> None:
    """Let the department pull, with one task waiting."""
    put(doors)
    doors.jobs.waiting_jobs.append(waiting_job())
    doors.commands.reply = {"state": "delivered"}


def put(doors: Doors, **fields: Any) -> None:
    """Change the department."""
    given = {"transport": TransportName.PULL, "url": None, **fields}
    doors.departments.real["water"] = registered(**given)


def waiting_job(claim_no: int = 7, **fields: Any) -> Job:
    """Return the job of the dispatch as it is claimed."""
    job = wire.dispatch_job(dispatched(), MOMENT)
    given = {"attempt": 1, "claim_no": claim_no, "expires_at": START}
    return Job(
        job_id=job.job_id,
        queue=job.queue,
        lane=job.lane,
        case_id=job.case_id,
        payload=job.payload,
        **{**given, **fields},
    )


def reminder_job() -> Job:
    """Return a notice as it is claimed."""
    notice = f.NoticeQueued(
        task=TaskRef(task_id=TASK_ID, task_no=1, attempt=1),
        department="water",
        occurred_at=START,
        delivery_id=f"{TASK_ID}/reminder/2",
        ordinal=2,
    )
    job = wire.notice_job(notice, reminded(), MOMENT)
    return Job(
        job_id=job.job_id,
        queue=job.queue,
        lane=job.lane,
        case_id=job.case_id,
        payload=job.payload,
        attempt=1,
        claim_no=1,
        expires_at=START,
    )


def records(doors: Doors) -> list[RecordDelivery]:
    """Return what was recorded."""
    bodies = [command.body for command in doors.commands.taken]
    return [body for body in bodies if isinstance(body, RecordDelivery)]


@pytest.mark.endpoint("POST /v1/departments/{code}/leases", 200)
async def test_a_delivery_is_handed_out_with_its_words(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """For a minute; it is not delivered before its receipt."""
    answer = await client.post(LEASES, json={}, headers=headers())
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["paused_until"]) == ("active", None)
    (lease,) = answer.json()["leases"]
    assert lease["lease_id"] == LEASE_ID
    assert lease["expires_at"] == "2026-03-02T01:01:00Z"
    delivery = lease["delivery"]
    assert delivery["type"] == "task.dispatched"
    assert delivery["narrative"] == {"state": "text", "text": "水管爆裂"}
    assert doors.narratives.asked == [[CASE_ID]]
    assert records(doors) == []
    assert timedelta(seconds=60) == LEASE


async def test_no_more_is_handed_out_than_asked_for(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Ten where nothing is said."""
    await client.post(LEASES, json={"max": 3}, headers=headers())
    await client.post(LEASES, json={}, headers=headers())
    assert doors.jobs.asked == [{"water": 3}, {"water": 10}]


@pytest.mark.parametrize(
    "wrong", [{"max": 0}, {"max": 101}, {"wait_s": -1}, {"wait_s": 21}, {"who": "me"}]
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, wrong: dict[str, Any]
) -> None:
    """422, and nothing is handed out."""
    answer = await client.post(LEASES, json=wrong, headers=headers())
    assert (answer.status_code, doors.jobs.asked) == (422, [])


async def test_without_intake_words_wait_and_notices_go(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """What has to wait is given back; that is nobody's failure."""
    doors.jobs.waiting_jobs.append(reminder_job())
    doors.narratives.error = NarrativesUnavailableError()
    answer = await client.post(LEASES, json={}, headers=headers())
    (lease,) = answer.json()["leases"]
    assert lease["delivery"]["type"] == "task.reminded"
    assert "narrative" not in lease["delivery"]
    (given_back,) = records(doors)
    assert (given_back.result, given_back.kind) == (AttemptResult.WAITED, DeliveryKind.DISPATCH)


async def test_only_what_intake_does_not_answer_waits(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """It is given back; the rest is handed out."""
    doors.jobs.waiting_jobs.append(reminder_job())
    doors.narratives.left_out = {CASE_ID}
    answer = await client.post(LEASES, json={}, headers=headers())
    (lease,) = answer.json()["leases"]
    assert lease["delivery"]["type"] == "task.reminded"
    assert [record.result for record in records(doors)] == [AttemptResult.WAITED]


@pytest.mark.parametrize("state", [DepartmentState.PAUSED, DepartmentState.DISABLED])
async def test_who_is_not_active_gets_nothing_and_is_told_why(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, state: DepartmentState
) -> None:
    """Its deliveries wait at their place."""
    put(doors, state=state, paused_until=at(60))
    answer = (await client.post(LEASES, json={}, headers=headers())).json()
    assert (answer["state"], answer["leases"]) == (state, [])
    assert answer["paused_until"] == "2026-03-02T02:00:00Z"
    assert len(doors.jobs.waiting_jobs) == 1


async def test_who_waits_is_served_when_something_comes(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """At once: what is queued wakes it."""
    doors.jobs.waiting_jobs.clear()
    asked = asyncio.ensure_future(client.post(LEASES, json={"wait_s": 20}, headers=headers()))
    for _ in range(1_000):
        if doors.jobs.asked:
            break
        await asyncio.sleep(0)
    doors.jobs.waiting_jobs.append(waiting_job())
    doors.leases.wake()
    answer = await asyncio.wait_for(asked, 10)
    assert len(answer.json()["leases"]) == 1


async def test_who_waits_in_vain_gets_nothing(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """200 with an empty list, after the time that was asked for."""
    doors.jobs.waiting_jobs.clear()
    answer = await client.post(LEASES, json={"wait_s": 0.01}, headers=headers())
    assert (answer.status_code, answer.json()["leases"]) == (200, [])
    assert len(doors.jobs.asked) >= 1


@pytest.mark.endpoint("POST /v1/departments/{code}/leases", 404)
@pytest.mark.endpoint("GET /v1/departments/{code}/leases", 404)
async def test_only_a_department_itself_has_its_leases(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Another one is told what it is told of a code that nobody registered."""
    foreign = await client.post(LEASES, json={}, headers=headers("department:power"))
    seen = await client.get(LEASES, headers=headers("department:power"))
    doors.departments.real.clear()
    unknown = await client.post(LEASES, json={}, headers=headers())
    assert {answer.status_code for answer in (foreign, seen, unknown)} == {404}
    assert len({answer.text for answer in (foreign, seen, unknown)}) == 1
    assert doors.jobs.asked == []


@pytest.mark.endpoint("POST /v1/departments/{code}/leases", 409)
@pytest.mark.endpoint("GET /v1/departments/{code}/leases", 409)
async def test_a_webhook_does_not_pull(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Otherwise a delivery would go two ways, and be over by a receipt that somebody guessed."""
    doors.departments.real["water"] = registered()
    leased = await client.post(LEASES, json={}, headers=headers())
    seen = await client.get(LEASES, headers=headers())
    received = await client.post(RECEIPT, headers=headers())
    assert doors.commands.taken == []
    for answer in (leased, seen, received):
        assert (answer.status_code, answer.json()["type"]) == (
            409,
            "urn:civicloop:problem:no_pull",
        )


@pytest.mark.endpoint("GET /v1/departments/{code}/leases", 200)
async def test_looking_changes_nothing(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """What waits, for the department and for operators; no words, no lease, no attempt."""
    for role in ("department:water", "operator"):
        answer = await client.get(LEASES, headers=headers(role))
        assert answer.json() == {
            "code": "water",
            "waiting": [
                {
                    "delivery_id": f"{TASK_ID}/dispatch/1",
                    "type": "task.dispatched",
                    "task_id": str(TASK_ID),
                    "case_id": str(CASE_ID),
                    "due_at": "2026-03-02T01:00:00Z",
                    "leased_until": None,
                }
            ],
        }
    assert (doors.jobs.asked, doors.narratives.asked, doors.commands.taken) == ([], [], [])


@pytest.mark.endpoint("POST /v1/departments/{code}/leases/{lease_id}/receipt", 200)
async def test_a_receipt_is_the_delivery(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Recorded under the claim that was handed out, once per lease."""
    answer = await client.post(RECEIPT, headers=headers())
    assert answer.json() == {
        "delivery_id": f"{TASK_ID}/dispatch/1",
        "task_id": str(TASK_ID),
        "state": "delivered",
        "fact": "applied",
    }
    (command,) = doors.commands.taken
    assert (command.case_id, command.principal) == (CASE_ID, "department:water")
    assert command.request is not None
    assert command.request.key == f"receipt:{LEASE_ID}"
    assert records(doors) == [
        RecordDelivery(
            task_id=TASK_ID,
            delivery_id=f"{TASK_ID}/dispatch/1",
            kind=DeliveryKind.DISPATCH,
            claim_no=7,
            result=AttemptResult.DELIVERED,
        )
    ]


async def test_a_receipt_whose_answer_got_lost_is_answered_again(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """It says that it is a repeat."""
    doors.commands.repeated = True
    assert (await client.post(RECEIPT, headers=headers())).json()["fact"] == "repeated"


async def test_a_receipt_for_what_is_over_is_no_error(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """The department answered its task before, or the task was cancelled."""
    doors.jobs.waiting_jobs.clear()
    doors.commands.error = StaleClaimError()
    answer = await client.post(RECEIPT, headers=headers())
    assert (answer.status_code, answer.json()["fact"]) == (200, "repeated")


@pytest.mark.endpoint("POST /v1/departments/{code}/leases/{lease_id}/receipt", 409)
async def test_a_receipt_that_came_too_late_is_refused(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Somebody has leased it again, or may."""
    doors.commands.error = StaleClaimError()
    answer = await client.post(RECEIPT, headers=headers())
    assert (answer.status_code, answer.json()["type"]) == (
        409,
        "urn:civicloop:problem:lease_expired",
    )


@pytest.mark.endpoint("POST /v1/departments/{code}/leases/{lease_id}/receipt", 404)
@pytest.mark.parametrize(
    "lease_id",
    [
        f"{UUID(int=5)}.dispatch.1.7",
        f"{TASK_ID}.song.1.7",
        f"{'-' * 36}.dispatch.1.7",
    ],
)
async def test_a_lease_that_never_was_is_not_found(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, lease_id: str
) -> None:
    """Of whatever kind."""
    answer = await client.post(f"{LEASES}/{lease_id}/receipt", headers=headers())
    assert (answer.status_code, doors.commands.taken) == (404, [])


async def test_another_departments_lease_is_not_found(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Neither at its own address nor at the other's."""
    power = "/v1/departments/power/leases"
    own = await client.post(f"{power}/{LEASE_ID}/receipt", headers=headers("department:power"))
    other = await client.post(RECEIPT, headers=headers("department:power"))
    assert (own.status_code, other.status_code, doors.commands.taken) == (404, 404, [])


@pytest.mark.parametrize("lease_id", ["x", f"{TASK_ID}.dispatch.1.0", f"{TASK_ID}.dispatch.1"])
async def test_what_is_no_lease_does_not_fit(
    client: httpx.AsyncClient, headers: Headers, lease_id: str
) -> None:
    """422; a claim that nobody was given has no number."""
    answer = await client.post(f"{LEASES}/{lease_id}/receipt", headers=headers())
    assert answer.status_code == 422


async def test_a_removed_department_gets_nothing(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """401 at every door of its own."""
    doors.departments.revoked.add("water")
    answers = [
        await client.post(LEASES, json={}, headers=headers()),
        await client.get(LEASES, headers=headers()),
        await client.post(RECEIPT, headers=headers()),
    ]
    assert {answer.status_code for answer in answers} == {401}


async def test_what_ran_out_is_recorded_before_anything_is_handed_out(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """An attempt that failed counts, however soon the department comes again."""
    await client.post(LEASES, json={}, headers=headers())
    doors.clock.move(LEASE - timedelta(microseconds=1))
    await client.post(LEASES, json={}, headers=headers())
    assert records(doors) == []
    doors.clock.move(timedelta(microseconds=1))
    await client.post(LEASES, json={}, headers=headers())
    (record,) = records(doors)
    assert (record.result, record.claim_no) == (AttemptResult.EXPIRED, 7)
    assert record.delivery_id == f"{TASK_ID}/dispatch/1"
    assert RetryPolicy().max_attempts == 10


async def test_a_database_that_is_away_hands_nothing_out(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """503: what ran out could not be recorded."""
    await client.post(LEASES, json={}, headers=headers())
    doors.clock.move(LEASE)
    doors.commands.error = UnavailableError()
    answer = await client.post(LEASES, json={}, headers=headers())
    assert (answer.status_code, len(doors.jobs.asked)) == (503, 1)


async def test_who_gets_nothing_here_sets_nothing_off(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """Callers are looked at first: what ran out waits for somebody who may lease it."""
    await client.post(LEASES, json={}, headers=headers())
    doors.clock.move(LEASE)
    doors.departments.real["power"] = registered()
    foreign = await client.post(LEASES, json={}, headers=headers("department:power"))
    own = "/v1/departments/power/leases"
    webhook = await client.post(own, json={}, headers=headers("department:power"))
    doors.departments.revoked.add("water")
    revoked = await client.post(LEASES, json={}, headers=headers())
    assert [answer.status_code for answer in (foreign, webhook, revoked)] == [404, 409, 401]
    assert records(doors) == []


async def test_what_runs_out_while_somebody_waits_is_an_attempt(
    client: httpx.AsyncClient, doors: Doors, headers: Headers
) -> None:
    """It is recorded before the same call hands it out again."""
    await client.post(LEASES, json={}, headers=headers())
    asked = asyncio.ensure_future(client.post(LEASES, json={"wait_s": 20}, headers=headers()))
    for _ in range(1_000):
        if len(doors.jobs.asked) > 1:
            break
        await asyncio.sleep(0)
    assert records(doors) == []
    doors.clock.move(LEASE)
    doors.jobs.waiting_jobs.append(waiting_job(claim_no=8))
    doors.leases.wake()
    answer = await asyncio.wait_for(asked, 10)
    assert answer.json()["leases"][0]["lease_id"] == f"{TASK_ID}.dispatch.1.8"
    (record,) = records(doors)
    assert (record.result, record.claim_no) == (AttemptResult.EXPIRED, 7)


@pytest.mark.parametrize(("many", "handed"), [(399, 1), (400, 0)])
async def test_nothing_goes_out_while_more_may_have_run_out(
    client: httpx.AsyncClient, doors: Doors, headers: Headers, many: int, handed: int
) -> None:
    """One transaction holds 400; what it could not count is not handed out uncounted."""
    gone = waiting_job()
    doors.jobs.out |= {f"{TASK_ID}/dispatch/{n}": gone for n in range(many)}
    answer = await client.post(LEASES, json={}, headers=headers())
    assert (len(answer.json()["leases"]), doors.commands.batches) == (handed, [many])
