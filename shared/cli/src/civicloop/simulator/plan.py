"""What a simulated department does with a task: always the same for the same task. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

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
class Step:
    """An update to send ``after_s`` seconds after the task came."""

    after_s: float
    update: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What the update says."""
        return str(self.update["kind"])


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


def _update(task_id: UUID, kind: str, **details: str) -> Mapping[str, Any]:
    return {"update_id": str(uuid5(task_id, kind)), "kind": kind, **details}
