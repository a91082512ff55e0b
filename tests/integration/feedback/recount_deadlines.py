"""By when the lead had to be done, and what it missed, from the facts alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, intake, router


class DeadlineStory:
    """What the facts of one case tell of its deadlines."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self.given = [f for f in facts if isinstance(f, router.TaskDispatched)]
        leads = [task for task in self.given if task.role.value == "lead"]
        self.lead_task = max(leads, key=lambda task: task.task.attempt, default=None)

    def every(self, kind: Any) -> list[Any]:
        """Return the facts of a kind."""
        return [fact for fact in self.facts if isinstance(fact, kind)]

    def first(self, kind: Any) -> Any:
        """Return the first fact of a kind, or None."""
        return next(iter(self.every(kind)), None)

    def clock(self) -> tuple[datetime | None, bool]:
        """Return the deadline of the case, and whether its clock stands still."""
        if self.lead_task is None:
            filed = self.first(intake.CaseFiled)
            return (filed.clock.due_at if filed and filed.clock else None), False
        _since, due, stands = self.deadlines(self.lead_task)[-1]
        return due, stands

    def of_task(self, kind: Any, given: router.TaskDispatched) -> list[Any]:
        """Return the facts of a kind about one attempt."""
        return [fact for fact in self.every(kind) if fact.task.task_id == given.task.task_id]

    def completed_at(self, given: router.TaskDispatched) -> datetime | None:
        """Return when an attempt was done."""
        done = self.of_task(department.TaskCompleted, given)
        return min((fact.occurred_at for fact in done), default=None)

    def deadlines(
        self, given: router.TaskDispatched
    ) -> list[tuple[datetime, datetime | None, bool]]:
        """Return since when each deadline of an attempt held, and whether the clock stood still."""
        done = self.completed_at(given)
        held = [(given.occurred_at, given.resolution_due_at, False)]
        moves = router.DeadlineExtended | router.ClockSuspended | router.ClockResumed
        for move in self.of_task(moves, given):
            if done is not None and move.occurred_at > done:
                break
            if isinstance(move, router.ClockSuspended):
                held.append((move.occurred_at, None, True))
            elif isinstance(move, router.ClockResumed) or not held[-1][2]:
                held.append((move.occurred_at, move.due_at, False))
        return held

    def missed(self) -> bool:
        """Tell whether a deadline had passed when another deadline, task or round came."""
        leads = sorted(
            (task for task in self.given if task.role.value == "lead"),
            key=lambda task: task.task.attempt,
        )
        for given, following in zip(leads, [*leads, None][1:], strict=True):
            held = self.deadlines(given)
            ends = [since for since, _due, _stands in held[1:]]
            if following:
                done = self.completed_at(given)
                ends.append(min(done or following.occurred_at, following.occurred_at))
            dues = [due for _since, due, _stands in held]
            if any(due and due < end for due, end in zip(dues, ends, strict=False)):
                return True
        return self._was_handled_late(leads)

    def _was_handled_late(self, leads: Sequence[router.TaskDispatched]) -> bool:
        """Tell whether a handling that did not hold had come after its deadline."""
        again = self.every(feedback.ReworkRequested | feedback.CaseReopened)
        for handled in self.every(router.CaseHandled)[: len(again)]:
            before = self.facts[: self.facts.index(handled)]
            _since, due, _stands = self.deadlines([t for t in leads if t in before][-1])[-1]
            if due is not None and handled.occurred_at > due:
                return True
        return False
