"""By when a case has to be handled, and whether it has missed a deadline that is gone since.

Pure: what is known decides, never the order in which it was read.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from feedback.domain.case import Case
from feedback.domain.parts import Filing
from feedback.domain.task import Task


def case_due_at(filing: Filing | None, leads: Sequence[Task]) -> datetime | None:
    """Return by when the case has to be handled; None is no deadline."""
    if filing and filing.source_clock and not _is_moved(leads):
        return filing.due_at
    return leads[-1].due_at if leads else None


def was_late(case: Case, leads: Sequence[Task]) -> bool:
    """Return whether a deadline of *leads* passed before another one took its place.

    Overdue (超期) is for ever: neither a later deadline nor another attempt undoes it. The deadline
    that counts now is not judged here.
    """
    return case.late or any(due < end for due, end in _ended_deadlines(case.filing, leads))


def handled_late(case: Case) -> bool:
    """Return whether the present handling came after its deadline."""
    due_at = case_due_at(case.filing, case.leads)
    return bool(case.handled and due_at and case.handled.at > due_at)


def _is_moved(leads: Sequence[Task]) -> bool:
    return any(attempt.moves for attempt in leads)


def _ended_deadlines(
    filing: Filing | None, leads: Sequence[Task]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield each deadline of the lead that something ended, and when."""
    by_source = filing is not None and filing.source_clock and not _is_moved(leads)
    for attempt, following in zip(leads, (*leads, None)[1:], strict=True):
        dues = [
            filing.due_at if filing and by_source else _given_due_at(attempt),
            *(move.due_at for move in attempt.moves),
        ]
        ends = [*(move.at for move in attempt.moves), _end(attempt, following)]
        for due, end in zip(dues, ends, strict=True):
            if due and end:
                yield due, end


def _given_due_at(attempt: Task) -> datetime | None:
    return attempt.dispatch.due_at if attempt.dispatch else None


def _end(attempt: Task, following: Task | None) -> datetime | None:
    """Return when an attempt ended that another one follows.

    A return does not end it: its clock runs until somebody else has the task. One whose round was
    handled without it is judged by that handling.
    """
    if following is None or following.dispatch is None:
        return None
    if attempt.completed_at:
        return min(attempt.completed_at, following.dispatch.at)
    return None if attempt.over else following.dispatch.at
