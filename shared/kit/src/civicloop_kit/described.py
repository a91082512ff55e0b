"""OpenAPI: what any endpoint with a lock may answer, said once for all of them."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI

from civicloop_kit.problems import PROBLEM_JSON, ProblemDocument

_FIRST_ERROR: Final = 400
_SCHEMAS: Final = "#/components/schemas/{model}"
_CONTENT: Final[Mapping[str, Any]] = {
    PROBLEM_JSON: {"schema": {"$ref": _SCHEMAS.format(model="Problem")}}
}
_GENERAL: Final = {
    "401": "No token, or not a valid one",
    "403": "The token has not the role",
    "413": "The body is too large",
    "422": "A field is wrong; `errors` has its path",
    "429": "Too many wait; see `Retry-After`",
    "503": "It does not work just now; see `Retry-After`",
}
_RETRY_AFTER: Final = {"Retry-After": {"description": "Seconds", "schema": {"type": "integer"}}}
_HEADERS: Final[Mapping[str, Any]] = {
    "401": {"WWW-Authenticate": {"description": "`Bearer`", "schema": {"type": "string"}}},
    "429": _RETRY_AFTER,
    "503": _RETRY_AFTER,
}
# The framework's own answer, which no service gives.
_NOT_OURS: Final = ("HTTPValidationError", "ValidationError")


def describe_problems(app: FastAPI) -> None:
    """Let the document of *app* name what its middleware and error handlers answer."""
    make = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(make())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _described(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in _NOT_OURS:
        schemas.pop(name, None)
    problem = ProblemDocument.model_json_schema(ref_template=_SCHEMAS, mode="serialization")
    schemas.update(problem.pop("$defs", {}))
    schemas["Problem"] = problem
    for operations in document["paths"].values():
        for operation in operations.values():
            # What asks for a token says so.
            if "security" in operation:
                _describe(operation["responses"])
    return document


def _describe(responses: dict[str, Any]) -> None:
    for status, text in _GENERAL.items():
        told = responses.get(status, {}).get("description", text)
        # Its 422 is the framework's.
        found = {"description": text if status == "422" else told, "content": dict(_CONTENT)}
        responses[status] = found | ({"headers": _HEADERS[status]} if status in _HEADERS else {})
    for status, response in responses.items():
        if int(status) >= _FIRST_ERROR:
            response["content"] = dict(_CONTENT)
