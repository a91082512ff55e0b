"""The room in small: it folds what it reads, decides, and folds what it decided."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid5

from router.domain.case import Case, CaseStatus, find_task, task_status
from router.domain.codes import Outcome, RemarkCode, RequestKind
from router.domain.commands import (
    Command,
    DecideRequest,
    DispatchCase,
    PassTime,
    ReassignTask,
    SettleDispute,
    SuperviseCase,
)
from router.domain.decided import OwnFact, Remarked
from router.domain.decisions import decide
from router.domain.dispatch import plan_tasks
from router.domain.evolve import evolve, evolve_all
from router.domain.facts import (
    CaseClosed,
    CaseFiled,
    ClockRequested,
    DeliveryParked,
    Fact,
    MergeRequested,
    ReworkRequested,
    TaskAcknowledged,
    TaskAnswer,
    TaskCompleted,
    TaskReturned,
    WithdrawalRequested,
)
from router.domain.identity import refer_task
from router.domain.parts import TaskRef
from router.domain.plans import keep_plan
from router.domain.rulebook import Rulebook
from router.domain.task import Task, TaskStatus
from router.domain.timers import Timer, timers

FileCase = Callable[..., CaseFiled]
AnswerT = TypeVar("AnswerT", bound=TaskAnswer)
OwnT = TypeVar("OwnT", bound=OwnFact)
CASE_ID = UUID("01980000-0000-7000-8000-000000000001")
SURVIVOR = UUID("01980000-0000-7000-8000-000000000002")
# A Monday, 10:00 in Zhengzhou.
T = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
LEAD, POLICE, STREET = (refer_task(CASE_ID, number, 1) for number in (1, 2, 3))
STREET_GOVERNMENT = "subdistrict-410105001"


def at(minutes: float) -> datetime:
    """Return a time after the filing."""
    return T + timedelta(minutes=minutes)


def told(what: type[AnswerT], task: TaskRef = LEAD, minute: float = 0, **more: object) -> AnswerT:
    """Return what a department tells of a task."""
    return what(occurred_at=at(minute), task=task, **more)


def done(task: TaskRef = LEAD, minute: float = 0) -> TaskCompleted:
    """Return a completion."""
    return told(TaskCompleted, task, minute)


def back(task: TaskRef = LEAD, minute: float = 0) -> TaskReturned:
    """Return a return."""
    return told(TaskReturned, task, minute)


def parked(task: TaskRef = LEAD, *, unknown: bool = False) -> DeliveryParked:
    """Return that a department could not be told."""
    return told(DeliveryParked, task, unknown=unknown)


def asked(
    kind: RequestKind = RequestKind.EXTENSION,
    task: TaskRef = LEAD,
    number: int = 1,
    review_in: timedelta | None = None,
) -> ClockRequested:
    """Return what a department asks for."""
    review_at = None if review_in is None else T + review_in
    request_id = request_no(number)
    return told(ClockRequested, task, request_id=request_id, kind=kind, review_at=review_at)


def request_no(number: int) -> UUID:
    """Return the id of the n-th request."""
    return uuid5(CASE_ID, f"request-{number}")


def attempt(number: int, task: TaskRef = LEAD) -> TaskRef:
    """Return the n-th attempt of a task."""
    return refer_task(CASE_ID, task.task_no, number)


def rework(*tasks: int, round_no: int = 1) -> ReworkRequested:
    """Return that tasks have to be done again."""
    return ReworkRequested(occurred_at=T, round=round_no, tasks=tasks)


def closed(round_no: int = 1, outcome: Outcome = Outcome.SOLVED) -> CaseClosed:
    """Return the end of a round."""
    return CaseClosed(occurred_at=T, round=round_no, outcome=outcome)


WITHDRAW = WithdrawalRequested(occurred_at=T)
MERGE = MergeRequested(occurred_at=T, survivor=SURVIVOR)


class Router:
    """One case, and the time that it is."""

    def __init__(self, rules: Rulebook) -> None:
        self.rules = rules
        self.case = Case(case_id=CASE_ID)
        self.now = T

    def read(self, fact: Fact) -> list[OwnFact]:
        """Read one fact of another room; return what we say to it."""
        self.case = evolve(self.case, fact)
        command: Command
        if isinstance(fact, CaseFiled):
            plan = plan_tasks(fact, self.rules, self.now)
            self.case, command = keep_plan(self.case, plan), DispatchCase(plan=plan)
        else:
            command = fact  # type: ignore[assignment] # every other fact read is a command
        return self.obey(command)

    def read_all(self, *facts: Fact) -> list[OwnFact]:
        """Read several facts in order."""
        return [own for fact in facts for own in self.read(fact)]

    def obey(self, command: Command) -> list[OwnFact]:
        """Decide a command."""
        facts = decide(self.case, command, self.rules, self.now)
        self.case = evolve_all(self.case, facts)
        return list(facts)

    def settle(self, dispute_id: UUID, lead: str) -> list[OwnFact]:
        """Settle a dispute as a conference."""
        return self.obey(SettleDispute(dispute_id=dispute_id, lead=lead))

    def reassign(self, task: TaskRef, department: str) -> list[OwnFact]:
        """Reassign a task as a superior."""
        return self.obey(ReassignTask(task_id=task.task_id, department=department))

    def supervise(self) -> list[OwnFact]:
        """Look at the case as a superior."""
        return self.obey(SuperviseCase())

    def answer(
        self, request: ClockRequested, *, approved: bool, kinds: Iterable[RequestKind] = ()
    ) -> list[OwnFact]:
        """Decide what a department asked for, at the door that its kind belongs to."""
        return self.obey(
            DecideRequest(
                task_id=request.task.task_id,
                request_id=request.request_id,
                kinds=frozenset(kinds) or frozenset({request.kind}),
                approved=approved,
            )
        )

    def wait_until(self, moment: datetime) -> list[OwnFact]:
        """Let time pass, as the kit does: timer by timer."""
        said: list[OwnFact] = []
        while (due := timers(self.case)) and due[0].due_at <= moment:
            self.now = max(self.now, due[0].due_at)
            said += self.obey(PassTime())
        self.now = moment
        return said

    def wake_up(self, moment: datetime) -> list[OwnFact]:
        """Look at the case after a long stop, until nothing is due any more."""
        self.now = moment
        said: list[OwnFact] = []
        while (due := timers(self.case)) and due[0].due_at <= moment:
            said += self.obey(PassTime())
        return said

    @property
    def timers(self) -> tuple[Timer, ...]:
        """What the case waits for."""
        return timers(self.case)

    def task(self, ref: TaskRef = LEAD) -> Task:
        """Return a task."""
        task = find_task(self.case, ref.task_id)
        assert task is not None
        return task

    def status(self, ref: TaskRef = LEAD) -> TaskStatus:
        """Return the status of a task."""
        return task_status(self.case, self.task(ref))

    def solve(self) -> list[OwnFact]:
        """Let the required work of the manhole cover be done."""
        said = self.read_all(done(LEAD), done(POLICE))
        assert self.case.status is CaseStatus.HANDLED
        return said


def names(facts: Iterable[OwnFact]) -> list[str]:
    """Return the facts by name."""
    return [type(fact).__name__ for fact in facts]


def only(kind: type[OwnT], facts: Iterable[OwnFact]) -> OwnT:
    """Return the one fact of a kind."""
    [found] = [fact for fact in facts if isinstance(fact, kind)]
    return found


def remark(code: RemarkCode, task: TaskRef | None = None, now: datetime = T) -> Remarked:
    """Return a remark."""
    return Remarked(occurred_at=now, code=code, task_id=task.task_id if task else None)


ACKNOWLEDGED = told(TaskAcknowledged)
