"""Facts of other rooms: each is handed to the function that handles it."""

from collections.abc import Mapping
from typing import Final, get_args

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched, TaskReassigned
from civicloop_kit.room import Decision, FactHandler, Moment
from department_adapter import handlers, wire
from department_adapter.domain.model import CaseTasks

_NOTICED: Final[tuple[type[Fact], ...]] = get_args(wire.Noticed)


def on_task_dispatched(
    case: CaseTasks, fact: TaskDispatched, moment: Moment
) -> Decision[CaseTasks]:
    """Queue the delivery."""
    return handlers.queue_task(case, fact, moment)


def on_task_reassigned(
    case: CaseTasks, fact: TaskReassigned, moment: Moment
) -> Decision[CaseTasks]:
    """End the attempt that is replaced and queue the next one."""
    return handlers.replace_task(case, fact, moment)


def on_task_cancelled(case: CaseTasks, fact: TaskCancelled, moment: Moment) -> Decision[CaseTasks]:
    """End the task and tell its department."""
    return handlers.end_task(case, fact, moment)


def on_notice(case: CaseTasks, fact: wire.Noticed, moment: Moment) -> Decision[CaseTasks]:
    """Tell the departments that it concerns."""
    return handlers.tell_department(case, fact, moment)


def routes() -> Mapping[type[Fact], FactHandler[CaseTasks]]:
    """Return the handler of each fact that moves this room."""
    return {
        TaskDispatched: on_task_dispatched,
        TaskReassigned: on_task_reassigned,
        TaskCancelled: on_task_cancelled,
        **dict.fromkeys(_NOTICED, on_notice),
    }
