"""Claims are read from the source of tests, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from tests.quality.claims import claimed, claims_in

TEXT = """
@pytest.mark.choreography("router", "CaseFiled", "CaseClosed")
@pytest.mark.parametrize("x", [1])
def test_one(x): ...

@pytest.mark.endpoint("GET /v1/x", 404)
async def test_two(): ...

@other.choreography("intake", "CaseFiled")
def test_three(): ...
"""


def test_each_argument_is_one_claim() -> None:
    """A test may show several facts of one room."""
    claims = list(claims_in(TEXT, "test_a.py"))
    assert claimed(claims, "choreography") == {("router", "CaseFiled"), ("router", "CaseClosed")}
    assert claimed(claims, "endpoint") == {("GET /v1/x", 404)}
    assert {claim.test for claim in claims} == {"test_a.py::test_one", "test_a.py::test_two"}


@pytest.mark.parametrize(("name", "where"), [("unit/a.py", "pure"), ("e2e/a.py", "topics")])
def test_a_race_is_shown_where_its_test_lies(name: str, where: str) -> None:
    """Each name is one claim; the folder says whether it ran through real topics."""
    text = "@pytest.mark.race('a and b', 'c and d')\ndef test_a(): ..."
    shown = {("a and b", where), ("c and d", where)}
    assert claimed(claims_in(text, name), "race") == shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("@pytest.mark.endpoint(PATH, 404)\ndef test_a(): ...", "write out"),
        ("@pytest.mark.endpoint('GET /x', 404)\ndef ask(): ...", "is no test"),
    ],
)
def test_a_claim_that_cannot_be_read_is_refused(text: str, why: str) -> None:
    """Computed claims could say anything; what is no test shows nothing."""
    with pytest.raises(ValueError, match=why):
        list(claims_in(text, "test_a.py"))
