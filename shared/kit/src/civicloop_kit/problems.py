"""What a caller gets instead of an answer: RFC 9457 problem details, never a stack trace."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final

from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = 2


class FieldError(BaseModel):
    """Where a request does not fit, and how; never what was given."""

    path: str
    code: str


class ProblemDocument(BaseModel):
    """What is wrong (RFC 9457); ``errors`` names the path of each field."""

    model_config = ConfigDict(title="Problem")

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldError] = []


class Problem(Exception):  # noqa: N818 - the standard's word for it
    """An answer that is not the one that was hoped for."""

    def __init__(
        self, status: int, code: str, detail: str, errors: Sequence[dict[str, str]] = ()
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)

    def body(self) -> dict[str, Any]:
        """Return the problem document; ``errors`` name the path of each field."""
        document: dict[str, Any] = {
            "type": f"urn:civicloop:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = self.errors
        return document


def respond(problem: Problem) -> JSONResponse:
    """Return a problem as a response."""
    headers = {}
    if problem.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(problem.body(), problem.status, headers, PROBLEM_JSON)
