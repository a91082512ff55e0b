"""A small made-up city: its mapping, its file, and the services that an import speaks to."""

from __future__ import annotations

import csv
import io
import json
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import httpx
import pytest

from civicloop.importer.calls import Calls
from civicloop.importer.importing import Services
from civicloop.importer.ledger import Ledger, open_ledger
from civicloop.importer.mapping import Mapping
from intake.entrypoints.bodies import LineBody

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

COLUMNS: Final = (
    "id", "in", "due", "out", "state", "via", "office", "sort", "detail", "area", "y", "x", "ok"
)  # fmt: skip
REUSED: Final = "urn:civicloop:problem:idempotency_key_reused"
GOOD_ROW: Final = {
    "id": "A1",
    "in": "2024-05-02 08:00:00",
    "due": "2024-05-03 08:00:00",
    "out": "2024-05-02 09:30:00",
    "state": "done",
    "via": "phone",
    "office": "Roads",
    "sort": "Street",
    "detail": "Hole",
    "area": "West",
    "y": "52.5",
    "x": "13.4",
    "ok": "yes",
}
DOCUMENT: Final[dict[str, Any]] = {
    "version": 1,
    "name": "made",
    "encoding": "utf-8",
    "delimiter": ",",
    "blank": ["", "n/a"],
    "time_zone": "Europe/Berlin",
    "time_formats": ["%Y-%m-%d %H:%M:%S"],
    "repeated_time": "earlier",
    "skipped_time": "reject",
    "as_of": "2024-06-01 00:00:00",
    "columns": {
        "source_id": "id",
        "opened_at": "in",
        "due_at": "due",
        "handled_at": "out",
        "status": "state",
        "channel": "via",
        "department": "office",
        "matter_class": "sort",
        "matter_type": "detail",
        "division": "area",
        "latitude": "y",
        "longitude": "x",
        "on_time_flag": "ok",
    },
    "status": {"open": ["new"], "closed": ["done"]},
    "on_time_flag": {"on_time": ["yes"], "overdue": ["no"]},
    "agreement": {"max_per_1000": 1, "causes": ["source_left_flag_blank"]},
    "channels": {"default": None, "words": {"phone": "hotline", "web": "snap"}},
    "departments": {
        "default": None,
        "values": {
            "Roads": {"code": "made-roads", "en": "Roads", "zh": "道路"},
            "Parks": {"code": "made-parks", "en": "Parks", "zh": "公园"},
        },
    },
    "place": {"division": {"default": None, "codes": {"West": "110101", "East": "110102001"}}},
    "reject": {
        "handled_before_opened": "reject",
        "status_contradicts_handled_at": "reject",
        "flag_unknown": "reject",
        "position_unusable": "reject",
    },
    "matters": {
        "standard_ref": "demo",
        "kind": "matter",
        "default": None,
        "default_precision": "exact",
        "classes": {
            "Street": {"code": "01", "precision": "exact", "types": {"Hole": "001"}},
            "Home": {"code": "02", "precision": "coarse", "types": {}},
        },
    },
}


def changed_document(path: str, value: object) -> dict[str, Any]:
    """Return the mapping's document with one key set; `...` takes the key away."""
    document = deepcopy(DOCUMENT)
    *parents, last = path.split(".")
    part = document
    for parent in parents:
        part = part[parent]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return document


def changed_mapping(path: str, value: object) -> Mapping:
    """Return the mapping with one key set."""
    return Mapping.model_validate(changed_document(path, value))


def text_of(rows: Sequence[dict[str, str]], columns: Sequence[str] = COLUMNS) -> str:
    """Return the file that rows make; what a row does not say is as in the good one."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(GOOD_ROW | row for row in rows)
    return text.getvalue()


class Unwatched:
    """A watcher that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int]] = []

    def begins(self, what: str, lines: int) -> None:
        """Keep a stage's name."""
        self.heard.append((what, lines))

    def reached(self, lines: int) -> None:
        """Keep how far it is."""
        self.heard.append(("", lines))


