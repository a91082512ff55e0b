"""Facts of other rooms: each is handed to the function that handles it."""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched
from civicloop_kit.room import Decision, FactHandler, Moment
from department_adapter import handlers
from department_adapter.domain.model import CaseTasks


def on_task_dispatched(
    case: CaseTasks, fact: TaskDispatched, moment: Moment
) -> Decision[CaseTasks]:
    """Queue the delivery."""
    return handlers.queue_task(case, fact, moment)


def on_task_cancelled(case: CaseTasks, fact: TaskCancelled, moment: Moment) -> Decision[CaseTasks]:
    """End the task and tell its department."""
    return handlers.end_task(case, fact, moment)


def routes() -> Mapping[type[Fact], FactHandler[CaseTasks]]:
    """Return the handler of each fact that moves this room."""
    return {TaskDispatched: on_task_dispatched, TaskCancelled: on_task_cancelled}
