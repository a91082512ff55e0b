"""What the router does in the model: tasks, returns, disputes, rework, the end of a case."""

from collections.abc import Iterator
from typing import Any, Final

from tests.integration.feedback.model import DEPARTMENTS, ROUTER, Act, Attempt, CaseModel
from tests.integration.feedback.model_clocks import clock_acts
from tests.unit.feedback.telling import at

from civicloop_contracts import codes
from civicloop_contracts.codes import ReassignReason, TaskRole
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import feedback, intake, router

_TIERS: Final = tuple(codes.Tier)
# What a dispatch carries beside what every fact about a task does.
_DISPATCH: Final = router.TaskDispatched.model_fields.keys() - {
    *Fact.model_fields,
    "task",
    "department",
}
_RESPONSE_H: Final = 1
_RESOLUTION_H: Final = 8


def router_acts(case: CaseModel) -> Iterator[Act]:
    """Yield what the router can do next."""
    if case.status == "filed":
        yield lambda: _plan(case)
    elif case.status == "open":
        yield from _open_acts(case)
    elif case.status == "handled":
        if case.wish:
            yield lambda: _refuse_wish(case)
        if case.heard:
            yield lambda: _read_feedback(case)


def _open_acts(case: CaseModel) -> Iterator[Act]:
    if case.wish:
        yield lambda: _grant_wish(case)
    if case.likely(0.2):
        yield lambda: _climb(case, codes.EscalationReason.OVERDUE)
    for task in case.newest():
        yield from clock_acts(case, task)
        if task.desk == "returned" and task.router in {"open", "suspended"} and not task.weighed:
            yield lambda task=task: _weigh_return(case, task)  # type: ignore[misc]
        if task.router == "disputed":
            yield lambda task=task: _settle(case, task)  # type: ignore[misc]
        if task.live and case.likely(0.2):
            yield lambda task=task: _reassign(case, task, ReassignReason.SUPERIOR)  # type: ignore[misc]
    if all(task.desk == "completed" for task in case.newest() if task.required):
        yield lambda: _handle(case)


def _plan(case: CaseModel) -> None:
    case.status = "open"
    if case.likely(0.2):
        task = _attempt(case, 1, 1, None, role=TaskRole.LEAD, required=True)
        _dispute(case, task, codes.DisputeGround.NO_DUTY)
        return
    lead, assist = case.chance.sample(DEPARTMENTS, 2)
    _dispatch(case, _attempt(case, 1, 1, lead, role=TaskRole.LEAD, required=True))
    if case.likely(0.5):
        required = case.likely(0.5)
        _dispatch(case, _attempt(case, 2, 1, assist, role=TaskRole.ASSIST, required=required))


def _weigh_return(case: CaseModel, task: Attempt) -> None:
    task.weighed = True
    if not task.required and task.role is not TaskRole.LEAD:
        return
    same = [t for t in case.tasks if t.number == task.number and t.round == case.round]
    if sum(t.desk == "returned" for t in same) == 1:
        _reassign(case, task, ReassignReason.RETURNED)
    else:
        _dispute(case, task, codes.DisputeGround.SECOND_RETURN)
        _climb(case, codes.EscalationReason.TWICE_RETURNED)


def _dispute(case: CaseModel, task: Attempt, ground: codes.DisputeGround) -> None:
    task.router = "disputed"
    fields = {"dispute_id": case.dispute_id(task), "ground": ground, "settle_by": at(500)}
    case.tell_of(task, ROUTER, router.DisputeOpened, **fields)


def _settle(case: CaseModel, task: Attempt) -> None:
    lead = case.chance.choice(DEPARTMENTS)
    by_rule = case.likely(0.3)
    decided_by = codes.DecidedBy.RULE if by_rule else codes.DecidedBy.CONFERENCE
    _end_dispute(case, task, decided_by, lead)
    if task.department is None:
        task.department, task.router = lead, "open"
        task.returnable = False
        _dispatch(case, task)
    else:
        _reassign(case, task, ReassignReason.SETTLED, lead)


def _end_dispute(
    case: CaseModel, task: Attempt, decided_by: codes.DecidedBy, lead: str | None
) -> None:
    fields = {"dispute_id": case.dispute_id(task), "decided_by": decided_by, "lead": lead}
    case.tell_of(task, ROUTER, router.DisputeSettled, **fields)


