"""OpenAPI says once for all endpoints what any of them may answer."""

import json
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from joserfc.jwk import OKPKey
from pydantic import BaseModel

from civicloop_kit.auth import Principal, TokenVerifier, public, requires
from civicloop_kit.health import Health
from civicloop_kit.http import make_app

GENERAL = {"401", "403", "413", "422", "429", "503"}
PROBLEM = {"schema": {"$ref": "#/components/schemas/Problem"}}


class Thing(BaseModel):
    """What the door takes."""

    number: int


@pytest.fixture
def document() -> dict[str, Any]:
    """Give the description of a service."""
    router = APIRouter()

    own: dict[int | str, dict[str, Any]] = {
        400: {"description": "odd"},
        403: {"description": "not yours"},
        409: {"description": "no"},
        503: {"description": "its printer is out of paper"},
    }

    @router.post("/things", responses=own)
    async def post_thing(
        _thing: Thing, _by: Annotated[Principal, Depends(requires("channel"))]
    ) -> Thing:
        raise NotImplementedError

    @router.get("/things")
    async def get_things(_by: Annotated[Principal, Depends(requires("channel"))]) -> list[Thing]:
        raise NotImplementedError

    @router.get("/open", dependencies=[Depends(public)])
    async def get_open() -> Thing:
        raise NotImplementedError

    key = OKPKey.generate_key("Ed25519").as_dict(private=False)
    app = make_app(
        "described",
        [router],
        {},
        tokens=TokenVerifier(json.dumps(key)),
        health=Health(),
        max_body_bytes=1_000,
    )
    assert app.openapi() is app.openapi()
    return app.openapi()


@pytest.mark.parametrize("method", ["get", "post"])
def test_every_locked_door_describes_what_all_answer(document: Any, method: str) -> None:
    """As problem documents of one schema."""
    responses = document["paths"]["/things"][method]["responses"]
    assert set(responses) >= GENERAL | {"200"}
    for status in GENERAL:
        assert responses[status]["description"]
        assert responses[status]["content"] == {"application/problem+json": PROBLEM}
    assert set(responses["503"]["headers"]) == set(responses["429"]["headers"]) == {"Retry-After"}
    assert set(responses["401"]["headers"]) == {"WWW-Authenticate"}


def test_a_room_describes_its_own_answers_only(document: Any) -> None:
    """What it says of them stays, and they are problems too."""
    responses = document["paths"]["/things"]["post"]["responses"]
    assert (responses["403"]["description"], responses["409"]["description"]) == ("not yours", "no")
    assert responses["503"]["description"] == "its printer is out of paper"
    for status in ("400", "409"):
        assert responses[status]["content"] == {"application/problem+json": PROBLEM}
    assert set(responses["200"]["content"]) == {"application/json"}


def test_the_problem_is_described_as_it_is_sent(document: Any) -> None:
    """Field by field; the framework's own error is gone."""
    schemas = document["components"]["schemas"]
    assert set(schemas["Problem"]["properties"]) == {"type", "title", "status", "detail", "errors"}
    assert set(schemas["Problem"]["required"]) == {"type", "title", "status", "detail"}
    assert set(schemas["FieldError"]["properties"]) == {"path", "code"}
    assert not {"HTTPValidationError", "ValidationError"} & set(schemas)


def test_open_doors_describe_nothing_of_it(document: Any) -> None:
    """They ask for no token and take no body."""
    assert set(document["paths"]["/open"]["get"]["responses"]) == {"200"}
    assert set(document["paths"]["/livez"]["get"]["responses"]) == {"200"}
