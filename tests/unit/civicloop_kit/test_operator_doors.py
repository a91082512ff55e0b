"""The operators' doors: what they show, what they pass on, and how they refuse."""

import json
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.health import Health
from civicloop_kit.held_reads import (
    Cause,
    DeadLetter,
    HeldCase,
    HeldGroup,
    HeldPlace,
    LetterGroup,
    UnknownLetterError,
)
from civicloop_kit.http import make_app
from civicloop_kit.mending import NotFailedError, NotNextError, UnknownHeldError
from civicloop_kit.operation import (
    Discarded,
    Kind,
    Operation,
    Selection,
    UnknownCaseError,
    UnknownOperationError,
    Why,
)
from civicloop_kit.operator_doors import OPERATOR_REFUSALS, operator_router

START = datetime(2026, 3, 2, 1, tzinfo=UTC)
CASE, OPERATION, LETTER = (UUID(int=number) for number in (7, 8, 9))
KEY = OKPKey.generate_key("Ed25519")
CAUSE = Cause(reason="bug", error="ZeroDivisionError", source="/intake/cases", release="0.1.0")
HELD = HeldCase(case_id=CASE, cause=CAUSE, records=2, since=START, trace_id="a" * 32)
PLACE = HeldPlace(
    topic="intake.cases",
    partition=3,
    offset=41,
    source="/intake/cases",
    sequence=2,
    fact="CaseFiled",
    reason="bug",
    error="ZeroDivisionError",
    release="0.1.0",
    since=START,
    trace_id=None,
)
DEAD = DeadLetter(
    letter_id=LETTER,
    topic="intake.cases",
    partition=0,
    offset=5,
    reason="ce_id is missing",
    digest="ab" * 32,
    sealed_bytes=120,
    recorded_at=START,
    trace_id=None,
)
RETRIED = Operation(
    operation_id=OPERATION,
    kind=Kind.RETRY,
    requested_at=START,
    principal="sre-1",
    selection=Selection(case_id=CASE),
    cases=1,
    freed=1,
    records=2,
    finished_at=START,
)
GONE = Discarded(
    place=("intake.cases", 3, 41),
    source="/intake/cases",
    sequence=2,
    digest="cd" * 32,
    why=Why.NOT_A_FACT,
)


@dataclass
class Desk:
    """Reads and operations in one, answering as set."""

    operation: Operation = RETRIED
    error: Exception | None = None
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    async def groups(self) -> list[HeldGroup]:
        """Return one cause."""
        return [HeldGroup(cause=CAUSE, cases=1, records=2, since=START)]

    async def cases(self, **wish: Any) -> list[HeldCase]:
        """Return one case."""
        self.asked.append(("cases", wish))
        return [HELD]

    async def case(self, case_id: UUID) -> tuple[HeldCase, list[HeldPlace]]:
        """Return it, or nothing."""
        self._raise()
        return replace(HELD, case_id=case_id), [PLACE]

    async def letter_groups(self) -> list[LetterGroup]:
        """Return one reason."""
        return [
            LetterGroup(reason=DEAD.reason, topic=DEAD.topic, letters=1, since=START, newest=START)
        ]

    async def letters(self, **wish: Any) -> list[DeadLetter]:
        """Return one letter."""
        self.asked.append(("letters", wish))
        return [DEAD]

    async def letter(self, _letter_id: UUID) -> DeadLetter:
        """Return it, or nothing."""
        self._raise()
        return DEAD

    async def retry(self, *wish: Any) -> Operation:
        """Remember what was asked."""
        self.asked.append(wish)
        self._raise()
        return self.operation

    async def discard(self, *wish: Any) -> Operation:
        """Remember what was asked."""
        return await self.retry(*wish)

    async def find(self, _operation_id: UUID) -> Operation:
        """Return it, or nothing."""
        self._raise()
        return self.operation

    async def newest(self, before: UUID | None, limit: int) -> list[Operation]:
        """Return one."""
        self.asked.append((before, limit))
        return [self.operation]

    def _raise(self) -> None:
        if self.error is not None:
            raise self.error


@pytest.fixture
def desk() -> Desk:
    """Give a desk."""
    return Desk()


@pytest.fixture
def client(desk: Desk) -> TestClient:
    """Give a service with nothing but these doors, to an operator."""
    app = make_app(
        "test",
        [operator_router(cast("Any", desk), cast("Any", desk))],
        OPERATOR_REFUSALS,
        tokens=TokenVerifier(json.dumps(KEY.as_dict(private=False))),
        health=Health(),
        max_body_bytes=10_000,
    )
    now = int(time.time())
    claims = {"iss": ISSUER, "sub": "sre-1", "roles": ["operator"], "iat": now, "exp": now + 600}
    token = jwt.encode({"alg": "Ed25519"}, claims, KEY, algorithms=["Ed25519"])
    return TestClient(app, headers={"Authorization": f"Bearer {token}"})