def _reassign(
    case: CaseModel, task: Attempt, reason: ReassignReason, department: str | None = None
) -> None:
    task.router = "closed"
    again = reason in {ReassignReason.REWORK, ReassignReason.REOPENED}
    given_to = task.department if again else department or case.chance.choice(DEPARTMENTS)
    new = _attempt(
        case,
        task.number,
        task.attempt + 1,
        given_to,
        role=task.role,
        required=task.required,
    )
    new.returnable = reason is ReassignReason.RETURNED
    if reason is ReassignReason.RETURNED:
        new.due = task.due
    replaces = case.story.ref(task.number, task.attempt).task_id
    _dispatch(case, new, router.TaskReassigned, replaces=replaces, reason=reason)


def _attempt(
    case: CaseModel,
    number: int,
    attempt: int,
    department: str | None,
    *,
    role: TaskRole,
    required: bool,
) -> Attempt:
    task = Attempt(
        number=number,
        attempt=attempt,
        department=department,
        role=role,
        required=required,
        due=case.source_due if case.source_clock else case.hours + _RESOLUTION_H,
        returnable=True,
        round=case.round,
    )
    case.tasks.append(task)
    return task


def _dispatch(
    case: CaseModel,
    task: Attempt,
    kind: type[router.TaskDispatched] = router.TaskDispatched,
    **fields: Any,
) -> None:
    template = case.story.dispatched(
        role=task.role,
        required=task.required,
        round=case.round,
        tier=case.tier,
        response_due_at=at(case.hours + _RESPONSE_H) if case.likely(0.8) else None,
        resolution_due_at=None if task.due is None else at(task.due),
    )
    given = {name: getattr(template, name) for name in _DISPATCH}
    case.tell_of(task, ROUTER, kind, **given, **fields)


def _climb(case: CaseModel, reason: codes.EscalationReason) -> None:
    case.tier = _TIERS[min(_TIERS.index(case.tier) + 1, len(_TIERS) - 1)]
    case.tell(ROUTER, router.CaseEscalated, tier=case.tier, reason=reason)


def _handle(case: CaseModel) -> None:
    _cancel_all(case, codes.CancelReason.CASE_HANDLED)
    case.status = "handled"
    case.tell(ROUTER, router.CaseHandled, outcome=codes.Outcome.SOLVED, round=case.round)


def _grant_wish(case: CaseModel) -> None:
    merged = case.wish is intake.MergeRequested
    outcome = codes.Outcome.MERGED if merged else codes.Outcome.WITHDRAWN
    reason = codes.CancelReason.MERGED if merged else codes.CancelReason.WITHDRAWN
    for task in case.newest():
        if task.router == "disputed":
            _end_dispute(case, task, codes.DecidedBy.MOOT, None)
            task.router = "closed" if task.answered or not task.department else "open"
    _cancel_all(case, reason)
    case.status, case.wish = "ended", None
    survivor = _survivor_of(case) if merged else None
    case.tell(ROUTER, router.CaseHandled, outcome=outcome, round=case.round, survivor=survivor)


def _cancel_all(case: CaseModel, reason: codes.CancelReason) -> None:
    for task in case.newest():
        if task.live:
            case.tell_of(task, ROUTER, router.TaskCancelled, reason=reason)
        task.router = "closed"


def _refuse_wish(case: CaseModel) -> None:
    if case.wish is intake.MergeRequested:
        case.tell(ROUTER, router.MergeRefused, survivor=_survivor_of(case))
    else:
        case.tell(ROUTER, router.WithdrawalRefused)
        case.reports = 1
        case.write("/intake/cases", case.story.attached(case.hours))
    case.wish = None


def _survivor_of(case: CaseModel) -> Any:
    asked = [f for f in case.written["/intake/cases"] if isinstance(f, intake.MergeRequested)]
    return asked[-1].survivor


def _read_feedback(case: CaseModel) -> None:
    fact = case.heard.pop(0)
    reason, numbers = ReassignReason.REOPENED, {t.number for t in case.newest() if t.required}
    case.status = "open"
    if isinstance(fact, feedback.ReworkRequested):
        reason, numbers = ReassignReason.REWORK, set(fact.tasks)
    else:
        case.round += 1
        _climb(case, codes.EscalationReason.REOPENED)
    for task in case.newest():
        if task.number in numbers:
            _reassign(case, task, reason)
