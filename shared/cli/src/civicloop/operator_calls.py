"""Ask the operators' doors of one service or of all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

import httpx
import typer

from civicloop.context import stack_context
from civicloop.refusals import code_of
from civicloop_local.errors import StackError
from civicloop_local.services import SERVICES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TIMEOUT_S: Final = 30.0
NAMES: Final = tuple(service.name for service in SERVICES)
MINUTE_S: Final = 60
# What operators' doors say of something that a service does not have; another 404 is an address.
NOT_THERE: Final = frozenset(
    {
        "unknown_dead_letter",
        "unknown_held_case",
        "unknown_held_record",
        "unknown_operation",
    }
)
HOUR_S: Final = 3600
DAY_S: Final = 86_400

Service = Annotated[
    str | None, typer.Option("--service", "-s", help=f"One of {', '.join(NAMES)}; else all.")
]
Url = Annotated[
    str | None,
    typer.Option("--url", help="Where that service is; the running stack's if left out."),
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


class NotThereError(StackError):
    """A service has nothing of what was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operators:
    """The doors of the chosen services, and a token for them."""

    urls: Mapping[str, str]
    token: str

    @property
    def services(self) -> Sequence[str]:
        """The chosen services."""
        return tuple(self.urls)

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        **wish: Any,
    ) -> dict[str, Any]:
        """Return a service's answer; parameters that are None are left out.

        Raises:
            NotThereError: It has nothing of the kind.
            StackError: It does not answer, or refuses.
        """
        base = self.urls[service]
        wish = {name: value for name, value in wish.items() if value is not None}
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            with httpx.Client(base_url=base, timeout=TIMEOUT_S, trust_env=False) as client:
                answer = client.request(
                    method, f"/v1{path}", headers=headers, json=body, params=wish
                )
        except httpx.HTTPError as error:
            raise StackError(
                f"{service} does not answer at {base}: run `civicloop up`, or see "
                f"`civicloop logs {service}`"
            ) from error
        if answer.status_code >= HTTPStatus.BAD_REQUEST:
            kind = NotThereError if code_of(answer) in NOT_THERE else StackError
            raise kind(f"{service}: {_refusal(answer, service)}")
        found: dict[str, Any] = answer.json()
        return found


def operators(service: str | None, url: str | None, token: str | None) -> Operators:
    """Return the doors of one service, or of all.

    Raises:
        StackError: There is no such service, an address is given without it, or nothing runs.
    """
    if service is not None and service not in NAMES:
        raise StackError(f"no service {service!r}: use one of {', '.join(NAMES)}")
    if url is not None and service is None:
        raise StackError("say whose address that is: give --service too")
    if url is not None and service is not None and token is not None:
        return Operators(urls={service: url}, token=token)
    context = stack_context()
    known = {
        "intake": context.intake_url,
        "router": context.router_url,
        "department-adapter": context.adapter_url,
        "feedback": context.feedback_url,
    }
    chosen = (service,) if service else NAMES
    return Operators(
        urls={name: url or known[name] for name in chosen},
        token=token or context.operator_token(),
    )


def age_of(text: str | None, now: datetime | None = None) -> str:
    """Return how long ago a time was, short, for a table."""
    if text is None:
        return "?"
    seconds = ((now or datetime.now(UTC)) - datetime.fromisoformat(text)).total_seconds()
    return duration(max(0.0, seconds))


def duration(seconds: float) -> str:
    """Return a length of time, short."""
    for unit, size in (("d", DAY_S), ("h", HOUR_S), ("min", MINUTE_S)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def _refusal(answer: httpx.Response, service: str) -> str:
    """Return a problem document as one line."""
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        return f"answered {answer.status_code}: see `civicloop logs {service}`"
    faults = "; ".join(f"{item['path']}: {item['code']}" for item in problem.get("errors", ()))
    return f"{problem.get('detail', answer.status_code)}{': ' if faults else ''}{faults}"
