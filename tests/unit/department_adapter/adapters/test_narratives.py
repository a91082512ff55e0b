"""Narratives from intake."""

import json
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from department_adapter.adapters.narratives import IntakeNarratives
from department_adapter.ports import NarrativeState, NarrativesUnavailableError


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    """Return where our token is."""
    path = tmp_path / "token"
    path.write_text("token")
    return path


def intake(
    token_file: Path, answer: httpx.Response | Exception, asked: list[httpx.Request]
) -> IntakeNarratives:
    """Return narratives from an intake that answers so."""

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    return IntakeNarratives(client, "http://intake/", token_file)


def _replace(token_file: Path, token: str) -> None:
    token_file.write_text(token)


def told(*items: dict[str, str]) -> httpx.Response:
    """Return an answer of intake."""
    return httpx.Response(200, json={"narratives": list(items)})


async def test_the_text_comes_in_one_request_with_our_own_token(token_file: Path) -> None:
    """One look-up for many cases, for the purpose of delivery."""
    first, second, asked = uuid4(), uuid4(), list[httpx.Request]()
    answer = told(
        {"case_id": str(first), "state": "text", "text": "水管爆裂"},
        {"case_id": str(second), "state": "erased"},
    )
    found = await intake(token_file, answer, asked).fetch([first, second])
    assert found[first].text == "水管爆裂"
    assert found[second].state is NarrativeState.ERASED
    (request,) = asked
    assert str(request.url) == "http://intake/v1/narratives"
    assert request.headers["authorization"] == "Bearer token"
    body = json.loads(request.content)
    assert body == {"purpose": "delivery", "case_ids": [str(first), str(second)]}


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503),
        httpx.Response(500),
        httpx.Response(403),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"narratives": []}),
        httpx.ConnectError("down"),
        httpx.ReadTimeout("slow"),
    ],
)
async def test_without_a_sound_answer_deliveries_wait(
    token_file: Path, answer: httpx.Response | Exception
) -> None:
    """Nothing is delivered without knowing what may be told."""
    with pytest.raises(NarrativesUnavailableError):
        await intake(token_file, answer, []).fetch([UUID(int=1)])


@pytest.mark.parametrize(
    "fault", [httpx.Response(500), httpx.Response(200, text="?"), httpx.ReadTimeout("slow")]
)
async def test_one_case_that_spoils_the_answer_holds_back_few_others(
    token_file: Path, fault: httpx.Response | Exception
) -> None:
    """A batch that failed is asked for in ten parts; the nine without that case are answered."""
    bad, sizes = UUID(int=7), list[int]()

    def handle(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)["case_ids"]
        sizes.append(len(asked))
        if str(bad) not in asked:
            return told(*({"case_id": case_id, "state": "none"} for case_id in asked))
        if isinstance(fault, Exception):
            raise fault
        return fault

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
    narratives = IntakeNarratives(client, "http://intake/", token_file)
    found = await narratives.fetch([UUID(int=number) for number in range(100)])
    assert sorted(case_id.int for case_id in found) == list(range(10, 100))
    assert sizes == [100] + [10] * 10
    sizes.clear()
    few = await narratives.fetch([UUID(int=number) for number in range(5, 9)])
    assert sorted(case_id.int for case_id in few) == [5, 6, 8]
    assert sizes == [4, 1, 1, 1, 1]


async def test_what_an_answer_leaves_out_waits_alone(token_file: Path) -> None:
    """All that was told is delivered, without a second request."""
    first, second, asked = uuid4(), uuid4(), list[httpx.Request]()
    answer = told({"case_id": str(first), "state": "none"})
    found = await intake(token_file, answer, asked).fetch([first, second])
    assert (set(found), len(asked)) == ({first}, 1)


@pytest.mark.parametrize(
    "answer", [httpx.Response(503), httpx.Response(403), httpx.ConnectError("down")]
)
async def test_an_intake_that_is_away_is_not_asked_in_parts(
    token_file: Path, answer: httpx.Response | Exception
) -> None:
    """No case is to blame, and many requests would not help."""
    asked: list[httpx.Request] = []
    with pytest.raises(NarrativesUnavailableError):
        await intake(token_file, answer, asked).fetch([uuid4(), uuid4()])
    assert len(asked) == 1


async def test_a_renewed_token_is_taken_up(token_file: Path) -> None:
    """Without a restart: the file is read for every look-up."""
    case_id, asked = uuid4(), list[httpx.Request]()
    narratives = intake(token_file, told({"case_id": str(case_id), "state": "none"}), asked)
    await narratives.fetch([case_id])
    _replace(token_file, "renewed\n")
    await narratives.fetch([case_id])
    assert [request.headers["authorization"] for request in asked] == [
        "Bearer token",
        "Bearer renewed",
    ]


async def test_without_a_token_deliveries_wait(tmp_path: Path) -> None:
    """Nobody is asked, and no department is to blame."""
    asked: list[httpx.Request] = []
    with pytest.raises(NarrativesUnavailableError):
        await intake(tmp_path / "gone", told(), asked).fetch([UUID(int=1)])
    assert asked == []


async def test_a_text_that_does_not_fit_is_not_in_the_error(token_file: Path) -> None:
    """What a person said must not reach a log."""
    answer = told({"case_id": "no uuid", "state": "text", "text": "13800000000"})
    with pytest.raises(NarrativesUnavailableError) as caught:
        await intake(token_file, answer, []).fetch([UUID(int=1)])
    assert caught.value.__cause__ is None
    assert "13800000000" not in str(caught.value)
