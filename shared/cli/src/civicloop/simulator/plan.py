"""What a simulated department does with a task: always the same for the same task. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

from civicloop.simulator.script import Move, Rule, Script
from civicloop_contracts.codes import ProgressCode, ResultCode, TaskRole

LEAD_RESULTS: Final = (
    ResultCode.REPAIRED,
    ResultCode.REMOVED,
    ResultCode.CLEANED,
    ResultCode.REGULATED,
    ResultCode.DONE,
)
PROGRESS_SHARE: Final = 0.5
REMARK_SHARE: Final = 0.25
REMARK: Final = "现场已处理。Done on site."
# Of the whole time until the task is done.
ACKNOWLEDGE_AT: Final = 0.1
PROGRESS_AT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A task that a department has to handle; ``came_at`` is when it got it."""

    task_id: UUID
    delivery_id: str
    department: str
    role: str
    came_at: datetime
    matter: str = ""
    attempt: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An update to send ``after_s`` seconds after the task came."""

    after_s: float
    update: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What the update says."""
        return str(self.update["kind"])


def plan(work: Work, script: Script, seconds: tuple[float, float]) -> tuple[Step, ...]:
    """Return the updates of a task, in order: as the script says, else within *seconds*."""
    rule = script.rule_for(work.department, work.matter, work.role, work.attempt)
    if rule is None:
        return plan_work(work.task_id, work.role, seconds)
    return _scripted(work, rule)


def plan_work(task_id: UUID, role: str, seconds: tuple[float, float]) -> tuple[Step, ...]:
    """Return the updates of a task, in order, the last one within *seconds* (least, most)."""
    # Not for secrets: the same task has to get the same answers after a restart.
    chance = Random(task_id.int)  # noqa: S311
    total = chance.uniform(*seconds)
    steps = [Step(after_s=total * ACKNOWLEDGE_AT, update=_update(task_id, "acknowledge"))]
    if chance.random() < PROGRESS_SHARE:
        on_site = _update(task_id, "progress", progress=ProgressCode.ON_SITE.value)
        steps.append(Step(after_s=total * PROGRESS_AT, update=on_site))
    result = ResultCode.ASSISTED if role == TaskRole.ASSIST else chance.choice(LEAD_RESULTS)
    words = {"remark": REMARK} if chance.random() < REMARK_SHARE else {}
    done = _update(task_id, "complete", result=result.value, **words)
    return (*steps, Step(after_s=total, update=done))


def _scripted(work: Work, rule: Rule) -> tuple[Step, ...]:
    moves: Sequence[Move] = sorted(rule.steps, key=lambda move: move.after_s)
    return tuple(
        Step(
            after_s=move.after_s,
            # Two requests are two updates: each step has an id of its own.
            update={
                "update_id": str(uuid5(work.task_id, f"{number}/{move.kind}")),
                "kind": move.kind,
                **_details(work, move),
            },
        )
        for number, move in enumerate(moves)
    )


def _details(work: Work, move: Move) -> Mapping[str, str]:
    details = dict(move.details)
    if move.review_in_s is not None:
        # Counted from when the task came: the same again after a restart.
        review_at = work.came_at + timedelta(seconds=move.after_s + move.review_in_s)
        details["review_at"] = review_at.isoformat()
    return details


def _update(task_id: UUID, kind: str, **details: str) -> Mapping[str, Any]:
    return {"update_id": str(uuid5(task_id, kind)), "kind": kind, **details}
