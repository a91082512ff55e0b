"""The page of HTTP endpoints: from the OpenAPI document of each service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from fastapi.routing import APIRoute

from civicloop_kit.health import Health
from civicloop_kit.http import Refusals, make_app
from civicloop_kit.operator_doors import OPERATOR_REFUSALS, operator_router
from department_adapter.entrypoints import departments, parked, pull
from department_adapter.entrypoints import http as adapter
from department_adapter.entrypoints.refusals import REFUSALS as ADAPTER_REFUSALS
from feedback.entrypoints import http as feedback
from feedback.entrypoints import indicators
from generators.facts import pattern_names
from generators.markdown import fields, fields_table, summary, table, type_of
from intake.entrypoints import case_http
from intake.entrypoints import http as intake
from router.entrypoints import decisions, worklists
from router.entrypoints import http as router

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastapi import APIRouter, FastAPI
    from fastapi.dependencies.models import Dependant

INTRODUCTION: Final = """# HTTP

Each service answers on its own port (`civicloop status`) and describes itself at `/openapi.json`.

**Who may.** `Authorization: Bearer TOKEN`. A token names a caller and its roles; each endpoint
names the roles that it takes. Locally `civicloop token --role ROLE --sub NAME` makes one. Give each
person and each channel a name of its own: idempotency keys, and the rule that nobody verifies their
own work, go by it. `department` below stands for the role `department:CODE` of any one department,
which then sees its own tasks only.

**Doing it once.** Where the header `Idempotency-Key` is listed, the same key with the same body
at the same address gets the same answer and decides nothing; with another body, or about another
case or task, it gets 409. Keys belong to their caller, and are known for 30 days
(`CIVICLOOP_KEEP_REPLIES_DAYS`). A department's updates have their `update_id` for this, known for
ever, as are the keys of imports.

**What a refusal looks like.** `application/problem+json` (RFC 9457): `type` is
`urn:civicloop:problem:CODE`, and `errors` names the path of each wrong field. Any endpoint may
answer as follows; what is special to one stands beside it.
"""
GENERAL: Final = (
    (400, "idempotency_key_missing", "a report or a supplement needs the header `Idempotency-Key`"),
    (401, "unauthorized", "no token, or not a valid one"),
    (403, "forbidden", "a valid token without the role"),
    (404, "not_found", "no such address"),
    (405, "method_not_allowed", "the address has no such method"),
    (409, "idempotency_key_reused", "the key stands for another request"),
    (408, "too_slow", "the body took too long to come"),
    (413, "too_large", "the body is over the limit, `CIVICLOOP_MAX_BODY_BYTES`"),
    (422, "invalid", "a field is wrong; `errors` has its path"),
    (429, "overloaded", "too many wait; see `Retry-After`"),
    (500, "internal", "a bug; it has been logged"),
    (503, "unavailable", "the database does not answer, or the service starts; see `Retry-After`"),
    (503, "busy", "too many requests or bodies at once; see `Retry-After`"),
)
ANYWHERE: Final = frozenset({401, 403, 413, 422, 429, 500, 503})
_NOBODY: Final = cast("Any", None)
_ROUTERS: Final[Mapping[str, tuple[Sequence[APIRouter], Refusals]]] = {
    "intake": (
        [
            intake.routes(intake.Doors(_NOBODY, _NOBODY, _NOBODY, standards=())),
            case_http.case_routes(case_http.CaseDoors(_NOBODY)),
        ],
        intake.REFUSALS,
    ),
    "router": (
        [
            router.plan_router(_NOBODY, _NOBODY),
            decisions.decision_router(_NOBODY, _NOBODY),
            worklists.worklist_router(_NOBODY),
        ],
        router.REFUSALS,
    ),
    "department-adapter": (
        [
            adapter.task_router(_NOBODY),
            parked.parked_router(_NOBODY),
            departments.department_router(_NOBODY),
            pull.pull_router(_NOBODY),
        ],
        ADAPTER_REFUSALS,
    ),
    "feedback": (
        [
            feedback.case_router(_NOBODY, _NOBODY, b""),
            indicators.indicator_router(_NOBODY, _NOBODY),
        ],
        feedback.REFUSALS,
    ),
    # The kit's own, which every service has.
    "each service": ([operator_router(_NOBODY, _NOBODY)], OPERATOR_REFUSALS),
}


def page() -> str:
    """Return the page."""
    problems = table(("status", "code", "when"), GENERAL)
    return "\n".join([INTRODUCTION, problems, _index(), *map(_service, _ROUTERS)])


def app_of(service: str) -> FastAPI:
    """Return a service's application with nothing behind its doors."""
    routers, refusals = _ROUTERS[service]
    return make_app(
        service, routers, refusals, tokens=_NOBODY, health=Health(), max_body_bytes=1 << 20
    )


