"""The department adapter over HTTP, for the commands that ask it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer

from civicloop.context import stack_context
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping

# A test of a webhook makes three requests that may take 10 s each.
TIMEOUT_S: Final = 40.0
Code = Annotated[str, typer.Argument(help="The department's code, as in water.")]
Url = Annotated[
    str | None,
    typer.Option("--url", help="The department adapter; the running stack's if left out."),
]
Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="CIVICLOOP_TOKEN",
        help="An operator's token; made for the running stack if left out.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program.")]


def ask(
    method: str,
    path: str,
    url: str | None,
    token: str | None,
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the adapter's answer.

    Raises:
        StackError: It does not answer, or refuses.
    """
    base = url or stack_context().adapter_url
    headers = {"Authorization": f"Bearer {token or stack_context().operator_token()}"}
    try:
        with httpx.Client(base_url=base, timeout=TIMEOUT_S, trust_env=False) as client:
            response = client.request(method, f"/v1{path}", headers=headers, json=body)
    except httpx.HTTPError as error:
        raise StackError(
            f"the department adapter does not answer at {base}: run `civicloop up`"
        ) from error
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        raise StackError(_refusal(response))
    answer: dict[str, Any] = response.json()
    return answer


def _refusal(response: httpx.Response) -> str:
    """Return a problem document as one line."""
    try:
        problem = response.json()
    except ValueError:
        return f"the department adapter answered {response.status_code}: see `civicloop logs`"
    faults = "; ".join(f"{item['path']}: {item['code']}" for item in problem.get("errors", ()))
    return f"{problem.get('detail', response.status_code)}{': ' if faults else ''}{faults}"
