"""Every endpoint of every service, with nothing behind it but one error of our choice."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from fastapi.routing import APIRoute
from joserfc import jwt
from joserfc.jwk import OKPKey

from civicloop_kit.auth import ISSUER, TokenVerifier
from civicloop_kit.health import Health
from civicloop_kit.http import Refusals, make_app
from civicloop_kit.operator_doors import OPERATOR_REFUSALS, operator_router
from department_adapter.entrypoints import departments, parked, pull
from department_adapter.entrypoints import http as adapter
from department_adapter.entrypoints.refusals import REFUSALS as ADAPTER_REFUSALS
from feedback.entrypoints import http as feedback
from feedback.entrypoints import indicators
from intake.entrypoints import case_http
from intake.entrypoints import http as intake
from intake.testing import STANDARD, sample_body
from router.entrypoints import decisions, worklists
from router.entrypoints import http as router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fastapi import APIRouter, FastAPI
    from fastapi.dependencies.models import Dependant

SOMEBODY: Final = str(UUID(int=1))
MAX_BODY_BYTES: Final = 20_000
SIGNING_KEY: Final = OKPKey.generate_key("Ed25519")
# A body that each endpoint takes; those that are not named take none.
BODIES: Final[Mapping[str, Any]] = {
    "POST /v1/reports": sample_body(),
    "POST /v1/reports:batch": {"lines": [{"idempotency_key": "a", "report": sample_body()}]},
    "POST /v1/narratives": {"purpose": "delivery", "case_ids": [SOMEBODY]},
    "POST /v1/reports/{report_id}/supplements": {"text": "more"},
    "POST /v1/cases/{case_id}/merge": {"survivor": SOMEBODY},
    "POST /v1/cases/{case_id}/unmerge": {"report_id": SOMEBODY},
    "POST /v1/tasks/{task_id}/updates": {"update_id": SOMEBODY, "kind": "acknowledge"},
    "POST /v1/departments/{code}/pause": {"until": "2026-05-09T18:00:00+08:00"},
    "POST /v1/departments/{code}/leases": {"max": 1},
    "PUT /v1/departments/{code}": {"name_zh": "局", "name_en": "Bureau", "transport": "replay"},
    "POST /v1/disputes/{dispute_id}/settlement": {"lead": "water"},
    "POST /v1/tasks/{task_id}/reassignment": {"department": "water"},
    "POST /v1/tasks/{task_id}/extension": {"request_id": SOMEBODY, "approved": True},
    "POST /v1/tasks/{task_id}/suspension": {"request_id": SOMEBODY, "approved": True},
    "POST /v1/cases/{case_id}/verification": {"passed": True},
    "POST /v1/cases/{case_id}/satisfaction": {"solved": True},
    "POST /v1/held/retry": {"all": True},
    "POST /v1/held/cases/{case_id}/discard": {
        "topic": "intake.cases",
        "partition": 0,
        "offset": 1,
        "why": "not_needed",
    },
}
QUERIES: Final = {"GET /v1/judgements": "?run=boston-1"}
PATH_VALUES: Final = {"lease_id": f"{SOMEBODY}.dispatch.1.1", "code": "water"}


class Behind:
    """Stands for everything behind the doors: whatever is asked of it fails in one way."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        async def fail(*_given: object, **_named: object) -> None:
            # Afresh: one that is raised again remembers all the times before.
            raise type(self._error)(*self._error.args)

        return fail


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One endpoint of one service."""

    service: str
    name: str
    route: APIRoute

    @property
    def roles(self) -> frozenset[str]:
        """The roles that it takes."""
        return frozenset(_declared(self.route.dependant))

    @property
    def url(self) -> str:
        """A path that it serves."""
        path = self.route.path
        for parameter in self.route.dependant.path_params:
            value = PATH_VALUES.get(parameter.name, SOMEBODY)
            path = path.replace(f"{{{parameter.name}}}", value)
        return path + QUERIES.get(self.name, "")

    @property
    def wrong(self) -> tuple[str, Any]:
        """A path and body that do not fit its schema, None where everything fits."""
        if self.name in BODIES:
            return self.url, {"no": "such field"}
        if self.route.dependant.path_params:
            return self.url.replace(SOMEBODY, "x").replace("water", "W ater"), None
        return self.url.partition("?")[0] + "?limit=x&by=x&run=A%20B", None


def doors() -> list[Door]:
    """Return every endpoint of every service but those that all have: probes and metrics."""
    return [
        Door(service=service, name=f"{method} {route.path}", route=route)
        for service, (routers, _) in _with_operators(Behind(RuntimeError())).items()
        for route in _routes(routers)
        for method in sorted(route.methods or ())
    ]


def app_over(service: str, error: Exception) -> FastAPI:
    """Return a service's application behind whose doors everything fails with an error.

    It keeps nothing, so it is made once for all the tests that ask for it.
    """
    key = (service, repr(error))
    if key not in _APPS:
        _APPS[key] = _app_over(service, error)
    return _APPS[key]


_APPS: Final[dict[tuple[str, str], FastAPI]] = {}


def _app_over(service: str, error: Exception) -> FastAPI:
    routers, refusals = _with_operators(Behind(error))[service]
    return make_app(
        service,
        routers,
        refusals,
        tokens=TokenVerifier(json.dumps(SIGNING_KEY.as_dict(private=False))),
        health=Health(),
        max_body_bytes=MAX_BODY_BYTES,
    )


def headers(role: str) -> dict[str, str]:
    """Return the headers of a caller with a role."""
    now = int(time.time())
    full = "department:water" if role == "department" else role
    # The only service that calls another.
    name = "department-adapter" if role == "service" else "desk-1"
    claims = {"iss": ISSUER, "sub": name, "roles": [full], "iat": now, "exp": now + 600}
    token = jwt.encode({"alg": "Ed25519"}, claims, SIGNING_KEY, algorithms=["Ed25519"])
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": "a"}


def _with_operators(behind: Any) -> Mapping[str, tuple[Sequence[APIRouter], Refusals]]:
    """Return each service's own doors, and those that the kit adds to every service."""
    return {
        service: ([*routers, operator_router(behind, behind)], {**refusals, **OPERATOR_REFUSALS})
        for service, (routers, refusals) in _routers(behind).items()
    }


def _routers(behind: Any) -> Mapping[str, tuple[Sequence[APIRouter], Refusals]]:
    return {
        "intake": (
            [
                intake.routes(intake.Doors(behind, behind, behind, standards={STANDARD})),
                case_http.case_routes(case_http.CaseDoors(behind)),
            ],
            intake.REFUSALS,
        ),
        "router": (
            [
                router.plan_router(behind, behind),
                decisions.decision_router(behind, behind),
                worklists.worklist_router(behind),
            ],
            router.REFUSALS,
        ),
        "department-adapter": (
            [
                adapter.task_router(behind),
                parked.parked_router(behind),
                departments.department_router(behind),
                pull.pull_router(behind),
            ],
            ADAPTER_REFUSALS,
        ),
        "feedback": (
            [
                feedback.case_router(behind, behind, b"key"),
                indicators.indicator_router(behind, _Clock()),
            ],
            feedback.REFUSALS,
        ),
    }


class _Clock:
    def now(self) -> Any:
        """Not looked at: what it would be given to fails."""


def _routes(routers: Sequence[APIRouter]) -> Iterator[APIRoute]:
    for made in routers:
        yield from (route for route in made.routes if isinstance(route, APIRoute))


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from getattr(dependant.call, "declared_roles", ())
    for inner in dependant.dependencies:
        yield from _declared(inner)
