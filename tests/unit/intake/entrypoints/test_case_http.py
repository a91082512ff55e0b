"""Doors for those who look after a report or a case: what they do, and what they refuse."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from civicloop_kit.command import CaseCommand
from civicloop_kit.vault import ErasedError
from intake.domain.case import evolve
from intake.domain.commands import AttachReports
from intake.domain.facts import CaseClosed, CaseHandled
from intake.domain.model import Outcome
from intake.testing import NOW, City, fault_paths, hand_in, problem_code, sample_body

Headers = Callable[..., Mapping[str, str]]


class Desk:
    """Somebody with the rights of a channel and of an operator."""

    def __init__(self, client: httpx.AsyncClient, headers: Headers, city: City) -> None:
        self.city = city
        self._client = client
        self._headers = headers

    async def report(self, **changes: Any) -> dict[str, str]:
        """Hand in a report."""
        headers = self._headers("channel", str(uuid4()))
        receipt: dict[str, str] = (
            await hand_in(self._client, headers, sample_body(**changes))
        ).json()
        return receipt

    async def withdraw(self, report_id: object) -> httpx.Response:
        """Take a report back."""
        path = f"/v1/reports/{report_id}/withdrawal"
        return await self._client.post(path, headers=self._headers("channel"))

    async def add(
        self, report_id: object, text: object = "就在车站旁", key: str | None = "s"
    ) -> httpx.Response:
        """Add words to a report."""
        path = f"/v1/reports/{report_id}/supplements"
        headers = self._headers("channel", key)
        return await self._client.post(path, json={"text": text}, headers=headers)

    async def merge(
        self, case_id: object, survivor: object, key: str | None = None
    ) -> httpx.Response:
        """Ask for a merge."""
        path, body = f"/v1/cases/{case_id}/merge", {"survivor": str(survivor)}
        return await self._client.post(path, json=body, headers=self._headers("operator", key))

    async def unmerge(
        self, case_id: object, report_id: object, key: str | None = None
    ) -> httpx.Response:
        """Take a report out."""
        path, body = f"/v1/cases/{case_id}/unmerge", {"report_id": str(report_id)}
        return await self._client.post(path, json=body, headers=self._headers("operator", key))

    async def merged(self, loser: str, survivor: str) -> None:
        """Merge two cases to the end."""
        await self.merge(loser, survivor)
        cases = self.city.records.cases
        granted = CaseHandled(round=1, outcome=Outcome.MERGED, occurred_at=NOW)
        cases[UUID(loser)] = evolve(cases[UUID(loser)], granted)
        body = AttachReports(job_id="merge/1", claim_no=1)
        command = CaseCommand(
            case_id=UUID(survivor), others=(UUID(loser),), body=body, principal="intake"
        )
        await self.city.commands.submit(command)

    def close(self, case_id: str) -> None:
        """End a case."""
        cases = self.city.records.cases
        closed = CaseClosed(round=1, outcome=Outcome.SOLVED, occurred_at=NOW)
        cases[UUID(case_id)] = evolve(cases[UUID(case_id)], closed)

    async def view(self, case_id: object) -> dict[str, Any]:
        """Look at a case."""
        answer = await self._client.get(f"/v1/cases/{case_id}", headers=self._headers("channel"))
        view: dict[str, Any] = answer.json()
        return view

    async def narrative(self, case_id: str) -> dict[str, str]:
        """Read what a department gets."""
        body = {"purpose": "delivery", "case_ids": [case_id]}
        headers = self._headers("service", name="department-adapter")
        answer = await self._client.post("/v1/narratives", json=body, headers=headers)
        [found] = answer.json()["narratives"]
        told: dict[str, str] = found
        return told


@pytest.fixture
def desk(client: httpx.AsyncClient, headers: Headers, city: City) -> Desk:
    """Give somebody with rights."""
    return Desk(client, headers, city)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Return status and code of a problem."""
    return answer.status_code, problem_code(answer)


