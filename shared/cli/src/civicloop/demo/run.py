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
from civicloop.demo.calls import Caller
from civicloop.demo.departments import Departments
from civicloop.demo.generator import expected_outcome, make_reports
from civicloop.demo.morning import load_morning
from civicloop.demo.scene import Scene
from civicloop.demo.walk import hops_of
from civicloop.topics import TopicReader
from civicloop_local import control
from civicloop_local.files import write_private
from civicloop_local.layout import default_layout

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence
    from pathlib import Path

    from civicloop.audit.findings import Findings
    from civicloop.context import StackContext
    from civicloop.demo.display import Display
    from civicloop.demo.generator import Outcome
    from civicloop.demo.people import Filed
    from civicloop.demo.walk import Hop

# What a demo cannot wait for: days until a silent reporter counts as content.
SHORT_WINDOWS: Final = {"CIVICLOOP_CALL_BACK_WINDOW_S": "4"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the caller asked for."""

    reports: int
    seed: int
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    run: str
    seconds: float
    receipts: int
    counts: Counter[str]
    expected: Outcome
    outcome: Outcome
    title: str
    hops: tuple[Hop, ...]
    indicators: dict[str, Any]
    findings: Findings

    @property
    def good(self) -> bool:
        """Whether exactly the expected came, and nothing is broken."""
        return self.outcome == self.expected and self.findings.clean


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
        control.up(layout, report=display.part, say=display.say)
        return _run(wish, stack_context(), departments, display, began)
    finally:
        if not wish.keep:
            departments.stop()
            if not was_up:
                control.down(layout)


def _run(
    wish: Wish, context: StackContext, departments: Departments, display: Display, began: float
) -> Result:
    morning = load_morning()
    reports = make_reports(morning, wish.reports, wish.seed)
    display.stage(f"registering {len(morning.departments)} departments")
    port = departments.start([department.code for department in morning.departments])
    departments.register(context, morning.departments, port)
    # From here on; what is in the stack already belongs to others.
    start = datetime.now(UTC)
    run = secrets.token_hex(4)
    with closing(TopicReader(context.kafka_settings)) as reader:
        reader.follow(reader.offsets())
        display.stage(f"a morning in Zhengzhou: {len(reports)} reports, seed {wish.seed}")
        scene = Scene(context=context, reader=reader, reports=reports, run=run, display=display)
        receipts = asyncio.run(scene.play())
    display.stage("auditing: databases first, then the topics")
    cases = frozenset(filed.case_id for filed in receipts)
    evidence = Evidence(
        databases=context.auditor_urls,
        kafka=context.kafka_settings,
        journals=(departments.journal,),
        journaled=cases,
        receipts=_keep_receipts(departments.folder / f"receipts-{run}.jsonl", receipts),
    )
    findings = run_audit(evidence)
    return Result(
        run=run,
        seconds=time.monotonic() - began,
        receipts=len(receipts),
        counts=scene.board.count(cases),
        expected=expected_outcome(reports),
        outcome=scene.board.outcome(cases),
        title=scene.walked.title,
        hops=hops_of(scene.board.history(receipts[0].case_id)),
        indicators=asyncio.run(_indicators(context, start)),
        findings=findings,
    )


def _keep_receipts(path: Path, receipts: Sequence[Filed]) -> Path:
    """Write the reporters' journal for the auditor."""
    lines = [
        {
            "key": filed.key,
            "outcome": "ok",
            "report_id": str(filed.report_id),
            "case_id": str(filed.case_id),
        }
        for filed in receipts
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
