"""Order holds within a topic only: every room ends alike in whatever order it reads two topics."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any, Final
from uuid import UUID

import pytest

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department as d
from civicloop_contracts.facts import feedback as f
from civicloop_contracts.facts import intake as i
from civicloop_contracts.facts import router as r
from civicloop_contracts.facts.parts import TaskRef
from civicloop_contracts.topics import subscriptions
from civicloop_kit.ids import uuid7
from civicloop_local.testing import Backends, fresh_prefix
from router.domain.identity import refer_task

from .city import SERVICES_IN_ORDER, City
from .lone import LoneRoom, made
from .reports import LEAD, all_closed, submit_many

BEGAN: Final = datetime.now(UTC) - timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Story:
    """What every topic tells of one case: returned once, then solved and closed."""

    case_id: UUID

    @property
    def topics(self) -> Mapping[str, Sequence[Fact]]:
        """The facts of each source, in their order."""
        return {
            "/intake/cases": self._intake(),
            "/router/tasks": self._router(),
            "/department/handling": self._department(),
            "/feedback/outcomes": self._feedback(),
        }

    @property
    def late(self) -> Mapping[str, Sequence[Fact]]:
        """One more fact of each source, when all is over."""
        second = {**self._task(2), "department": "fire"}
        return {
            "/intake/cases": (self._made(i.ReportAttached, 9, report_id=uuid7()),),
            "/router/tasks": (self._made(r.WithdrawalRefused, 9),),
            "/department/handling": (self._made(d.TaskProgressed, 9, **second),),
            "/feedback/outcomes": (self._made(f.SatisfactionRecorded, 9),),
        }

    def _intake(self) -> Sequence[Fact]:
        return (self._made(i.CaseFiled, 0), self._made(i.ReportAttached, 1, report_id=uuid7()))

    def _router(self) -> Sequence[Fact]:
        first, second = self._task(1), self._task(2)
        replaced = {"replaces": first["task"].task_id, "reason": "returned", "department": "fire"}
        return (
            self._made(r.TaskDispatched, 1, **first),
            self._made(r.TaskReassigned, 3, **{**second, **replaced}),
            self._made(r.CaseHandled, 6),
        )

    def _department(self) -> Sequence[Fact]:
        first, second = self._task(1), {**self._task(2), "department": "fire"}
        return (
            self._made(d.TaskDelivered, 1, **first),
            self._made(d.TaskReturned, 2, **first),
            self._made(d.TaskDelivered, 4, **second),
            self._made(d.TaskAcknowledged, 4, **second),
            self._made(d.TaskCompleted, 5, **second),
        )

    def _feedback(self) -> Sequence[Fact]:
        return (
            self._made(f.VerificationRequested, 6),
            self._made(f.CaseVerified, 7),
            self._made(f.CaseClosed, 8),
        )

    def _task(self, attempt: int) -> dict[str, Any]:
        # As the router names them: it decides itself in these tests, and has to agree.
        ref = refer_task(self.case_id, 1, attempt)
        task = TaskRef(task_id=ref.task_id, task_no=ref.task_no, attempt=ref.attempt)
        return {"task": task, "department": LEAD}

    def _made(self, kind: type[Fact], minutes: int, **changes: Any) -> Fact:
        return made(kind, self.case_id, occurred_at=BEGAN + timedelta(minutes=minutes), **changes)


@pytest.fixture(scope="module", params=SERVICES_IN_ORDER)
def room(
    request: pytest.FixtureRequest, backends: Backends, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LoneRoom]:
    """One service after another, alone."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    city = City(backends=backends, prefix=prefix, folder=tmp_path_factory.mktemp("orders"))
    try:
        city.start(request.param)
        yield LoneRoom(city=city, service=request.param)
    finally:
        city.end()
        backends.drop_databases(prefix)


def test_every_pair_of_topics_may_come_in_either_order(room: LoneRoom) -> None:
    """Each pair first, in both orders, then the rest: what the room then tells is the same.

    What feedback tells of a case is the end of what the router has told it: to the router it comes
    last.
    """
    sources = [topic.source for topic in subscriptions(room.subject) if topic.source]
    last = ["/feedback/outcomes"] if room.service == "router" else []
    free = [source for source in sources if source not in last]
    ends = {}
    for order in permutations(free):
        story = Story(case_id=uuid7())
        for source in (*order, *last):
            room.tell(*story.topics[source])
        ends[order] = room.view(story.case_id)
    assert len({repr(end) for end in ends.values()}) == 1, ends
    assert room.held() == 0


def test_what_comes_late_may_come_in_either_order(room: LoneRoom) -> None:
    """After the rest each topic has one more fact: every order ends alike, but for remarks."""
    ends = {}
    sources = [topic.source for topic in subscriptions(room.subject) if topic.source]
    for order in permutations(sources):
        story = Story(case_id=uuid7())
        for source in (s for s in story.topics if s in sources):
            room.tell(*story.topics[source])
        for source in order:
            room.tell(*story.late[source])
        ends[order] = room.view(story.case_id, remarks=False)
    assert len({repr(end) for end in ends.values()}) == 1, ends
    assert room.held() == 0


@pytest.mark.parametrize("late", SERVICES_IN_ORDER)
def test_each_service_may_start_after_the_others_have_finished(
    backends: Backends, tmp_path_factory: pytest.TempPathFactory, late: str
) -> None:
    """It reads what the others have told meanwhile, and every case ends."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    settings = {"CALL_BACK_WINDOW_S": "1"}
    folder = tmp_path_factory.mktemp(late)
    city = City(backends=backends, prefix=prefix, folder=folder, settings=settings)
    try:
        # Without intake there is no case: it is the first to start, and the last as well.
        city.start(*(name for name in SERVICES_IN_ORDER if name != late or name == "intake"))
        if late != "department-adapter":
            city.simulate(LEAD)
        with city.client("intake", "channel") as client:
            case_ids = submit_many(client, 10)
        if late == "intake":
            city.stop(late)
        city.wait_until_silent()
        city.start(late)
        if late == "department-adapter":
            city.simulate(LEAD)
        all_closed(city, case_ids)
    finally:
        city.end()
        backends.drop_databases(prefix)
