"""One idempotency key at two targets: the second is refused, never answered as the first."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import httpx
import pytest
from tests.quality.doors import BODIES, MAX_BODY_BYTES, SIGNING_KEY, SOMEBODY, Door, doors, headers

from civicloop_kit.auth import TokenVerifier
from civicloop_kit.command import CaseCommand, KeyReusedError, OverloadedError, Reply
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from department_adapter.entrypoints import http as adapter
from feedback.entrypoints import http as feedback
from intake.entrypoints import case_http
from intake.entrypoints.case_desk import CaseDesk
from router.entrypoints import decisions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi.dependencies.models import Dependant

ONE: Final = str(UUID(int=2))
ANOTHER: Final = str(UUID(int=3))
# It has no target yet: the report makes its own case.
WITHOUT_TARGET: Final = {"POST /v1/reports"}
# Its body holds the key.
KEY_IN_BODY: Final = {"POST /v1/tasks/{task_id}/updates"}


class Willing:
    """Everything behind the doors: finds whatever is looked for, and takes every command once.

    A command that is taken is told by `OverloadedError`: no door has to be given its own answer.
    """

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], bytes] = {}

    async def submit(self, command: CaseCommand) -> Reply:
        """Refuse a key that stands for something else, as the kit does."""
        assert command.request
        key = (command.principal, command.request.key)
        if self._taken.setdefault(key, command.asked) != command.asked:
            raise KeyReusedError
        raise OverloadedError

    async def case_of_task(self, _task_id: UUID) -> UUID:
        """Every task is of one case."""
        return UUID(int=77)

    async def case_of_dispute(self, _dispute_id: UUID) -> UUID:
        """Every dispute is of one case."""
        return UUID(int=77)

    async def case_of(self, _report_id: UUID) -> UUID:
        """Every report is in one case."""
        return UUID(int=77)

    async def case(self, _case_id: UUID) -> Any:
        """No case was merged."""
        return SimpleNamespace(merge=None)

    async def particulars(self, _report_id: UUID) -> None:
        """Nothing is known of a report."""

    async def create(self, subjects: Sequence[UUID]) -> Mapping[UUID, bytes]:
        """Make a key per subject."""
        return dict.fromkeys(subjects, b"k" * 32)

    async def task(self, _task_id: UUID, _caller: Any) -> Any:
        """Every task is of one case and department."""
        return SimpleNamespace(case_id=UUID(int=77), department="water")


def _takes_key(dependant: Dependant) -> bool:
    return any(field.alias == "Idempotency-Key" for field in dependant.header_params) or any(
        map(_takes_key, dependant.dependencies)
    )


KEYED: Final = [
    door for door in doors() if _takes_key(door.route.dependant) or door.name in KEY_IN_BODY
]


def _client(door: Door) -> httpx.AsyncClient:
    behind: Any = Willing()
    tasks = adapter.TaskDesk(
        gate=behind, commands=behind, tasks=behind, keyring=behind, key=b"key", wake=lambda: None
    )
    routers = {
        "intake": case_http.case_routes(case_http.CaseDoors(CaseDesk(behind, behind, behind))),
        "router": decisions.decision_router(behind, behind),
        "department-adapter": adapter.task_router(tasks),
        "feedback": feedback.case_router(behind, behind, b"key"),
    }
    app = make_app(
        door.service,
        [routers[door.service]],
        {},
        tokens=TokenVerifier(json.dumps(SIGNING_KEY.as_dict(private=False))),
        health=Health(),
        max_body_bytes=MAX_BODY_BYTES,
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://city")


def test_every_service_has_doors_that_take_a_key() -> None:
    """None is missed by how its key is found."""
    assert {door.service for door in KEYED} == {
        "intake",
        "router",
        "department-adapter",
        "feedback",
    }
    assert {door.name for door in KEYED} > WITHOUT_TARGET | KEY_IN_BODY
    assert len(KEYED) == 13


@pytest.mark.parametrize(
    "door", [d for d in KEYED if d.name not in WITHOUT_TARGET], ids=lambda door: door.name
)
async def test_a_key_reused_at_another_target_is_refused(door: Door) -> None:
    """409 for the same words elsewhere, of the same case too; the same request is taken again."""
    answers: list[tuple[int, str]] = []
    async with _client(door) as client:
        for target in (ONE, ONE, ANOTHER):
            url, body = door.url.replace(SOMEBODY, target), BODIES.get(door.name)
            answer = await client.post(url, json=body, headers=headers(min(door.roles)))
            answers.append((answer.status_code, answer.json()["type"].rpartition(":")[2]))
    assert answers == [
        (429, "overloaded"),
        (429, "overloaded"),
        (409, "idempotency_key_reused"),
    ]