@dataclass(kw_only=True)
class FakeCity:
    """Intake and feedback in one: files what it is sent and judges replays by their own times.

    `troubles` are answered first, one per request. `dies_after` that many batches nothing is
    answered any more.
    """

    cases: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    batches: list[int] = field(default_factory=list)
    troubles: list[httpx.Response | httpx.TransportError] = field(default_factory=list)
    line_problems: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    intake_rejects: dict[str, str] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    dies_after: int | None = None
    page: int = 3
    pauses: list[float] = field(default_factory=list)

    def services(self) -> Services:
        """Return it as the importer sees it."""
        client = httpx.AsyncClient(
            transport=httpx.MockTransport(self._answer), base_url="http://city"
        )
        return Services(
            intake=Calls("intake", client, self._pause),
            feedback=Calls("feedback", client, self._pause),
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.troubles:
            trouble = self.troubles.pop(0)
            if isinstance(trouble, httpx.TransportError):
                raise trouble
            return trouble
        if request.url.path == "/v1/reports:batch":
            return self._file(json.loads(request.content)["lines"])
        if request.url.path == "/v1/indicators":
            return httpx.Response(200, json=self._indicators(request.url.params["run"]))
        return self._judgements(request.url.params)

    def _file(self, lines: list[dict[str, Any]]) -> httpx.Response:
        if self.dies_after is not None and len(self.batches) >= self.dies_after:
            raise httpx.ConnectError("gone")
        self.batches.append(len(lines))
        return httpx.Response(200, json={"results": [self._file_one(line) for line in lines]})

    def _file_one(self, line: dict[str, Any]) -> dict[str, Any]:
        LineBody.model_validate(line)
        key, report = line["idempotency_key"], line["report"]
        source_id = report["external"].get("source_id", "")
        if self.line_problems.get(source_id):
            return {"problem": self.line_problems[source_id].pop(0)}
        if source_id in self.intake_rejects:
            reason = self.intake_rejects[source_id]
            return {"case_id": str(UUID(int=0)), "status": "rejected", "reason": reason}
        known = self.cases.get(key)
        if known and known[1] != report:
            return {"problem": {"status": 409, "type": REUSED}}
        case_id = known[0] if known else str(UUID(int=len(self.cases) + 1))
        self.cases[key] = (case_id, report)
        return {"case_id": case_id, "status": "filed", "repeated": known is not None}

    def _of(self, run: str) -> list[tuple[str, dict[str, Any]]]:
        told = [
            (case_id, report["external"])
            for case_id, report in self.cases.values()
            if report["external"].get("replay", {}).get("run") == run
        ]
        return sorted(case for case in told if case[1]["source_id"] not in self.hidden)

    def _indicators(self, run: str) -> dict[str, Any]:
        cases = self._of(run)
        closed = sum(case["replay"]["handled_at"] is not None for _, case in cases)
        ratios = {"on_time_handling_rate": {"value": 0.5}}
        total = {"group": None, "counts": {"filed": len(cases), "closed": closed}, "ratios": ratios}
        groups = [{"group": code, "ratios": ratios} for code in ("made-parks", "made-roads")]
        return {"total": total, "groups": groups}

    def _judgements(self, params: httpx.QueryParams) -> httpx.Response:
        cases = [case for case in self._of(params["run"]) if case[0] > params.get("cursor", "")]
        rows = [_judgement(case_id, case) for case_id, case in cases[: self.page]]
        last = rows[-1]["case_id"] if len(rows) == self.page else None
        return httpx.Response(200, json={"judgements": rows, "next": last})


def _judgement(case_id: str, case: dict[str, Any]) -> dict[str, Any]:
    due_at, handled_at = case["clock"]["due_at"], case["replay"]["handled_at"]
    ended = handled_at or case["replay"]["as_of"]
    overdue = due_at is not None and ended > due_at
    return {"case_id": case_id, "due_at": due_at, "handled_at": handled_at, "overdue": overdue}


@pytest.fixture
def mapping() -> Mapping:
    """The made-up city's mapping."""
    return Mapping.model_validate(DOCUMENT)


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger() as opened:
        yield opened


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[..., Path]:
    """Write the file that rows make."""

    def write(*rows: dict[str, str], name: str = "made.csv") -> Path:
        path = tmp_path / name
        path.write_text(text_of(rows), encoding="utf-8")
        return path

    return write
