"""The room on the kit's bench with the rules that are shipped, and the facts of other rooms."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID, uuid5

import msgspec
import pytest

from civicloop_contracts import codes
from civicloop_contracts.fact import Fact, Replay
from civicloop_contracts.facts import department, feedback, intake, parts
from civicloop_contracts.facts.router import TaskDispatched
from civicloop_kit.testing import FakeClock, RoomBench
from router.catalog_files import DATA_FOLDER, load_rulebook
from router.domain.case import Case
from router.domain.dispatch import Rulebook
from router.main import room_of

CASE_ID: Final = UUID("018f6d2e-0000-7000-8000-000000000002")
NOW: Final = datetime(2026, 5, 6, 1, 0, tzinfo=UTC)
CAUSE: Final = f"/intake/cases:{CASE_ID}:1"
MANHOLE: Final = parts.Matter(
    standard_ref="gbt-47678.5-2026", kind=codes.MatterKind.COMPONENT, code="01001"
)
PLACE: Final = parts.Place(
    division="410105004", precision=codes.Precision.EXACT, latitude=34.77, longitude=113.68
)
REPLAY: Final = Replay(run="boston-1", handled_at=NOW, as_of=datetime(2026, 6, 1, tzinfo=UTC))
FactT = TypeVar("FactT", bound=Fact)


def make(kind: type[FactT], **fields: Any) -> FactT:
    """Return a fact about the case, with what every fact has."""
    frame = {"case_id": CASE_ID, "occurred_at": NOW, "recorded_at": NOW, "cause": CAUSE}
    return kind(**{**frame, **fields})


def filed(**fields: Any) -> intake.CaseFiled:
    """Return the filing of a missing manhole cover."""
    given = {
        "report_id": uuid5(CASE_ID, "report"),
        "channel": codes.Channel.PATROL,
        "matter": MANHOLE,
        "place": PLACE,
    }
    return make(intake.CaseFiled, **{**given, **fields})


def answered(
    kind: type[department.DepartmentFact], task: TaskDispatched, **fields: Any
) -> department.DepartmentFact:
    """Return what the department of a task tells of it."""
    given = {"task": task.task, "department": task.department, "handler": "a" * 16}
    return make(kind, **{**given, **fields})


def acknowledged(task: TaskDispatched, **fields: Any) -> department.DepartmentFact:
    """Return an acknowledgement of a task."""
    return answered(department.TaskAcknowledged, task, **fields)


def progressed(task: TaskDispatched, **fields: Any) -> department.DepartmentFact:
    """Return a sign of work on a task."""
    code = codes.ProgressCode.ON_SITE
    return answered(department.TaskProgressed, task, progress=code, **fields)


def completed(task: TaskDispatched, **fields: Any) -> department.DepartmentFact:
    """Return the completion of a task."""
    return answered(department.TaskCompleted, task, result=codes.ResultCode.REPAIRED, **fields)


def closed(**fields: Any) -> feedback.CaseClosed:
    """Return the end of the first round."""
    given = {"round": 1, "outcome": codes.Outcome.SOLVED}
    return make(feedback.CaseClosed, **{**given, **fields})


class Bench:
    """One case of the room; its state is checked to survive its JSON."""

    def __init__(self, rules: Rulebook) -> None:
        self._kit = RoomBench(room_of(rules), FakeClock(NOW))

    @property
    def state(self) -> Case:
        """The present state."""
        return self._kit.state(CASE_ID)

    def tell(self, *facts: Fact) -> list[Fact]:
        """Let the room read *facts*; return what it wrote."""
        written = [fact for told in facts for fact in self._kit.tell(told)]
        assert self._kit.held == []
        assert msgspec.json.decode(msgspec.json.encode(self.state), type=Case) == self.state
        return written

    def dispatch(self, **fields: Any) -> Sequence[TaskDispatched]:
        """File the case; return its tasks."""
        return [f for f in self.tell(filed(**fields)) if isinstance(f, TaskDispatched)]


@pytest.fixture(scope="session")
def rules() -> Rulebook:
    """The rules that are shipped."""
    return load_rulebook(DATA_FOLDER, NOW.year)


@pytest.fixture
def bench(rules: Rulebook) -> Bench:
    """A case of which nothing was read."""
    return Bench(rules)
