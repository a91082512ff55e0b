"""What a service refuses with: the code in its problem document (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

_PREFIX: Final = "urn:civicloop:problem:"


def code_in(problem: Mapping[str, Any]) -> str | None:
    """Return the code of a problem; None where it is not one of ours."""
    kind = str(problem.get("type", ""))
    return kind.removeprefix(_PREFIX) if kind.startswith(_PREFIX) else None


def code_of(answer: httpx.Response) -> str | None:
    """Return the code of a refusal; None where no service of ours wrote it, a proxy say."""
    try:
        problem = answer.json()
    except ValueError:
        return None
    return code_in(problem) if isinstance(problem, dict) else None
