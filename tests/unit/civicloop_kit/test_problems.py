"""What a caller gets instead of an answer."""

import orjson
import pytest

from civicloop_kit.problems import PROBLEM_JSON, Problem, respond


def test_a_problem_is_a_document_of_its_standard() -> None:
    """Type, title, status and detail; errors only where there are any."""
    plain = Problem(404, "not_found", "no such case")
    assert plain.body() == {
        "type": "urn:civicloop:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "detail": "no such case",
    }
    named = Problem(422, "invalid", "it does not fit", [{"path": "body/x", "code": "missing"}])
    assert named.body()["errors"] == [{"path": "body/x", "code": "missing"}]


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (429, {"retry-after": "2"}),
        (503, {"retry-after": "2"}),
        (401, {"www-authenticate": "Bearer"}),
        (400, {}),
        (409, {}),
    ],
)
def test_the_status_brings_its_headers(status: int, headers: dict[str, str]) -> None:
    """When to come back, and how to identify oneself."""
    response = respond(Problem(status, "code", "detail"))
    assert response.status_code == status
    assert response.media_type == PROBLEM_JSON
    sent = {name: response.headers.get(name) for name in ("retry-after", "www-authenticate")}
    assert {name: value for name, value in sent.items() if value} == headers
    assert orjson.loads(response.body)["status"] == status
