"""Intake's doors over fakes, and how to read what they answer."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from civicloop_kit.auth import TokenVerifier
from civicloop_kit.command import OverloadedError
from civicloop_kit.health import Health
from civicloop_kit.http import make_app
from civicloop_kit.postgres import UnavailableError
from intake.domain.duplicates import OFF, Nearness
from intake.domain.errors import AlreadyFiledError
from intake.entrypoints.case_desk import CaseDesk
from intake.entrypoints.case_http import CaseDoors, case_routes
from intake.entrypoints.desk import ReportDesk
from intake.entrypoints.http import REFUSALS, Doors, routes
from intake.entrypoints.vault_desk import VaultDesk
from intake.testing.fakes import FixedClock, MemoryCommands, MemoryKeys, MemoryRecords, OneCell
from intake.testing.samples import STANDARD, sample_rules

MAX_BODY_BYTES: Final = 1 << 20
# What a command may meet, and the status and code that its caller gets.
FAILURES: Final = (
    (OverloadedError(), 429, "overloaded"),
    (UnavailableError("08006"), 503, "unavailable"),
    (AlreadyFiledError(), 409, "case_already_filed"),
    (RuntimeError("secret detail"), 500, "internal"),
)
_PROBLEM_TYPE: Final = "urn:civicloop:problem:"


class City:
    """Intake's doors over fakes; ``app`` takes requests."""

    def __init__(self, public_key: str, nearness: Nearness = OFF) -> None:
        self.records, self.keys = MemoryRecords(), MemoryKeys()
        self.clock = FixedClock()
        self.commands = MemoryCommands(self.records, sample_rules(nearness))
        reports = ReportDesk(
            self.commands, self.keys, OneCell(), self.records, self.clock, nearness=nearness
        )
        vault = VaultDesk(self.records, self.keys, self.clock)
        doors = Doors(reports, vault, self.records, standards={STANDARD, "abroad"})
        cases = CaseDoors(CaseDesk(self.commands, self.records, self.keys))
        self.app = make_app(
            "intake",
            [routes(doors), case_routes(cases)],
            REFUSALS,
            tokens=TokenVerifier(public_key),
            health=Health(),
            max_body_bytes=MAX_BODY_BYTES,
        )


async def hand_in(
    client: httpx.AsyncClient, headers: Mapping[str, str], body: Any
) -> httpx.Response:
    """Hand in a report."""
    return await client.post("/v1/reports", json=body, headers=headers)


def problem_code(answer: httpx.Response) -> str:
    """Return the code of a problem document; anything else fails the test."""
    assert answer.headers["content-type"] == "application/problem+json"  # noqa: S101 - for tests
    document = answer.json()
    assert document["status"] == answer.status_code  # noqa: S101 - for tests
    return str(document["type"]).removeprefix(_PROBLEM_TYPE)


def fault_paths(answer: httpx.Response) -> list[str]:
    """Return the paths that a problem names."""
    return [fault["path"] for fault in answer.json()["errors"]]
