"""Cases that become one: duplicates, merges and their undoing, on real topics and tables."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from civicloop_contracts.codes import Outcome
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.feedback import CaseClosed
from civicloop_contracts.facts.router import CaseHandled, MergeRefused, WithdrawalRefused
from intake.testing import sample_body

SETTINGS = {"DUPLICATE_WITHIN_M": "50"}


def fact(kind: type[Fact], case_id: str, **fields: Any) -> Fact:
    """Return a fact of another room."""
    now = datetime.now(UTC)
    stamp = {"case_id": case_id, "occurred_at": now, "recorded_at": now, "cause": "timer:test"}
    return kind.model_validate({**stamp, **fields})


def somewhere() -> dict[str, Any]:
    """Return a place that no other test uses."""
    number = uuid4().int
    latitude, longitude = 34.6 + number % 1_000 / 10_000, 113.5 + number // 1_000 % 1_000 / 10_000
    return {"division": "410105001", "latitude": latitude, "longitude": longitude}


async def submit(intake: Any, place: dict[str, Any] | None = None) -> dict[str, Any]:
    """Hand in a report that is taken."""
    body = sample_body(place=place or somewhere())
    answer = await intake.call("POST", "/v1/reports", "channel", body, str(uuid4()))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def merge(intake: Any, loser: str, survivor: str) -> Any:
    """Ask for a merge."""
    body = {"survivor": survivor}
    return await intake.call("POST", f"/v1/cases/{loser}/merge", "operator", body)


async def case_of(intake: Any, report_id: str) -> str:
    """Return the case that a report is in."""
    found = await intake.column("SELECT case_id FROM reports WHERE report_id = $1", UUID(report_id))
    return str(found[0])


async def types_of(intake: Any, case_id: str) -> list[str]:
    """Return what intake has told of a case, in order."""
    return [item["type"].split(".", 1)[1] for item in await intake.told([case_id])]


async def expect(intake: Any, until: Any, case_id: str, *types: str) -> None:
    """Wait until intake has told exactly this of a case."""

    async def told() -> bool:
        return await types_of(intake, case_id) == list(types)

    await until(told)


async def test_reports_of_one_place_are_one_case(intake: Any, until: Any) -> None:
    """Handed in together, in a batch, and later: one case, a receipt each, all told."""
    place = somewhere()
    receipts = await asyncio.gather(*(submit(intake, place) for _ in range(5)))
    lines = [
        {"idempotency_key": str(uuid4()), "report": sample_body(place=place)} for _ in range(5)
    ]
    batch = await intake.call("POST", "/v1/reports:batch", "channel", {"lines": lines})
    receipts += batch.json()["results"]
    [case_id] = {receipt["case_id"] for receipt in receipts}
    assert sorted(receipt.get("joined", False) for receipt in receipts) == [False] + [True] * 9
    rows = "SELECT count(*) FROM case_rows WHERE case_id = $1 OR state IS NULL"
    assert await intake.column(rows, UUID(case_id)) == [1]
    await expect(intake, until, case_id, "case.filed.v1", *["report.attached.v1"] * 9)


async def test_a_place_is_found_in_the_table(intake: Any) -> None:
    """With its matter; farther than asked is another place."""
    place = somewhere()
    first = await submit(intake, place)
    near = {**place, "latitude": place["latitude"] + 0.0004}
    far = {**place, "longitude": place["longitude"] + 0.0006}
    found = "SELECT case_id FROM places WHERE case_id = $1"
    assert await intake.column(found, UUID(first["case_id"])) == [UUID(first["case_id"])]
    assert (await submit(intake, near))["case_id"] == first["case_id"]
    assert "joined" not in await submit(intake, far)


async def test_after_the_end_a_report_is_only_offered_to_it(intake: Any, until: Any) -> None:
    """A new case, and the number of the old one for a person."""
    place = somewhere()
    old = await submit(intake, place)
    await intake.tell(fact(CaseClosed, old["case_id"], round=1, outcome=Outcome.SOLVED))
    await until(lambda: intake.outcomes(old["report_id"]))
    new = await submit(intake, place)
    assert new["case_id"] != old["case_id"]
    assert new["may_belong_to"] == old["case_id"]


@pytest.mark.race("merge of A into B while B is merged into A")
async def test_of_two_opposite_merges_one_is_refused(intake: Any, until: Any) -> None:
    """Asked at once, often: one is on its way, the other is told the survivor; none is stuck."""
    for _ in range(5):
        one, other = (await submit(intake))["case_id"], (await submit(intake))["case_id"]
        answers = await asyncio.gather(merge(intake, one, other), merge(intake, other, one))
        assert sorted(answer.status_code for answer in answers) == [202, 409]
        taken = next(answer for answer in answers if answer.status_code == 202).json()
        refused = next(answer for answer in answers if answer.status_code == 409).json()
        assert taken["survivor"] in refused["detail"]
        loser, survivor = taken["case_id"], taken["survivor"]
        await intake.tell(
            fact(CaseHandled, loser, outcome=Outcome.MERGED, round=1, survivor=survivor)
        )
        await until(lambda case_id=survivor: has_reports(intake, case_id, 2))


async def has_reports(intake: Any, case_id: str, count: int) -> bool:
    """Tell whether a case has so many reports."""
    found = await intake.column("SELECT 1 FROM reports WHERE case_id = $1", UUID(case_id))
    return len(found) == count


async def test_a_merge_and_its_undoing(intake: Any, until: Any) -> None:
    """The report moves, hears of the survivor's end, and leaves again with its words."""
    loser, survivor = await submit(intake), await submit(intake)
    assert (await merge(intake, loser["case_id"], survivor["case_id"])).status_code == 202
    await intake.tell(
        fact(
            CaseHandled,
            loser["case_id"],
            outcome=Outcome.MERGED,
            round=1,
            survivor=survivor["case_id"],
        ),
        fact(CaseClosed, loser["case_id"], round=1, outcome=Outcome.MERGED),
        fact(CaseClosed, survivor["case_id"], round=1, outcome=Outcome.SOLVED),
    )
    await until(lambda: intake.outcomes(loser["report_id"]))
    assert await case_of(intake, loser["report_id"]) == survivor["case_id"]
    [notice] = intake.notices(loser["report_id"])
    assert notice["notice_id"] == f"{loser['report_id']}/{survivor['case_id']}/1"
    assert (notice["text_key"], notice["case_id"]) == ("closed_solved", survivor["case_id"])
    await expect(intake, until, loser["case_id"], "case.filed.v1", "merge.requested.v1")
    view = (await intake.call("GET", f"/v1/cases/{loser['case_id']}", "channel")).json()
    assert (view["outcome"], view["survivor"]) == ("merged", survivor["case_id"])
    body = {"report_id": loser["report_id"]}
    path = f"/v1/cases/{survivor['case_id']}/unmerge"
    answer = await intake.call("POST", path, "operator", body)
    assert answer.status_code == 201, answer.text
    new = answer.json()["case_id"]
    assert await case_of(intake, loser["report_id"]) == new
    [filed] = await intake.told([new])
    assert (filed["type"], filed["report_id"]) == ("civicloop.case.filed.v1", loser["report_id"])
    first = (await intake.told([loser["case_id"]]))[0]
    assert (filed["place"], filed["matter"]) == (first["place"], first["matter"])
    wanted = {"purpose": "delivery", "case_ids": [new, loser["case_id"]]}
    told = (await intake.call("POST", "/v1/narratives", "service", wanted)).json()["narratives"]
    assert [item["state"] for item in told] == ["text", "none"]


