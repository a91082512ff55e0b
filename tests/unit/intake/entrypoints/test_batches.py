"""Batches: each line is answered on its own."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from civicloop_kit.command import OverloadedError
from civicloop_kit.postgres import UnavailableError
from intake.testing import (
    FAILURES,
    City,
    hand_in,
    problem_code,
    sample_body,
)

Headers = Callable[..., Mapping[str, str]]


def line(key: str, **changes: Any) -> dict[str, Any]:
    """Return a line of a batch."""
    return {"idempotency_key": key, "report": sample_body(**changes)}


async def batch(client: httpx.AsyncClient, headers: Headers, *lines: Any) -> httpx.Response:
    """Hand in a batch."""
    return await client.post(
        "/v1/reports:batch", json={"lines": list(lines)}, headers=headers("channel")
    )


@pytest.mark.endpoint("POST /v1/reports:batch", 200)
async def test_good_lines_go_through_whatever_is_wrong_with_others(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Each line has its own result, in order, and a bad one names its field."""
    answer = await batch(
        client,
        headers,
        line("a"),
        line("b", channel="fax"),
        "no line at all",
        line("c", place={"division": "110105"}),
        {"report": sample_body()},
    )
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result.get("status") for result in results] == ["filed", None, None, "rejected", None]
    assert results[1]["problem"]["status"] == 422
    assert results[1]["problem"]["errors"][0]["path"] == "report/channel"
    assert results[4]["problem"]["errors"][0]["path"] == "idempotency_key"
    assert len(city.records.cases) == 2
    assert "王" not in answer.text


async def test_external_takes_an_operator_line_by_line(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """A channel's other lines go through; an operator's go all."""
    lines = [line("a"), line("b", channel="import", external={"lead": "water"})]
    good, refused = (await batch(client, headers, *lines)).json()["results"]
    assert good["status"] == "filed"
    assert refused["problem"]["status"] == 403
    assert refused["problem"]["type"] == "urn:civicloop:problem:external_not_allowed"
    assert len(city.records.cases) == 1
    answer = await client.post(
        "/v1/reports:batch", json={"lines": lines}, headers=headers("operator")
    )
    assert [result.get("status") for result in answer.json()["results"]] == ["filed", "filed"]


async def test_a_batch_can_be_sent_again(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """The same lines get the same receipts, marked; only what is new is added."""
    first = (await batch(client, headers, line("a"), line("b"))).json()["results"]
    again = (await batch(client, headers, line("a"), line("b"), line("c"))).json()["results"]
    assert again[:2] == [{**result, "repeated": True} for result in first]
    assert "repeated" not in again[2]
    assert len(city.records.cases) == 3


async def test_a_key_twice_in_a_batch_is_one_report(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Equal lines share a receipt; a different report under the same key is a problem."""
    answer = await batch(client, headers, line("a"), line("a"), line("a", narrative="别的"))
    one, same, other = answer.json()["results"]
    assert same == {**one, "repeated": True}
    assert other["problem"]["status"] == 409
    assert len(city.records.cases) == 1


async def test_a_line_and_a_single_report_share_their_keys(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """A report that was sent alone is not filed again by a batch."""
    alone = (await hand_in(client, headers("channel", "a"), sample_body())).json()
    assert (await batch(client, headers, line("a"))).json()["results"] == [
        {**alone, "repeated": True}
    ]


@pytest.mark.parametrize(("failure", "status", "code"), FAILURES)
async def test_a_line_s_failure_is_its_own(
    client: httpx.AsyncClient,
    headers: Headers,
    city: City,
    failure: Exception,
    status: int,
    code: str,
) -> None:
    """A line that could not be decided says so, and can be sent again."""
    city.commands.failure = failure
    [result] = (await batch(client, headers, line("a"))).json()["results"]
    assert result["problem"]["status"] == status
    assert result["problem"]["type"].endswith(code)


async def test_a_batch_has_at_least_one_line_and_at_most_500(
    client: httpx.AsyncClient, headers: Headers
) -> None:
    """Neither nothing nor too much."""
    assert (await batch(client, headers)).status_code == 422
    assert (await batch(client, headers, *(["x"] * 501))).status_code == 422
    assert (await batch(client, headers, *(["x"] * 500))).status_code == 200


async def test_a_batch_has_a_size_limit(client: httpx.AsyncClient, headers: Headers) -> None:
    """413 for the whole batch: send fewer lines."""
    answer = await batch(client, headers, *(line(str(i), narrative="x" * 4000) for i in range(400)))
    assert (answer.status_code, problem_code(answer)) == (413, "too_large")


async def test_an_outage_of_the_keyring_refuses_the_batch(
    client: httpx.AsyncClient, headers: Headers, city: City
) -> None:
    """Nothing was decided: the batch can be sent again as it is."""
    city.keys.failure = UnavailableError("08006")
    answer = await batch(client, headers, line("a"))
    assert (answer.status_code, problem_code(answer)) == (503, "unavailable")
    city.keys.failure = OverloadedError()
    assert (await batch(client, headers, line("a"))).status_code == 429
