"""The doors to the read model: pages of judgements, indicators with their words."""

from uuid import UUID

import pytest
from tests.unit.feedback.entrypoints.conftest import Doors
from tests.unit.feedback.telling import at

from feedback.ports import GroupBy, Judgement


@pytest.mark.endpoint("GET /v1/judgements", 200)
async def test_judgements_are_paged(doors: Doors) -> None:
    """A comparison reads a run from its first case to its last."""
    doors.judgements = [
        Judgement(case_id=UUID(int=number), due_at=at(8), handled_at=None, overdue=True)
        for number in (1, 2, 3)
    ]
    path = "/v1/judgements?run=boston-1&limit=2"
    first = (await doors.get(path, role="operator")).json()
    rest = (await doors.get(f"{path}&cursor={first['next']}", role="operator")).json()
    rows = [*first["judgements"], *rest["judgements"]]
    assert [row["case_id"] for row in rows] == [str(UUID(int=n)) for n in (1, 2, 3)]
    assert rows[0]["overdue"] is True
    assert rest["next"] is None


@pytest.mark.endpoint("GET /v1/indicators", 200)
async def test_indicators_tell_total_groups_and_words(doors: Doors) -> None:
    """Each ratio comes with its parts, and every word with its meaning in two languages."""
    path = "/v1/indicators?by=district&run=boston-1&from=2026-05-01T00:00:00Z"
    document = (await doors.get(path, role="superior")).json()
    [query] = doors.queries
    assert (query.by, query.run, query.end, query.now) == (
        GroupBy.DISTRICT,
        "boston-1",
        None,
        at(0),
    )
    assert document["total"]["counts"]["closed"] == 3
    assert [group["group"] for group in document["groups"]] == ["410105", None]
    ratio = document["total"]["ratios"]["closing_rate"]
    assert (ratio["numerator"], ratio["denominator"], ratio["value"]) == (3, 4, 0.75)
    assert ratio["excluded"].keys() == {"ended_otherwise", "suspended", "not_due_to_close"}
    names = {item["key"]: item["name"] for item in document["definitions"]}
    assert names["closing_rate"] == {"en": "Closing rate", "zh": "结案率"}
    assert document["counts"]["overdue"]["zh"] == "超期数"
