"""The operators' doors of a running service, and the line that it logs per hop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
from tests.integration.civicloop_kit.processes import Process, started
from tests.integration.civicloop_kit.world import World, case_in_first_partition, until
from tests.unit.civicloop_kit.counting import BUG, attached

from civicloop_local.tokens import make_token

TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-00"


@asynccontextmanager
async def operator(world: World, process: Process) -> AsyncIterator[httpx.AsyncClient]:
    """Give an operator's client."""
    token = make_token(world.backends.credentials, role="operator", subject="sre-1", hours=1)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=process.url, headers=headers) as client:
        yield client


async def held_case(client: httpx.AsyncClient, case_id: UUID, records: int) -> Any:
    """Wait until so many records of a case are held, and return them."""

    async def enough() -> Any:
        answer = await client.get(f"/v1/held/cases/{case_id}")
        found = answer.json() if answer.status_code == httpx.codes.OK else {"held": []}
        return found if len(found["held"]) == records else None

    return await until(enough)


async def test_an_operator_looks_tries_again_and_leaves_one_out(world: World) -> None:
    """From the first look to a case that is free, with two rows that say who did it."""
    case_id = case_in_first_partition()
    async with started(world) as process, operator(world, process) as client:
        await process.ready()
        await world.send((attached(case_id, BUG), 1), (attached(case_id), 2))
        await world.send_raw((None, b"whoever this was about", (("traceparent", TRACE.encode()),)))
        found = await held_case(client, case_id, 2)
        record = found["held"][0]
        listed = (await client.get("/v1/held")).json()
        again = await client.post("/v1/held/retry", json={"reason": "bug"})

        async def finished() -> Any:
            operation = await client.get(f"/v1/operations/{again.json()['operation_id']}")
            return operation.json() if operation.json()["finished_at"] else None

        tried = await until(finished)
        place = {name: record[name] for name in ("topic", "partition", "offset")}
        gone = await client.post(
            f"/v1/held/cases/{case_id}/discard", json=place | {"why": "not_needed"}
        )
        operations = (await client.get("/v1/operations")).json()["operations"]
        letters = await until(lambda: dead_letters(client))
        letter = (await client.get(f"/v1/dead-letters/{letters[0]['letter_id']}")).json()
        output = process.output
    assert listed["causes"][0]["cause"]["error"] == "ZeroDivisionError"
    assert (record["fact"], record["sequence"], record["reason"]) == ("ReportAttached", 1, "bug")
    assert again.status_code == httpx.codes.ACCEPTED
    assert (tried["cases"], tried["freed"]) == (1, 0)
    assert (gone.json()["sequence"], gone.json()["freed"], gone.json()["records"]) == (1, 1, 1)
    assert [(one["kind"], one["principal"]) for one in operations] == [
        ("discard", "sre-1"),
        ("retry", "sre-1"),
    ]
    assert (letter["trace_id"], "whoever" in json.dumps(letter)) == ("a" * 32, False)
    (hop,) = [json.loads(line) for line in output.splitlines() if "record_applied" in line]
    assert (hop["case_id"], hop["fact"], hop["sequence"]) == (str(case_id), "ReportAttached", 2)


async def dead_letters(client: httpx.AsyncClient) -> Any:
    """Return the dead letters of the service."""
    return (await client.get("/v1/dead-letters")).json()["letters"]


async def test_hops_can_be_left_out_of_the_log(world: World) -> None:
    """By a setting, for those who read traces instead."""
    case_id = case_in_first_partition()
    async with started(world, LOG_HOPS="false") as process:
        await process.ready()
        await world.send((attached(case_id), 1))
        await world.eventually_sent(1)
        output = process.output
    assert "record_applied" not in output
