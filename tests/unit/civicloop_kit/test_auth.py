"""Who may call what: tokens, roles, and a keyed hash instead of a name."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from civicloop_kit.auth import Principal, TokenVerifier, principal_ref, requires
from civicloop_kit.problems import Problem, respond

KEY = OKPKey.generate_key("Ed25519")
OTHER_KEY = OKPKey.generate_key("Ed25519")
NOW = int(datetime.now(UTC).timestamp())
CLAIMS: dict[str, Any] = {
    "iss": "civicloop",
    "sub": "desk-1",
    "roles": ["verifier"],
    "iat": NOW,
    "exp": NOW + 86_400,  # a run of all tests may come here long after it read this module
}
PUBLIC_KEY = json.dumps(KEY.as_dict(private=False))


def token(key: OKPKey = KEY, **changes: Any) -> str:
    """Return a token with other claims; None takes one away."""
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode({"alg": "Ed25519"}, claims, key, algorithms=["Ed25519"])


@pytest.fixture
def client() -> TestClient:
    """Give a service with one door for verifiers and one for departments."""
    app = FastAPI()
    app.state.tokens = TokenVerifier(PUBLIC_KEY)
    app.add_exception_handler(Problem, lambda _request, problem: respond(problem))

    @app.get("/verifier")
    def verifier(principal: Annotated[Principal, Depends(requires("verifier"))]) -> str:
        return principal.name

    @app.get("/department")
    def department(principal: Annotated[Principal, Depends(requires("department"))]) -> str | None:
        return principal.department

    return TestClient(app)


def call(client: TestClient, path: str, bearer: str | None) -> Any:
    """Call a door with a token."""
    headers = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
    return client.get(path, headers=headers)


def test_a_token_with_the_role_opens_the_door(client: TestClient) -> None:
    """The door learns who it is."""
    answer = call(client, "/verifier", token())
    assert (answer.status_code, answer.json()) == (200, "desk-1")


def test_a_token_says_when_it_was_made() -> None:
    """Where it says so: what was revoked later is told apart by it."""
    verifier = TokenVerifier(PUBLIC_KEY)
    made_at = datetime.fromtimestamp(NOW, UTC)
    assert verifier.principal(token()).issued_at == made_at
    assert verifier.principal(token(iat=None)).issued_at is None


def test_a_department_speaks_for_itself(client: TestClient) -> None:
    """`department` stands for any department, and tells which."""
    answer = call(client, "/department", token(roles=["department:water"]))
    assert answer.json() == "water"


@pytest.mark.parametrize(
    ("has", "plays"),
    [
        ("department:water", {"department", "department:water"}),
        ("verifier", {"verifier"}),
        ("department", {"department"}),
    ],
)
def test_a_role_is_no_other_one(has: str, plays: set[str]) -> None:
    """A department is neither what comes before it in the alphabet nor after it."""
    principal = Principal(name="desk-1", roles=frozenset({has}))
    roles = {"channel", "department", "department:power", "department:water", "verifier"}
    # Other objects than ours, as a door names them.
    assert {role for role in roles if principal.plays(role.encode().decode())} == plays


@pytest.mark.parametrize(
    "bearer",
    [
        None,
        "nonsense",
        token(OTHER_KEY),
        token(iss="somebody"),
        token(iss=None),
        token(exp=NOW - 600),
        token(exp=None),
        token(sub=None),
        token(sub="a name with spaces"),
        token(roles="verifier"),
        token(roles=["department:water", "department:power"]),
        jwt.encode({"alg": "HS256"}, CLAIMS, OctKey.import_key(PUBLIC_KEY)),
    ],
)
def test_a_token_that_is_not_ours_or_not_valid_is_401(
    client: TestClient, bearer: str | None
) -> None:
    """Missing, foreign, expired, unnamed and wrongly signed ones all get the same."""
    answer = call(client, "/verifier", bearer)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["type"] == "urn:civicloop:problem:unauthorized"


def test_another_role_is_403(client: TestClient) -> None:
    """It names the role that the door takes."""
    answer = call(client, "/verifier", token(roles=["channel"]))
    assert answer.status_code == 403
    assert "verifier" in answer.json()["detail"]


@pytest.mark.parametrize("roles", [(), ("mayor",)])
def test_a_door_cannot_ask_for_a_role_that_does_not_exist(roles: tuple[str, ...]) -> None:
    """A misspelt role would lock everybody out, or nobody."""
    with pytest.raises(ValueError, match="role"):
        requires(*roles)


def test_a_principal_in_a_fact_is_unreadable_and_the_same_each_time() -> None:
    """Equal for one principal and key, different otherwise."""
    key, other = b"k" * 32, b"o" * 32
    assert principal_ref("desk-1", key) == principal_ref("desk-1", key)
    assert len({principal_ref(n, k) for n in ("desk-1", "desk-2") for k in (key, other)}) == 4
    assert len(principal_ref("desk-1", key)) == 16
