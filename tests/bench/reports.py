"""The load: reports by the batch door, as many departments as a city has."""

from __future__ import annotations

import asyncio
from itertools import count as count_up
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import httpx
import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LINES: Final = 500
CONCURRENCY: Final = 3
AGAIN_AFTER_S: Final = 0.05
TIMEOUT_S: Final = 60.0
_BUSY: Final = frozenset({429, 503})
STANDARD: Final = "gbt-47678.5-2026"
# A component per department, each led by that department alone: every case has the same facts.
DEPARTMENT_BY_CODE: Final = {
    "01001": "water-supply",
    "01002": "water",
    "01005": "power",
    "01007": "telecom",
    "01010": "heating",
    "01011": "gas",
    "01012": "public-security",
    "01013": "fire",
    "01014": "landscaping",
    "01015": "traffic-police",
    "01020": "transport",
    "02012": "civil-affairs",
    "02035": "emergency",
    "02037": "culture",
    "03001": "urban-management",
    "03010": "ecology",
    "05002": "housing",
}
DIVISION: Final = "410105001"
SOUTH: Final = 34.2759
WEST: Final = 113.1799
# Degrees, more than 90 m each way: no report is taken for another of the same matter.
STEP: Final = 0.001
COLUMNS: Final = 1_000
# Counts on from one load to the next: they go into the same tables.
_numbers = count_up()


class RefusedReportsError(Exception):
    """Intake did not file a report of the load."""


def batches(count: int) -> list[bytes]:
    """Return the bodies of *count* reports, made before the clock starts."""
    made = reports(count)
    bodies = []
    while lines := list(islice(made, LINES)):
        bodies.append(orjson.dumps({"lines": lines}))
    return bodies


def reports(count: int) -> Iterator[dict[str, Any]]:
    """Return the lines of *count* reports, spread over the departments.

    Sensors say nothing in words: no vault is in the way of the stream. Each report has a place of
    its own.
    """
    for code in islice(cycle(DEPARTMENT_BY_CODE), count):
        matter = {"standard_ref": STANDARD, "kind": "component", "code": code}
        report = {"channel": "sensor", "matter": matter, "place": _place(next(_numbers))}
        yield {"idempotency_key": str(uuid4()), "report": report}


def _place(number: int) -> dict[str, Any]:
    row, column = divmod(number, COLUMNS)
    return {
        "division": DIVISION,
        "latitude": round(SOUTH + row * STEP, 6),
        "longitude": round(WEST + column * STEP, 6),
    }


async def send(url: str, token: str, bodies: Sequence[bytes]) -> None:
    """Hand all batches in, a few at a time, again where intake asks to wait.

    Raises:
        RefusedReportsError: A report became no case.
    """
    waiting = iter(bodies)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=TIMEOUT_S) as client:

        async def hand_in() -> None:
            for body in waiting:
                await _hand_in(client, body)

        await asyncio.gather(*(hand_in() for _ in range(CONCURRENCY)))


async def _hand_in(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/v1/reports:batch", content=body)
    while answer.status_code in _BUSY:
        await asyncio.sleep(AGAIN_AFTER_S)
        answer = await client.post("/v1/reports:batch", content=body)
    answer.raise_for_status()
    for result in orjson.loads(answer.content)["results"]:
        if result.get("status") != "filed":
            raise RefusedReportsError(f"{RefusedReportsError.__doc__} {result}")