RECORD = {"topic": "intake.cases", "partition": 3, "offset": 41, "why": "not_a_fact"}
DISCARD = f"/v1/held/cases/{CASE}/discard"


@pytest.mark.endpoint("GET /v1/held", 200)
def test_what_is_held_is_shown_by_cause_and_by_case(client: TestClient, desk: Desk) -> None:
    """A full page names where the next one begins."""
    wish = {"reason": "bug", "error": "ZeroDivisionError", "limit": 1, "after": str(UUID(int=1))}
    answer = client.get("/v1/held", params=wish).json()
    assert answer["causes"][0]["cause"]["error"] == "ZeroDivisionError"
    assert (answer["causes"][0]["cases"], answer["causes"][0]["records"]) == (1, 2)
    assert (answer["cases"][0]["case_id"], answer["next"]) == (str(CASE), str(CASE))
    assert desk.asked == [
        (
            "cases",
            {"after": UUID(int=1), "reason": "bug", "error": "ZeroDivisionError", "limit": 1},
        )
    ]


@pytest.mark.parametrize("path", ["/v1/held", "/v1/operations", "/v1/dead-letters"])
def test_the_last_page_names_no_next_one(client: TestClient, path: str) -> None:
    """It is not full."""
    assert client.get(path, params={"limit": 2}).json()["next"] is None


@pytest.mark.parametrize("path", ["/v1/held", "/v1/operations", "/v1/dead-letters"])
@pytest.mark.parametrize(("limit", "status"), [(0, 422), (1, 200), (500, 200), (501, 422)])
def test_a_page_has_a_limit(client: TestClient, path: str, limit: int, status: int) -> None:
    """From one to five hundred."""
    assert client.get(path, params={"limit": limit}).status_code == status


@pytest.mark.endpoint("GET /v1/held/cases/{case_id}", 200)
def test_one_case_shows_where_its_records_lie(client: TestClient) -> None:
    """Place, number, reason, error, since when, and the trace; nothing of what they say."""
    answer = client.get(f"/v1/held/cases/{CASE}").json()
    assert answer["case"]["trace_id"] == "a" * 32
    (record,) = answer["held"]
    assert (record["topic"], record["partition"], record["offset"]) == ("intake.cases", 3, 41)
    assert set(record) == {
        "topic",
        "partition",
        "offset",
        "source",
        "sequence",
        "fact",
        "reason",
        "error",
        "release",
        "since",
        "trace_id",
    }


@pytest.mark.endpoint("POST /v1/held/retry", 200)
def test_one_case_is_answered_when_it_was_tried(client: TestClient, desk: Desk) -> None:
    """Who asked is known to what writes it down."""
    answer = client.post("/v1/held/retry", json={"case_id": str(CASE), "rate": 7})
    assert (answer.status_code, answer.json()["freed"]) == (200, 1)
    assert desk.asked == [("sre-1", Selection(case_id=CASE), 7)]


@pytest.mark.endpoint("POST /v1/held/retry", 202)
@pytest.mark.parametrize(
    ("body", "selection"),
    [
        ({"all": True}, Selection()),
        ({"reason": "timer"}, Selection(reason="timer")),
        ({"reason": "bug", "error": "KeyError"}, Selection(reason="bug", error="KeyError")),
    ],
)
def test_more_cases_go_on_by_themselves(
    client: TestClient, desk: Desk, body: dict[str, Any], selection: Selection
) -> None:
    """202 with what is known so far."""
    desk.operation = replace(RETRIED, selection=selection, finished_at=None)
    answer = client.post("/v1/held/retry", json=body)
    assert (answer.status_code, answer.json()["finished_at"]) == (202, None)
    assert desk.asked == [("sre-1", selection, 50)]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"case_id": str(CASE), "all": True},
        {"all": False},
        {"error": "KeyError", "all": True},
        {"reason": "gap"},
        {"all": True, "rate": 0},
        {"all": True, "rate": 501},
        {"reason": "bug", "error": ""},
        {"reason": "bug", "error": "\x00"},
    ],
)
def test_a_retry_names_exactly_one_choice(
    client: TestClient, desk: Desk, body: dict[str, Any]
) -> None:
    """Anything else is 422, and nothing is begun."""
    assert client.post("/v1/held/retry", json=body).status_code == 422
    assert desk.asked == []


