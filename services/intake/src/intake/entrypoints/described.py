"""What an endpoint may answer, for its description."""

from typing import Any, Final

Answers = dict[int | str, dict[str, Any]]
PROBLEM: Final[dict[str, Any]] = {"content": {"application/problem+json": {}}}


def problem(description: str) -> dict[str, Any]:
    """Return the description of a problem."""
    return {"description": description, **PROBLEM}


# What every endpoint may answer.
GENERAL: Final[Answers] = {
    401: problem("No valid token"),
    403: problem("The token has not the role"),
    413: problem("The body is too large"),
    422: problem("A field is wrong; `errors` has its path"),
    429: problem("Too many wait; see Retry-After"),
    500: problem("Something is broken here; it has been logged"),
    503: problem("The database does not answer; see Retry-After"),
}
NOT_FOUND: Final[Answers] = {404: problem("Not known")}
KEY_MISSING: Final[Answers] = {400: problem("The header Idempotency-Key is missing")}
