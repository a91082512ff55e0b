"""Random legal histories of a few cases: the rooms around feedback by a model, feedback itself.

The facts of the sources reach feedback in any interleaving that keeps the order of each; people
verify and answer as it lets them. Everything follows from one seed.
"""

import contextlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final
from uuid import UUID

from tests.integration.feedback.model import CaseModel
from tests.integration.feedback.model_desks import desk_acts
from tests.integration.feedback.model_intake import intake_acts
from tests.integration.feedback.model_router import router_acts
from tests.unit.feedback.telling import POLICY, START, VERIFIER, at

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import feedback
from civicloop_kit.command import CaseCommand
from civicloop_kit.testing import FakeClock, RoomBench
from feedback.domain.case import Case, CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.errors import FeedbackError
from feedback.main import room_of

ROOM: Final = room_of(POLICY)
OWN: Final = feedback.CaseClosed.source
_STEPS_H: Final = (0.0, 0.01, 0.05, 0.2)
_PAUSES_H: Final = (5.0, 30.0, 80.0)
_PAUSE_SHARE: Final = 0.01
_PASSED_SHARE: Final = 0.6
_SOLVED_SHARE: Final = 0.6
_LATE_SHARE: Final = 0.05


@dataclass(kw_only=True)
class Lived:
    """One case: the rooms around feedback by a model, feedback on a bench."""

    model: CaseModel
    clock: FakeClock
    bench: RoomBench[Case]
    # How many facts of each source have been read.
    read: Counter[str] = field(default_factory=Counter)

    @property
    def state(self) -> Case:
        """What feedback knows."""
        return self.bench.state(self.model.case_id)

    @property
    def facts(self) -> Mapping[str, Sequence[Fact]]:
        """All facts by source, as the topics hold them."""
        return {**self.model.written, OWN: self.bench.facts}

    @property
    def unread(self) -> list[str]:
        """The sources that feedback has not read to their end."""
        return [s for s, facts in self.model.written.items() if len(facts) > self.read[s]]

    def pass_time(self, hours: float) -> None:
        """Let it be that late for everybody."""
        self.model.hours = hours
        self.clock.move(at(hours) - self.clock.now())
        due_at = ROOM.next_timer(self.state)
        if due_at is not None and due_at <= self.clock.now():
            self._hear(self.bench.fire_timers(self.model.case_id))

    def act(self, chance: Random) -> None:
        """Let something happen in another room."""
        acts = [*intake_acts(self.model), *desk_acts(self.model), *router_acts(self.model)]
        if acts:
            chance.choice(acts)()

    def deliver(self, chance: Random) -> None:
        """Let feedback read a few facts, from any sources."""
        for _ in range(chance.randint(1, 4)):
            if self.unread:
                source = chance.choice(self.unread)
                fact = self.model.written[source][self.read[source]]
                self.read[source] += 1
                self._hear(self.bench.tell(fact, source))

    def ask(self, chance: Random) -> None:
        """Let somebody verify or answer, if feedback lets them."""
        body = _wish(self.state, chance)
        if body is not None:
            before = len(self.bench.facts)
            command = CaseCommand(
                case_id=self.model.case_id,
                body=body,
                principal="desk-1",
                command_id=UUID(int=chance.getrandbits(128)),
            )
            with contextlib.suppress(FeedbackError):
                self.bench.command(command)
            self._hear(self.bench.facts[before:])

    def _hear(self, facts: Iterable[Fact]) -> None:
        again = feedback.ReworkRequested | feedback.CaseReopened
        self.model.heard += [fact for fact in facts if isinstance(fact, again)]


@dataclass
class City:
    """A few cases whose histories follow from one seed."""

    seed: int
    size: int
    hours: float = 0.0

    def __post_init__(self) -> None:
        self._chance = Random(self.seed)  # noqa: S311 -- has to repeat
        self.cases = [self._begin(UUID(int=number)) for number in range(1, self.size + 1)]

    def live(self, steps: int) -> None:
        """Let things happen, and then let feedback read whatever is left."""
        chance = self._chance
        for _ in range(steps):
            pause = chance.random() < _PAUSE_SHARE
            self.hours += chance.choice(_PAUSES_H if pause else _STEPS_H)
            case = chance.choice(self.cases)
            case.pass_time(self.hours)
            chance.choice((case.act, case.act, case.act, case.deliver, case.ask))(chance)
        for case in self.cases:
            case.pass_time(self.hours)
            while case.unread:
                case.deliver(chance)

    def _begin(self, case_id: UUID) -> Lived:
        clock = FakeClock(START)
        model = CaseModel(case_id=case_id, chance=self._chance)
        return Lived(model=model, clock=clock, bench=RoomBench(ROOM, clock))


def _wish(case: Case, chance: Random) -> object | None:
    """Return what somebody may want of a case in its state."""
    if case.state is CaseState.TO_VERIFY:
        passed = chance.random() < _PASSED_SHARE
        named = () if passed else chance.choice([(), (1,), (2,), (1, 2)])
        return VerifyCase(verifier=VERIFIER, passed=passed, tasks=named)
    if case.state is CaseState.TO_CALL_BACK or chance.random() < _LATE_SHARE:
        solved = chance.random() < _SOLVED_SHARE
        return RecordSatisfaction(solved=solved, satisfied=chance.choice([True, False, None]))
    return None