@pytest.mark.endpoint("POST /v1/held/cases/{case_id}/discard", 200)
def test_a_record_is_discarded_with_its_reason(client: TestClient, desk: Desk) -> None:
    """By its place in Kafka; the answer says what its source advanced to."""
    desk.operation = replace(RETRIED, kind=Kind.DISCARD, discarded=GONE)
    answer = client.post(DISCARD, json=RECORD)
    assert answer.status_code == 200
    assert desk.asked == [("sre-1", CASE, ("intake.cases", 3, 41), Why.NOT_A_FACT)]
    shown = answer.json()
    assert (shown["sequence"], shown["why"], shown["digest"]) == (2, "not_a_fact", "cd" * 32)


def test_a_place_that_no_database_keeps_is_refused(client: TestClient, desk: Desk) -> None:
    """A NUL would fail there, as a bug."""
    assert client.post(DISCARD, json={**RECORD, "topic": "intake\x00cases"}).status_code == 422
    assert desk.asked == []


@pytest.mark.endpoint("POST /v1/held/cases/{case_id}/discard", 202)
def test_what_waits_behind_a_discarded_record_may_take_longer(
    client: TestClient, desk: Desk
) -> None:
    """The record is out; another process is at the rest."""
    desk.operation = replace(RETRIED, discarded=GONE, finished_at=None)
    assert client.post(DISCARD, json=RECORD).status_code == 202


@pytest.mark.endpoint("GET /v1/operations", 200)
def test_operations_are_listed(client: TestClient, desk: Desk) -> None:
    """With who asked for them."""
    answer = client.get("/v1/operations", params={"limit": 1, "before": str(LETTER)}).json()
    assert (answer["operations"][0]["principal"], answer["next"]) == ("sre-1", str(OPERATION))
    assert desk.asked == [(LETTER, 1)]


@pytest.mark.endpoint("GET /v1/operations/{operation_id}", 200)
def test_an_operation_shows_how_far_it_is(client: TestClient) -> None:
    """Also one that goes on."""
    assert client.get(f"/v1/operations/{OPERATION}").json()["cases"] == 1


@pytest.mark.endpoint("GET /v1/dead-letters", 200)
def test_dead_letters_are_listed_by_reason_and_one_by_one(client: TestClient, desk: Desk) -> None:
    """The page may be of one reason only."""
    wish = {"limit": 1, "reason": DEAD.reason}
    answer = client.get("/v1/dead-letters", params=wish).json()
    assert (answer["reasons"][0]["letters"], answer["next"]) == (1, str(LETTER))
    assert desk.asked == [("letters", {"before": None, "reason": DEAD.reason, "limit": 1})]


@pytest.mark.endpoint("GET /v1/dead-letters/{letter_id}", 200)
def test_a_dead_letter_shows_its_digest_and_not_its_content(client: TestClient) -> None:
    """What it said stays sealed."""
    answer = client.get(f"/v1/dead-letters/{LETTER}").json()
    assert (answer["digest"], answer["sealed_bytes"], answer["unsent"]) == ("ab" * 32, 120, False)
    assert "sealed" not in answer


@pytest.mark.endpoint("GET /v1/held/cases/{case_id}", 404)
@pytest.mark.endpoint("POST /v1/held/retry", 404)
@pytest.mark.endpoint("POST /v1/held/cases/{case_id}/discard", 404, 409)
@pytest.mark.endpoint("GET /v1/operations/{operation_id}", 404)
@pytest.mark.endpoint("GET /v1/dead-letters/{letter_id}", 404)
@pytest.mark.parametrize(
    ("asked", "error", "status", "code"),
    [
        (("GET", f"/v1/held/cases/{CASE}"), UnknownCaseError, 404, "unknown_held_case"),
        (
            ("POST", "/v1/held/retry", {"case_id": str(CASE)}),
            UnknownCaseError,
            404,
            "unknown_held_case",
        ),
        (("POST", DISCARD, RECORD), UnknownHeldError, 404, "unknown_held_record"),
        (("POST", DISCARD, RECORD), NotFailedError, 409, "not_failed"),
        (("POST", DISCARD, RECORD), NotNextError, 409, "not_next"),
        (("GET", f"/v1/operations/{CASE}"), UnknownOperationError, 404, "unknown_operation"),
        (("GET", f"/v1/dead-letters/{CASE}"), UnknownLetterError, 404, "unknown_dead_letter"),
    ],
)
def test_each_refusal_has_its_code(
    client: TestClient,
    desk: Desk,
    asked: tuple[Any, ...],
    error: type[Exception],
    status: int,
    code: str,
) -> None:
    """And says in words what to do."""
    desk.error = error(error.__doc__)
    method, path, *body = asked
    answer = client.request(method, path, json=body[0] if body else None)
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:civicloop:problem:{code}")
    assert answer.json()["detail"] == error.__doc__
