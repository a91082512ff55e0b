"""Judge a return (退单): was it unfounded, that is buck-passing (推诿)?

Pure: the facts decide, whoever asks and whenever.
"""

from collections.abc import Iterable

from feedback.domain.parts import GivenBy
from feedback.domain.task import Dispatch, Task


def judge_return(task: Task, tasks: Iterable[Task]) -> bool | None:
    """Return whether the return of *task* was unfounded; None when it was not returned.

    Unfounded: a joint conference (会商) or a superior gave the same department the task again.
    The catalog's rule does not judge: it names a lead where no conference met in time. Until then
    a return is justified. *tasks* are all attempts of all tasks of the case.
    """
    if task.returned_at is None:
        return None
    return any(_gives_again(later, task) for later in tasks)


def _gives_again(later: Task, returned: Task) -> bool:
    return (
        later.dispatch is not None
        and _is_judged(later.dispatch)
        and later.ref.task_no == returned.ref.task_no
        and later.ref.attempt > returned.ref.attempt
        and later.department == returned.department
    )


def _is_judged(dispatch: Dispatch) -> bool:
    """Tell whether people decided who has the task."""
    if dispatch.given_by is GivenBy.SETTLED:
        return not dispatch.by_rule
    return dispatch.given_by is GivenBy.SUPERIOR
