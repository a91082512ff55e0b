"""The demo from beginning to end: stack, departments, morning, proof."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from civicloop.audit.run import Evidence, run_audit
from civicloop.context import stack_context
from civicloop.demo.acts import MORNING, STORM, acts_of, expected_facts
from civicloop.demo.calls import Caller
from civicloop.demo.cast import Cast, people_of
from civicloop.demo.departments import Departments
from civicloop.demo.generator import expected_outcome, make_reports
from civicloop.demo.morning import load_morning
from civicloop.demo.people import Filed
from civicloop.demo.scene import Scene
from civicloop.demo.walk import hops_of
from civicloop.topics import TopicReader
from civicloop_local import control
from civicloop_local.files import write_private
from civicloop_local.layout import default_layout

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Collection, Sequence
    from pathlib import Path
    from uuid import UUID

    from civicloop.audit.findings import Findings
    from civicloop.context import StackContext
    from civicloop.demo.acts import Act
    from civicloop.demo.display import Display
    from civicloop.demo.generator import Outcome
    from civicloop.demo.people import Receipt
    from civicloop.demo.walk import Hop

# What a demo cannot wait for: days until a silent reporter counts as content.
SHORT_WINDOWS: Final = {"CIVICLOOP_CALL_BACK_WINDOW_S": "4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller asked for."""

    reports: int
    seed: int
    scenario: str
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """The acts, and how many facts of each kind had to come and came, by act."""

    acts: tuple[Act, ...]
    expected: Counter[tuple[str, str]]
    came: Counter[tuple[str, str]]

    @property
    def as_expected(self) -> bool:
        """Whether exactly the expected came; what an act counts as 0 must not come."""
        return all(self.came[key] == count for key, count in self.expected.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it; ``parked`` are deliveries that wait for a person."""

    run: str
    seconds: float
    receipts: int
    counts: Counter[str]
    expected: Outcome
    outcome: Outcome
    storm: Storm
    parked: int
    title: str
    hops: tuple[Hop, ...]
    indicators: dict[str, Any]
    findings: Findings

    @property
    def as_expected(self) -> bool:
        """Whether exactly what had to come has come, and nobody waits for a person."""
        return self.outcome == self.expected and self.storm.as_expected and not self.parked

    @property
    def good(self) -> bool:
        """Whether exactly the expected came, and nothing is broken."""
        return self.as_expected and self.findings.clean


def run_demo(wish: Wish, display: Display) -> Result:
    """Run the demo; stops what it started unless asked to keep it.

    Raises:
        StackError: Something does not start or stays away.
    """
    layout = default_layout()
    began, was_up = time.monotonic(), control.is_up(layout)
    departments = Departments(folder=layout.data("demo"))
    try:
        if not was_up:
            os.environ.update({k: v for k, v in SHORT_WINDOWS.items() if k not in os.environ})
            display.stage("starting Kafka, Postgres and four services")
            display.say("  reporters who stay silent are waited for four seconds, not three days")
        control.up(layout, report=display.part, say=display.say)
        return _run(wish, stack_context(), departments, display, began, alone=not was_up)
    finally:
        if not wish.keep:
            departments.stop()
            if not was_up:
                control.down(layout)


def _run(
    wish: Wish,
    context: StackContext,
    departments: Departments,
    display: Display,
    began: float,
    *,
    alone: bool,
) -> Result:
    morning, acts = load_morning(), acts_of(wish.scenario)
    plain = wish.scenario in (STORM, MORNING)
    reports = make_reports(morning, wish.reports if plain else 0, wish.seed)
    display.stage(f"registering {len(morning.departments)} departments")
    port = departments.start([department.code for department in morning.departments])
    departments.register(context, morning.departments, port)
    # From here on; what is in the stack already belongs to others.
    start = datetime.now(UTC)
    run = secrets.token_hex(4)
    with closing(TopicReader(context.kafka_settings)) as reader:
        reader.follow(reader.offsets())
        display.stage(
            f"{wish.scenario}: {len(reports)} reports, seed {wish.seed}; {len(acts)} acts"
        )
        cast = Cast(people_of(context), acts, run)
        scene = Scene(
            context=context, reader=reader, reports=reports, cast=cast, run=run, display=display
        )
        receipts = asyncio.run(scene.play())
    display.stage("auditing: databases first, then the topics")
    cases = frozenset(receipt.case_id for receipt in receipts)
    evidence = Evidence(
        databases=context.auditor_urls,
        kafka=context.kafka_settings,
        journals=(departments.journal,),
        journaled=cases,
        receipts=_keep_receipts(departments.folder / f"receipts-{run}.jsonl", receipts),
    )
    # What others do in the same stack need not have ended.
    findings = run_audit(evidence, must_be_ended=alone)
    told = frozenset(receipt.case_id for receipt in receipts if isinstance(receipt, Filed))
    return Result(
        run=run,
        seconds=time.monotonic() - began,
        receipts=len(receipts),
        counts=scene.board.count(cases),
        expected=expected_outcome(reports),
        outcome=scene.board.outcome(told),
        storm=Storm(acts=acts, expected=expected_facts(acts), came=cast.came),
        parked=asyncio.run(_parked(context, cases)),
        title=scene.walked.title if scene.walked else acts[0].title.en,
        hops=hops_of(scene.board.history(receipts[0].case_id)),
        indicators=asyncio.run(_indicators(context, start)),
        findings=findings,
    )


def _keep_receipts(path: Path, receipts: Sequence[Receipt]) -> Path:
    """Write the reporters' journal for the auditor."""
    lines = [
        {
            "key": receipt.key,
            "outcome": "ok",
            "report_id": str(receipt.report_id),
            "case_id": str(receipt.case_id),
        }
        for receipt in receipts
    ]
    write_private(path, "".join(f"{json.dumps(line)}\n" for line in lines))
    return path


async def _indicators(context: StackContext, start: datetime) -> dict[str, Any]:
    caller = Caller(context.feedback_url, context.operator_token())
    try:
        window = {"by": "department", "from": start.isoformat()}
        found: dict[str, Any] = await caller.get("/v1/indicators", **window)
        return found
    finally:
        await caller.close()


async def _parked(context: StackContext, cases: Collection[UUID]) -> int:
    """Return how many deliveries of *cases* wait for a person."""
    caller = Caller(context.adapter_url, context.operator_token())
    try:
        answer = await caller.get("/v1/parked")
        return sum(item["case_id"] in {str(case) for case in cases} for item in answer["parked"])
    finally:
        await caller.close()