def endpoints(service: str) -> Iterator[tuple[str, APIRoute]]:
    """Yield method and route of each endpoint, those that every service has left out."""
    for router_ in _ROUTERS[service][0]:
        for route in router_.routes:
            if isinstance(route, APIRoute):
                yield from ((method, route) for method in sorted(route.methods or ()))


def roles_of(route: APIRoute) -> tuple[str, ...]:
    """Return the roles that an endpoint takes."""
    return tuple(dict.fromkeys(_declared(route.dependant)))


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from getattr(dependant.call, "declared_roles", ())
    for inner in dependant.dependencies:
        yield from _declared(inner)


def _index() -> str:
    rows = [
        (service, f"`{method} {route.path}`", ", ".join(roles_of(route)), route.summary)
        for service in _ROUTERS
        for method, route in endpoints(service)
    ]
    everywhere = (
        ("each", "`GET /livez`", "anybody", "The loop turns"),
        ("each", "`GET /readyz`", "anybody", "Dependencies answer and work moves on; else 503"),
        ("each", "`GET /metrics`", "anybody", "Prometheus metrics"),
        ("each", "`GET /openapi.json`", "anybody", "The description of the service"),
    )
    return f"## All\n\n{table(('service', 'endpoint', 'roles', 'does'), [*rows, *everywhere])}"


def _service(service: str) -> str:
    document = app_of(service).openapi()
    parts = [_endpoint(document, *found) for found in endpoints(service)]
    refusals = [
        (status, f"`{code}`", summary(kind))
        for kind, (status, code) in _ROUTERS[service][1].items()
    ]
    own = f"### Refusals of {service}\n\n{table(('status', 'code', 'meaning'), refusals)}"
    return "\n".join([f"## {service}\n", *parts, own, *_schemas(service, document)])


def _endpoint(document: Mapping[str, Any], method: str, route: APIRoute) -> str:
    operation = document["paths"][route.path][method.lower()]
    told = operation.get("description", "").replace("``", "`")
    said = [f"### {method} {route.path}\n", f"{operation['summary']}.", told and f"\n{told}"]
    said.append(f"\nRoles: {', '.join(roles_of(route))}.\n")
    rows = [_parameter(item) for item in operation.get("parameters", ())]
    if "requestBody" in operation:
        rows.append(("body", _content(operation["requestBody"]), "yes"))
    if rows:
        said.append(table(("given", "type", "needed"), rows))
    said.append(table(("status", "answer"), _answers(operation["responses"])))
    return "\n".join(line for line in said if line)


def _parameter(item: Mapping[str, Any]) -> tuple[str, str, str]:
    kind = type_of(item["schema"], pattern_names_elsewhere())
    return f"{item['in']} `{item['name']}`", kind, "yes" if item["required"] else "no"


def _answers(responses: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for status, answer in sorted(responses.items()):
        if int(status) not in ANYWHERE:
            yield status, _content(answer) or answer["description"]


def _content(holder: Mapping[str, Any]) -> str:
    schema = holder.get("content", {}).get("application/json", {}).get("schema")
    return type_of(schema, pattern_names_elsewhere()) if schema else ""


def _schemas(service: str, document: Mapping[str, Any]) -> Iterator[str]:
    yield f"### Bodies of {service}\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        if name in ("HTTPValidationError", "ValidationError"):
            continue
        yield f"#### {name}\n"
        yield " ".join(schema.get("description", "").replace("``", "`").split()) + "\n"
        if "enum" in schema:
            yield ", ".join(f"`{value}`" for value in schema["enum"]) + "\n"
        else:
            yield fields_table(fields(schema, pattern_names_elsewhere()))


def pattern_names_elsewhere() -> Mapping[str, str]:
    """Return named texts as links to the page of facts."""
    return {
        pattern: name.replace("](#", "](facts.md#") for pattern, name in pattern_names().items()
    }
