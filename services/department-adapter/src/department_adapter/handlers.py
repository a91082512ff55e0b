"""One function per command. Pure: each returns what to save, and the edge saves it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, get_args

from civicloop_contracts.facts.router import TaskCancelled, TaskDispatched, TaskReassigned
from civicloop_kit.jobs import FinishJob, RetryJob
from civicloop_kit.room import Decision, Moment
from department_adapter import wire
from department_adapter.domain import facts as f
from department_adapter.domain import task as rules
from department_adapter.domain.commands import (
    AbandonTask,
    RecordDelivery,
    RecordUpdate,
    ReleaseTask,
)
from department_adapter.domain.delivering import Verdict, judge_attempt
from department_adapter.domain.evolving import Happening, evolve_all
from department_adapter.domain.model import CaseTasks, Task
from department_adapter.domain.schedule import RetryPolicy
from department_adapter.ports import (
    CancelDeliveries,
    DropDeliveries,
    KeepPlace,
    KeepUpdate,
    MoveDeadline,
    MoveTask,
    QueueAgain,
    QueueDelivery,
    QueueNotice,
    ReleaseDeliveries,
    StoreRemark,
    UpdateEntry,
)


def queue_task(case: CaseTasks, fact: TaskDispatched, moment: Moment) -> Decision[CaseTasks]:
    """Queue the delivery of a task."""
    happenings = rules.queue_task(case, wire.to_queue_task(fact, moment))
    if not happenings:
        return Decision(state=case)
    effect = QueueDelivery(
        job=wire.dispatch_job(fact, moment),
        entry=wire.task_entry(fact),
        imported=fact.replay is not None,
    )
    return _decision(case, happenings, (effect,))


def end_task(case: CaseTasks, fact: TaskCancelled, moment: Moment) -> Decision[CaseTasks]:
    """End a task; its department hears of it if it may know of the task."""
    task = case.find(fact.task.task_id)
    return Decision(state=case) if task is None else _ended(case, task, fact, moment)


def replace_task(case: CaseTasks, fact: TaskReassigned, moment: Moment) -> Decision[CaseTasks]:
    """End the attempt that is replaced, as far as it goes on, and queue the next one."""
    replaced = case.find(fact.replaces)
    ended = Decision(state=case) if replaced is None else _ended(case, replaced, fact, moment)
    queued = queue_task(ended.state, fact, moment)
    return Decision(state=queued.state, effects=(*ended.effects, *queued.effects))


def tell_department(case: CaseTasks, fact: wire.Noticed, moment: Moment) -> Decision[CaseTasks]:
    """Let the departments concerned hear of a fact. Nobody listens to an imported history."""
    if fact.replay is not None:
        return Decision(state=case)
    tasks = wire.tasks_of(case, fact)
    notices = [
        notice
        for task in tasks
        for notice in rules.queue_notice(task, wire.kind_of(fact), moment.sequence, moment.now)
    ]
    decided = [item for task in tasks for item in wire.decided_of(task, fact, moment.now)]
    jobs = (QueueNotice(job=wire.notice_job(notice, fact, moment)) for notice in notices)
    return _decision(case, (*notices, *decided), (*jobs, *_deadlines(tasks, fact)))


def record_update(case: CaseTasks, update: RecordUpdate, now: datetime) -> Decision[CaseTasks]:
    """Record what a department says about its task.

    Raises:
        NoSuchTaskError, TaskClosedError, ReturnWindowClosedError, RequestPendingError,
        ImpossibleTimeError: `domain.task.take_update`.
    """
    happenings = rules.take_update(case, update, now)
    state = evolve_all(case, happenings)
    task = state.find(update.task_id)
    assert task is not None  # noqa: S101 - take_update has refused unknown tasks
    kept = KeepUpdate(
        task_id=update.task_id,
        department=update.department,
        entry=UpdateEntry(
            update_id=update.update_id,
            kind=update.answer.kind,
            applied=bool(happenings),
            state=task.state,
            occurred_at=update.answer.occurred_at,
            recorded_at=now,
        ),
    )
    words = _remarks(update, now) if happenings else ()
    dropped = (DropDeliveries(task_id=update.task_id),) if task.state.is_closed else ()
    effects = (kept, *words, *dropped, *_moves(case, state, now))
    return _decision(case, happenings, effects, _reply(kept.entry, task))


def record_delivery(
    case: CaseTasks, record: RecordDelivery, now: datetime, policy: RetryPolicy
) -> Decision[CaseTasks]:
    """Record how an attempt to deliver ended."""
    verdict = judge_attempt(case, record, now, policy)
    state = evolve_all(case, verdict.happenings)
    task = state.find(record.task_id)
    reply = {"state": task.state.value} if task else {}
    effects = (_what_next(record, verdict), *_moves(case, state, now))
    return _decision(case, verdict.happenings, effects, reply)


def release_task(case: CaseTasks, command: ReleaseTask, now: datetime) -> Decision[CaseTasks]:
    """Have what is parked of a task tried now.

    Raises:
        NoSuchTaskError, TaskClosedError, NotParkedError: `domain.task.release_task`.
    """
    happenings = rules.release_task(case, command, now)
    state = evolve_all(case, happenings)
    task = state.find(command.task_id)
    assert task is not None  # noqa: S101 - release_task has refused unknown tasks
    released = ReleaseDeliveries(task_id=command.task_id, at=now)
    reply = {"task_id": str(command.task_id), "state": task.state.value}
    return _decision(case, happenings, (released, *_moves(case, state, now)), reply)


def abandon_task(
    case: CaseTasks, command: AbandonTask, now: datetime, policy: RetryPolicy
) -> Decision[CaseTasks]:
    """Park a task whose department was removed; the router finds it another one."""
    happenings = rules.abandon_task(case, command, now, policy)
    state = evolve_all(case, happenings)
    again = (
        QueueAgain(
            task_id=parked.task.task_id,
            delivery_id=parked.delivery_id,
            ordinal=int(parked.delivery_id.rpartition("/")[2]),
            due_at=parked.review_at,
        )
        for parked in happenings
        if isinstance(parked, f.DeliveryParked)
    )
    return _decision(case, happenings, (*again, *_moves(case, state, now)))


def _ended(
    case: CaseTasks, task: Task, fact: TaskCancelled | TaskReassigned, moment: Moment
) -> Decision[CaseTasks]:
    happenings = rules.end_task(case, task.ref.task_id, moment.now)
    if not happenings:
        return Decision(state=case)
    cancel = CancelDeliveries(
        cancellation=wire.cancellation_job(task, fact, moment), was_told=task.was_told
    )
    state = evolve_all(case, happenings)
    return Decision(state=state, effects=(cancel, *_moves(case, state, moment.now)))


def _decision(
    case: CaseTasks,
    happenings: Iterable[Happening],
    effects: tuple[object, ...],
    reply: dict[str, Any] | None = None,
) -> Decision[CaseTasks]:
    return Decision(
        state=evolve_all(case, happenings),
        facts=tuple(h for h in happenings if isinstance(h, f.Fact)),
        effects=effects,
        reply=reply,
    )


def _what_next(record: RecordDelivery, verdict: Verdict) -> FinishJob | RetryJob | KeepPlace:
    job_id, claim_no = record.delivery_id, record.claim_no
    if verdict.stays:
        return KeepPlace(job_id=job_id, claim_no=claim_no)
    if verdict.again_at is not None:
        return RetryJob(job_id=job_id, claim_no=claim_no, due_at=verdict.again_at)
    return FinishJob(job_id=job_id, claim_no=claim_no)


def _moves(before: CaseTasks, after: CaseTasks, now: datetime) -> tuple[MoveTask, ...]:
    return tuple(
        MoveTask(task_id=task.ref.task_id, state=task.state, at=now, parked=task.parked)
        for task in after.tasks
        if (was := before.find(task.ref.task_id)) is not None
        and (was.state, was.parked) != (task.state, task.parked)
    )


def _deadlines(tasks: Sequence[Task], fact: wire.Noticed) -> tuple[MoveDeadline, ...]:
    if not isinstance(fact, get_args(wire.Clock)):
        return ()
    due_at = wire.deadline_of(fact)
    return tuple(MoveDeadline(task_id=task.ref.task_id, due_at=due_at) for task in tasks)


def _remarks(update: RecordUpdate, now: datetime) -> tuple[StoreRemark, ...]:
    remark = update.answer.remark
    if remark is None:
        return ()
    return (
        StoreRemark(
            remark_id=remark.remark_id, task_id=update.task_id, sealed=remark.sealed, at=now
        ),
    )


def _reply(entry: UpdateEntry, task: Task) -> dict[str, Any]:
    return {
        "update_id": str(entry.update_id),
        "task_id": str(task.ref.task_id),
        "state": task.state.value,
        "fact": "applied" if entry.applied else "repeated",
    }
