"""Duplicates at the door: one place, one case, whatever comes together."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from intake.entrypoints.recent import KEEP, MAX_NEAR
from intake.testing import NEAR, PREMISES_CODE, STANDARD, City, hand_in, sample_body

Headers = Callable[..., Mapping[str, str]]
PLACE: Mapping[str, Any] = sample_body()["place"]


def at(north_m: float = 0, **changes: Any) -> dict[str, Any]:
    """Return a report so many metres to the north."""
    place = {**PLACE, "latitude": PLACE["latitude"] + north_m / 111_195}
    return sample_body(place=place, **changes)


async def test_a_second_report_joins_the_first(
    near_client: httpx.AsyncClient, headers: Headers, near_city: City
) -> None:
    """201 with its case; a retry gets the same answer."""
    first = (await hand_in(near_client, headers("channel", "a"), at())).json()
    answer = await hand_in(near_client, headers("channel", "b"), at(30))
    assert answer.status_code == 201
    second = answer.json()
    assert second == {
        "case_id": first["case_id"],
        "report_id": second["report_id"],
        "status": "filed",
        "joined": True,
    }
    again = await hand_in(near_client, headers("channel", "b"), at(30))
    assert (again.status_code, again.json()) == (200, second)
    assert len(near_city.records.cases) == 1
    assert len(near_city.records.reports) == 2


@pytest.mark.parametrize(
    "other",
    [
        at(60),
        at(matter={"standard_ref": STANDARD, "kind": "matter", "code": PREMISES_CODE}),
        at(channel="import"),
        sample_body(place={"division": "410105001"}),
    ],
    ids=["farther", "another matter", "an import", "without a position"],
)
async def test_another_report_has_its_own_case(
    near_client: httpx.AsyncClient, headers: Headers, other: dict[str, Any]
) -> None:
    """Farther, of another matter, imported, or nowhere."""
    await hand_in(near_client, headers("channel", "a"), at())
    answer = await hand_in(near_client, headers("channel", "b"), other)
    assert "joined" not in answer.json()
    assert "may_belong_to" not in answer.json()


async def test_lines_of_one_batch_join_each_other(
    near_client: httpx.AsyncClient, headers: Headers, near_city: City
) -> None:
    """The first of a place is the case; a line twice is one report."""
    lines = [
        {"idempotency_key": key, "report": report}
        for key, report in (("a", at()), ("b", at(200)), ("c", at(20)), ("a", at()))
    ]
    answer = await near_client.post(
        "/v1/reports:batch", json={"lines": lines}, headers=headers("channel")
    )
    one, two, three, four = answer.json()["results"]
    assert (three["case_id"], three["joined"]) == (one["case_id"], True)
    assert two["case_id"] != one["case_id"]
    assert four == {**one, "repeated": True}
    assert len(near_city.records.cases) == 2


async def test_reports_that_come_together_join_each_other(
    near_client: httpx.AsyncClient, headers: Headers, near_city: City
) -> None:
    """None of them is in the tables while the others look."""
    answers = await asyncio.gather(
        *(hand_in(near_client, headers("channel", str(n)), at(n)) for n in range(10))
    )
    assert len({answer.json()["case_id"] for answer in answers}) == 1
    assert len(near_city.records.cases) == 1


async def test_a_crowd_costs_no_more_than_a_few(
    near_client: httpx.AsyncClient, headers: Headers, near_city: City
) -> None:
    """However many report one thing at once, a command looks at a few cases only."""
    lines = [{"idempotency_key": str(number), "report": at()} for number in range(60)]
    answer = await near_client.post(
        "/v1/reports:batch", json={"lines": lines}, headers=headers("channel")
    )
    assert len({result["case_id"] for result in answer.json()["results"]}) == 1
    assert max(len(command.others) for command in near_city.commands.run) == MAX_NEAR


async def test_a_report_is_found_in_the_tables_later(
    near_client: httpx.AsyncClient, headers: Headers, near_city: City
) -> None:
    """For a day; then the place is another case's."""
    first = (await hand_in(near_client, headers("channel", "a"), at())).json()
    near_city.clock.time += KEEP + timedelta(seconds=1)
    second = (await hand_in(near_client, headers("channel", "b"), at())).json()
    assert second["case_id"] == first["case_id"]
    near_city.clock.time += NEAR.within
    await hand_in(near_client, headers("channel", "c"), at())
    assert near_city.commands.run[-1].others == ()


async def test_a_rejected_report_is_nothing_to_join(
    near_client: httpx.AsyncClient, headers: Headers
) -> None:
    """And joins nothing."""
    outside = {**PLACE, "division": "110105"}
    await hand_in(near_client, headers("channel", "a"), sample_body(place=outside))
    answers = [
        (await hand_in(near_client, headers("channel", key), body)).json()
        for key, body in (("b", at()), ("c", sample_body(place=outside)))
    ]
    assert [answer["status"] for answer in answers] == ["filed", "rejected"]
    assert not any("joined" in answer for answer in answers)