@pytest.mark.endpoint("POST /v1/reports/{report_id}/withdrawal", 200)
async def test_a_report_is_taken_back(desk: Desk) -> None:
    """Asked again it is the same answer; its words are given out no more."""
    receipt = await desk.report()
    answers = [await desk.withdraw(receipt["report_id"]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json() == {
        "case_id": receipt["case_id"],
        "report_id": receipt["report_id"],
        "withdrawal": "requested",
    }
    assert (await desk.narrative(receipt["case_id"]))["state"] == "none"


@pytest.mark.endpoint("POST /v1/reports/{report_id}/withdrawal", 404)
async def test_an_unknown_report_is_not_taken_back(desk: Desk) -> None:
    """404, and what is no id 422."""
    assert refusal(await desk.withdraw(uuid4())) == (404, "report_unknown")
    assert fault_paths(await desk.withdraw("mine")) == ["path/report_id"]


@pytest.mark.endpoint("POST /v1/reports/{report_id}/withdrawal", 409)
async def test_a_closed_case_is_not_left(desk: Desk) -> None:
    """It has its end."""
    receipt = await desk.report()
    desk.close(receipt["case_id"])
    assert refusal(await desk.withdraw(receipt["report_id"])) == (409, "case_ended")


async def test_a_report_that_moved_is_found_where_it_is(desk: Desk) -> None:
    """Its reporter need not know of the merge."""
    loser, survivor = await desk.report(), await desk.report()
    await desk.merged(loser["case_id"], survivor["case_id"])
    answer = await desk.withdraw(loser["report_id"])
    assert answer.json()["case_id"] == survivor["case_id"]


async def test_a_report_that_keeps_moving_is_a_conflict(desk: Desk) -> None:
    """The desk does not run after it for ever."""
    loser, survivor = await desk.report(), await desk.report()
    before = desk.city.records.members[UUID(loser["report_id"])]
    await desk.merged(loser["case_id"], survivor["case_id"])
    desk.city.records.members[UUID(loser["report_id"])] = before
    assert refusal(await desk.withdraw(loser["report_id"])) == (409, "report_elsewhere")


@pytest.mark.endpoint("POST /v1/reports/{report_id}/supplements", 200, 201)
async def test_a_supplement_is_a_later_paragraph(desk: Desk) -> None:
    """201 with its id, 200 when it is sent again; the department reads it after the narrative."""
    receipt = await desk.report()
    first = await desk.add(receipt["report_id"])
    again = await desk.add(receipt["report_id"])
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json().keys() == {"case_id", "report_id", "supplement_id", "reaches_departments"}
    await desk.add(receipt["report_id"], "还没人来", key="t")
    text = (await desk.narrative(receipt["case_id"]))["text"]
    assert text == "井盖不见了\n\n就在车站旁\n\n还没人来"


async def test_supplements_come_after_all_narratives(desk: Desk) -> None:
    """Also those of another report of the case."""
    loser, survivor = await desk.report(narrative="二"), await desk.report(narrative="一")
    await desk.add(loser["report_id"], "三")
    await desk.merged(loser["case_id"], survivor["case_id"])
    text = (await desk.narrative(survivor["case_id"]))["text"]
    assert text.split("\n\n")[-1] == "三"
    assert len(text.split("\n\n")) == 3


async def test_a_report_without_a_word_can_be_added_to(desk: Desk) -> None:
    """It had no key so far."""
    receipt = await desk.report(narrative=None, contact=None)
    assert (await desk.add(receipt["report_id"])).status_code == 201
    assert (await desk.narrative(receipt["case_id"]))["text"] == "就在车站旁"


async def test_no_added_word_is_kept_in_the_clear(desk: Desk) -> None:
    """Neither in state nor in facts nor in the table."""
    receipt = await desk.report()
    await desk.add(receipt["report_id"])
    records = desk.city.records
    assert "车站" not in repr((records.cases, records.supplements, desk.city.commands.decisions))
    assert "车站".encode() not in records.supplements[0].sealed


@pytest.mark.endpoint("POST /v1/reports/{report_id}/supplements", 400, 404)
async def test_a_supplement_needs_a_key_and_a_report(desk: Desk) -> None:
    """Without a key a retry would add it twice; a key is made for no unknown report."""
    receipt = await desk.report()
    assert refusal(await desk.add(receipt["report_id"], key=None)) == (
        400,
        "idempotency_key_missing",
    )
    unknown = uuid4()
    assert refusal(await desk.add(unknown)) == (404, "report_unknown")
    assert unknown not in desk.city.keys.keys


@pytest.mark.parametrize("text", ["", "x" * 4_001, "a\0b", 5])
async def test_a_supplement_is_text(desk: Desk, text: object) -> None:
    """Neither nothing nor too much."""
    receipt = await desk.report()
    answer = await desk.add(receipt["report_id"], text)
    assert (answer.status_code, fault_paths(answer)) == (422, ["body/text"])


@pytest.mark.endpoint("POST /v1/reports/{report_id}/supplements", 409)
async def test_a_supplement_comes_too_late(desk: Desk) -> None:
    """After the end, after a withdrawal, after an erasure, or under a used key."""
    receipt, other = await desk.report(), await desk.report()
    await desk.add(receipt["report_id"])
    assert refusal(await desk.add(receipt["report_id"], "别的")) == (409, "idempotency_key_reused")
    assert refusal(await desk.add(other["report_id"])) == (409, "idempotency_key_reused")
    desk.city.keys.failure = ErasedError(ErasedError.__doc__)
    assert refusal(await desk.add(receipt["report_id"], key="u")) == (409, "reporter_erased")
    desk.city.keys.failure = None
    await desk.withdraw(receipt["report_id"])
    assert refusal(await desk.add(receipt["report_id"], key="u")) == (409, "report_withdrawn")
    desk.close(other["case_id"])
    assert refusal(await desk.add(other["report_id"], key="u")) == (409, "case_ended")


async def test_too_much_is_not_added_nor_while_a_report_moves(desk: Desk) -> None:
    """Each refusal says why."""
    receipt, survivor = await desk.report(), await desk.report()
    for number in range(20):
        added = await desk.add(receipt["report_id"], key=f"n{number}")
        assert added.status_code == 201
    full = await desk.add(receipt["report_id"], key="u")
    assert refusal(full) == (409, "too_many_supplements")
    await desk.merge(survivor["case_id"], receipt["case_id"])
    moving = await desk.add(survivor["report_id"], key="v")
    assert refusal(moving) == (409, "merge_under_way")
    assert "try again in a moment" in moving.json()["detail"]


@pytest.mark.endpoint("POST /v1/cases/{case_id}/merge", 200, 202)
async def test_a_merge_is_on_its_way(desk: Desk) -> None:
    """202: the router has to agree; 200 when the same is asked again under its key."""
    loser, survivor = await desk.report(), await desk.report()
    answer = await desk.merge(loser["case_id"], survivor["case_id"], "m")
    assert answer.status_code == 202
    assert answer.json() == {
        "case_id": loser["case_id"],
        "survivor": survivor["case_id"],
        "state": "merging",
    }
    again = await desk.merge(loser["case_id"], survivor["case_id"], "m")
    assert (again.status_code, again.json()) == (200, answer.json())
    assert "survivor" not in await desk.view(loser["case_id"])


async def test_a_merged_case_tells_its_survivor(desk: Desk) -> None:
    """Who asks after the old number finds the new one."""
    loser, survivor = await desk.report(), await desk.report()
    await desk.merged(loser["case_id"], survivor["case_id"])
    assert (await desk.view(loser["case_id"]))["survivor"] == survivor["case_id"]
    assert "survivor" not in await desk.view(survivor["case_id"])


async def test_merges_follow_the_chain(desk: Desk) -> None:
    """A case that was merged stands for the one that lives on."""
    first, second, third, fourth = [(await desk.report())["case_id"] for _ in range(4)]
    await desk.merged(first, second)
    await desk.merged(second, third)
    answer = await desk.merge(fourth, first)
    assert (answer.status_code, answer.json()["survivor"]) == (202, third)


@pytest.mark.endpoint("POST /v1/cases/{case_id}/merge", 404)
async def test_an_unknown_case_is_not_merged(desk: Desk) -> None:
    """On neither side; what is no id is 422."""
    known = (await desk.report())["case_id"]
    assert refusal(await desk.merge(uuid4(), known)) == (404, "case_unknown")
    assert refusal(await desk.merge(known, uuid4())) == (404, "case_unknown")
    assert fault_paths(await desk.merge(known, "mine")) == ["body/survivor"]


@pytest.mark.endpoint("POST /v1/cases/{case_id}/merge", 409)
async def test_a_merge_that_cannot_be_is_refused_with_the_survivor(desk: Desk) -> None:
    """With itself, the other way round, elsewhere, or with a key of another merge."""
    one, other, third = [(await desk.report())["case_id"] for _ in range(3)]
    assert refusal(await desk.merge(one, one)) == (409, "already_merged")
    await desk.merge(one, other, "m")
    assert refusal(await desk.merge(one, third, "m")) == (409, "idempotency_key_reused")
    for loser, survivor in ((other, one), (one, third), (third, one)):
        answer = await desk.merge(loser, survivor)
        assert refusal(answer) == (409, "merge_under_way")
        assert other in answer.json()["detail"]


async def test_after_a_merge_both_numbers_are_one_case(desk: Desk) -> None:
    """The loser cannot be merged again, and the survivor not into it."""
    loser, survivor, third = [(await desk.report())["case_id"] for _ in range(3)]
    await desk.merged(loser, survivor)
    for one, other in ((loser, third), (survivor, loser), (loser, survivor)):
        answer = await desk.merge(one, other)
        assert refusal(answer) == (409, "already_merged")
        assert survivor in answer.json()["detail"]


async def test_a_survivor_that_goes_on_meanwhile_is_followed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the lock it was merged: the look is repeated."""
    loser, survivor, third = [(await desk.report())["case_id"] for _ in range(3)]
    stale = dict(desk.city.records.cases)
    await desk.merged(survivor, third)
    looked: list[UUID] = []
    fresh = desk.city.records.case

    async def case(case_id: UUID) -> Any:
        looked.append(case_id)
        return stale[case_id] if len(looked) == 1 else await fresh(case_id)

    monkeypatch.setattr(type(desk.city.records), "case", lambda _self, case_id: case(case_id))
    answer = await desk.merge(loser, survivor)
    assert (answer.status_code, answer.json()["survivor"]) == (202, third)


@pytest.mark.endpoint("POST /v1/cases/{case_id}/unmerge", 200, 201)
async def test_an_unmerged_report_has_a_case_of_its_own(desk: Desk) -> None:
    """201 with it, 200 under the same key; withdrawals go there."""
    loser, survivor = await desk.report(), await desk.report()
    await desk.merged(loser["case_id"], survivor["case_id"])
    answer = await desk.unmerge(survivor["case_id"], loser["report_id"], "u")
    assert answer.status_code == 201
    new = answer.json()
    assert new == {"case_id": new["case_id"], "report_id": loser["report_id"], "status": "filed"}
    assert new["case_id"] not in {loser["case_id"], survivor["case_id"]}
    again = await desk.unmerge(survivor["case_id"], loser["report_id"], "u")
    assert (again.status_code, again.json()) == (200, new)
    assert (await desk.withdraw(loser["report_id"])).json()["case_id"] == new["case_id"]
    assert (await desk.narrative(survivor["case_id"]))["text"] == "井盖不见了"


@pytest.mark.endpoint("POST /v1/cases/{case_id}/unmerge", 404, 409)
async def test_a_report_that_cannot_leave_stays(desk: Desk) -> None:
    """Of an unknown case, of another case, or the only one."""
    one, other = await desk.report(), await desk.report()
    assert refusal(await desk.unmerge(uuid4(), one["report_id"])) == (404, "case_unknown")
    assert refusal(await desk.unmerge(one["case_id"], other["report_id"])) == (
        409,
        "report_elsewhere",
    )
    assert refusal(await desk.unmerge(one["case_id"], one["report_id"])) == (409, "last_report")
    assert fault_paths(await desk.unmerge(one["case_id"], "mine")) == ["body/report_id"]
