"""What callers send: a wrong field is named, and never repeated."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from intake.testing import (
    STANDARD,
    City,
    fault_paths,
    problem_code,
    sample_body,
)

Headers = Callable[..., Mapping[str, str]]


WRONG: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "unknown channel": ({"channel": "fax"}, "body/channel"),
    "unknown field": ({"priority": 1}, "body/priority"),
    "unknown part": ({"place": {"division": "410105", "address": "x"}}, "body/place/address"),
    "division": ({"place": {"division": "41"}}, "body/place/division"),
    "latitude": (
        {"place": {"division": "410105", "latitude": 91.0, "longitude": 0.0}},
        "body/place/latitude",
    ),
    "latitude as text": (
        {"place": {"division": "410105", "latitude": "34", "longitude": 0.0}},
        "body/place/latitude",
    ),
    "half a position": ({"place": {"division": "410105", "latitude": 34.0}}, "body/place"),
    "code": (
        {"matter": {"standard_ref": STANDARD, "kind": "matter", "code": "1"}},
        "body/matter/code",
    ),
    "empty narrative": ({"narrative": ""}, "body/narrative"),
    "long narrative": ({"narrative": "长" * 4001}, "body/narrative"),
    "NUL": ({"narrative": "a\x00b"}, "body/narrative"),
    "NUL in a name": ({"contact": {"name": "a\x00"}}, "body/contact/name"),
    "lone surrogate": ({"narrative": "\ud800"}, "body/narrative"),
    "phone": ({"contact": {"phone": "call me"}}, "body/contact/phone"),
    "language": ({"contact": {"language": "fr"}}, "body/contact/language"),
    "external of a channel": ({"external": {"lead": "water"}}, "body/external"),
    "external without a zone": (
        {"channel": "import", "external": {"opened_at": "2026-05-09T08:00:00"}},
        "body/external/opened_at",
    ),
    "external time as number": (
        {"channel": "import", "external": {"clock": {"due_at": 1778313600}}},
        "body/external/clock/due_at",
    ),
    "replay without opening": (
        {
            "channel": "import",
            "external": {
                "replay": {"run": "r", "handled_at": None, "as_of": "2026-01-01T00:00:00Z"}
            },
        },
        "body/external",
    ),
    "handled before opened": (
        {
            "channel": "import",
            "external": {
                "opened_at": "2026-01-02T00:00:00Z",
                "replay": {
                    "run": "r",
                    "handled_at": "2026-01-01T00:00:00Z",
                    "as_of": "2026-01-03T00:00:00Z",
                },
            },
        },
        "body/external",
    ),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_wrong_field_is_named(
    client: httpx.AsyncClient, headers: Headers, city: City, name: str
) -> None:
    """422 with the field's path; nothing is kept, and the value is not repeated."""
    changes, path = WRONG[name]
    sent = json.dumps(sample_body(**changes))
    answer = await client.post(
        "/v1/reports",
        content=sent,
        headers={**headers("channel", "a"), "Content-Type": "application/json"},
    )
    assert (answer.status_code, problem_code(answer)) == (422, "invalid")
    assert fault_paths(answer) == [path]
    assert "王" not in answer.text
    assert city.records.cases == {}


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "\xff"])
async def test_what_is_no_report_is_refused(
    client: httpx.AsyncClient, headers: Headers, content: str
) -> None:
    """Broken JSON, or JSON that is no object, is a problem of the caller."""
    answer = await client.post(
        "/v1/reports",
        content=content.encode("latin-1"),
        headers={**headers("channel", "a"), "Content-Type": "application/json"},
    )
    assert answer.status_code in {400, 422}
    assert problem_code(answer)