async def test_a_refused_merge_is_told_and_clears_both_marks(intake: Any, until: Any) -> None:
    """The survivor, whose last reporter left meanwhile, asks to be ended."""
    loser, survivor = await submit(intake), await submit(intake)
    await merge(intake, loser["case_id"], survivor["case_id"])
    path = f"/v1/reports/{survivor['report_id']}/withdrawal"
    answer = (await intake.call("POST", path, "channel")).json()
    assert answer["withdrawal"] == "accepted"
    await intake.tell(fact(MergeRefused, loser["case_id"], survivor=survivor["case_id"]))
    await until(lambda: intake.outcomes(loser["report_id"]))
    [notice] = intake.notices(loser["report_id"])
    assert notice["text_key"] == "merge_refused"

    left = ("case.filed.v1", "report.withdrawn.v1", "withdrawal.requested.v1")
    await expect(intake, until, survivor["case_id"], *left)
    await intake.tell(fact(WithdrawalRefused, survivor["case_id"]))
    await until(lambda: intake.outcomes(survivor["report_id"]))
    await expect(intake, until, survivor["case_id"], *left, "report.attached.v1")


async def test_a_supplement_is_sealed_and_handed_out_last(intake: Any, until: Any) -> None:
    """In no table in the clear; gone with the reporter's key."""
    receipt = await submit(intake)
    path = f"/v1/reports/{receipt['report_id']}/supplements"
    for key, text in (("a", "就在车站旁"), ("b", "还没人来")):
        unique = f"{receipt['report_id']}{key}"
        answer = await intake.call("POST", path, "channel", {"text": text}, unique)
        assert answer.status_code == 201, answer.text
    wanted = {"purpose": "delivery", "case_ids": [receipt["case_id"]]}
    [told] = (await intake.call("POST", "/v1/narratives", "service", wanted)).json()["narratives"]
    assert told["text"] == "井盖不见了\n\n就在车站旁\n\n还没人来"
    sealed = await intake.column("SELECT sealed FROM supplements")
    assert not any("车站".encode() in content for content in sealed)
    supplemented = ["case.supplemented.v1"] * 2
    await expect(intake, until, receipt["case_id"], "case.filed.v1", *supplemented)
    identity = f"/v1/reports/{receipt['report_id']}/identity"
    assert (await intake.call("DELETE", identity, "operator")).status_code == 204
    [told] = (await intake.call("POST", "/v1/narratives", "service", wanted)).json()["narratives"]
    assert told["state"] == "erased"
    more = await intake.call("POST", path, "channel", {"text": "x"}, str(uuid4()))
    assert (more.status_code, more.json()["type"]) == (
        409,
        "urn:civicloop:problem:reporter_erased",
    )
