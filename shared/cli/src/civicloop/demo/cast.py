"""The people of the storm: each act's reporters, verifier, superior and operator."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID, uuid4

from civicloop.demo.acts import Act, Reaction, expected_facts
from civicloop.demo.calls import Caller
from civicloop.demo.people import Receipt
from civicloop_contracts.facts.feedback import CaseVerified, VerificationRequested
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from civicloop.audit.records import Sighting
    from civicloop.context import StackContext
    from civicloop_contracts.fact import Fact

    Doing = Callable[["Playing", Any, Mapping[str, Any]], Awaitable[None]]

# What somebody does may be too early for the service that is asked: so often it is tried again.
TRIES: Final = 100
TRY_EVERY_S: Final = 0.3
# What the people of an act do where the act says nothing else.
_USUAL: Final[Mapping[type[Fact], Reaction]] = {
    VerificationRequested: Reaction(when="", do="verify", details={"passed": True}),
    CaseVerified: Reaction(when="", do="answer", details={"solved": True, "satisfied": True}),
}


class Calls(Protocol):
    """One principal at one service (`civicloop.demo.calls.Caller`)."""

    async def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> Any:
        """Return what a POST answers."""

    async def offer(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> bool:
        """POST something that may be out of date; returns whether it was taken."""

    async def close(self) -> None:
        """End all connections."""


@dataclass(slots=True, kw_only=True)
class Playing:
    """One act under way: its case, and what has been told of it."""

    act: Act
    case_id: UUID
    report_id: UUID
    counts: Counter[str] = field(default_factory=Counter)
    seen: set[tuple[str, int]] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        """Whether everything that had to come has come."""
        return all(self.counts[fact] >= count for fact, count in self.act.expect.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who asks which service, as whom."""

    channel: Calls
    desk: Calls
    superior: Calls
    verifier: Calls
    callback: Calls


def people_of(context: StackContext) -> People:
    """Return the people of a running stack."""
    channel = context.token("channel", "storm-channel")
    return People(
        channel=Caller(context.intake_url, channel),
        desk=Caller(context.intake_url, context.token("operator", "storm-operator")),
        superior=Caller(context.router_url, context.token("superior", "storm-superior")),
        verifier=Caller(context.feedback_url, context.token("verifier", "storm-verifier")),
        callback=Caller(context.feedback_url, channel),
    )


class Cast:
    """Everybody who acts in the storm; ``receipts`` are those of its reporters."""

    def __init__(self, people: People, acts: Sequence[Act], run: str) -> None:
        self._people = people
        self._acts = acts
        self._run = run
        self._playing: dict[UUID, Playing] = {}
        self._early: list[Sighting] = []
        self._doings: Mapping[str, Doing] = {
            "report_again": self._report_again,
            "supplement": self._supplement,
            "withdraw": self._withdraw,
            "merge": self._merge,
            "settle": self._settle,
            "decide_extension": self._decide_extension,
            "decide_suspension": self._decide_suspension,
            "supervise": self._supervise,
            "verify": self._verify,
            "answer": self._answer,
        }
        self.receipts: list[Receipt] = []

    @property
    def complete(self) -> bool:
        """Whether every act has come to its end."""
        begun = {playing.act.name for playing in self._playing.values()}
        return begun == {act.name for act in self._acts} and all(
            playing.complete for playing in self._playing.values()
        )

    @property
    def missing(self) -> list[str]:
        """What has not come yet, in words."""
        return [
            f"{name}: {fact} {self.came[name, fact]} of {count}"
            for (name, fact), count in expected_facts(self._acts).items()
            if self.came[name, fact] < count
        ]

    @property
    def came(self) -> Counter[tuple[str, str]]:
        """How many of the facts that each act counts have come."""
        counts = {playing.act.name: playing.counts for playing in self._playing.values()}
        came: Counter[tuple[str, str]] = Counter()
        for name, fact in expected_facts(self._acts):
            came[name, fact] = counts[name][fact] if name in counts else 0
        return came

    async def begin(self) -> None:
        """Send the first report of every act.

        Raises:
            StackError: Intake stays away or refuses.
        """
        for act in self._acts:
            answer = await self._report(act, 1)
            playing = Playing(
                act=act, case_id=UUID(answer["case_id"]), report_id=UUID(answer["report_id"])
            )
            self._playing[playing.case_id] = playing

    def see(self, sighting: Sighting, group: asyncio.TaskGroup) -> None:
        """Take a record; whoever has something to do about it begins to."""
        self._early.append(sighting)
        waiting, self._early = self._early, []
        for record in waiting:
            playing = self._playing.get(record.case_id)
            if playing is not None:
                self._take(playing, record, group)
            elif len(self._playing) < len(self._acts):
                # It may be a case whose receipt is still on its way.
                self._early.append(record)

    async def close(self) -> None:
        """End all connections."""
        people = self._people
        for caller in (
            people.channel,
            people.desk,
            people.superior,
            people.verifier,
            people.callback,
        ):
            await caller.close()

    def _take(self, playing: Playing, record: Sighting, group: asyncio.TaskGroup) -> None:
        mark = (record.source, record.sequence)
        if record.fact is None or mark in playing.seen:
            return
        playing.seen.add(mark)
        name = type(record.fact).__name__
        playing.counts[name] += 1
        reaction = playing.act.reaction(name, playing.counts[name]) or _USUAL.get(type(record.fact))
        if reaction is not None:
            group.create_task(self._react(playing, reaction, record.fact))

    async def _react(self, playing: Playing, reaction: Reaction, fact: Fact) -> None:
        await self._doings[reaction.do](playing, fact, reaction.details)

    async def _report(self, act: Act, number: int) -> Any:
        key = f"storm-{self._run}-{act.name}-{number}"
        answer = await self._people.channel.post(
            "/v1/reports", act.report(self._run), {"Idempotency-Key": key}
        )
        self.receipts.append(
            Receipt(
                key=key,
                case_id=UUID(answer["case_id"]),
                report_id=UUID(answer["report_id"]),
            )
        )
        return answer

    async def _report_again(self, playing: Playing, _fact: Fact, _with: Mapping[str, Any]) -> None:
        await self._report(playing.act, 2)

    async def _supplement(self, playing: Playing, _fact: Fact, with_: Mapping[str, Any]) -> None:
        path = f"/v1/reports/{playing.report_id}/supplements"
        await self._insist(self._people.channel, path, with_)

    async def _withdraw(self, playing: Playing, _fact: Fact, _with: Mapping[str, Any]) -> None:
        await self._insist(self._people.channel, f"/v1/reports/{playing.report_id}/withdrawal", {})

    async def _merge(self, playing: Playing, _fact: Fact, with_: Mapping[str, Any]) -> None:
        survivor = next(p for p in self._playing.values() if p.act.name == with_["into"])
        path = f"/v1/cases/{playing.case_id}/merge"
        await self._insist(self._people.desk, path, {"survivor": str(survivor.case_id)})

    async def _settle(self, _playing: Playing, fact: Any, with_: Mapping[str, Any]) -> None:
        await self._insist(
            self._people.superior, f"/v1/disputes/{fact.dispute_id}/settlement", with_
        )

    async def _decide_extension(
        self, _playing: Playing, fact: Any, with_: Mapping[str, Any]
    ) -> None:
        await self._decide("extension", fact, with_)

    async def _decide_suspension(
        self, _playing: Playing, fact: Any, with_: Mapping[str, Any]
    ) -> None:
        await self._decide("suspension", fact, with_)

    async def _decide(self, what: str, fact: Any, with_: Mapping[str, Any]) -> None:
        body = {"request_id": str(fact.request_id), **with_}
        await self._insist(self._people.superior, f"/v1/tasks/{fact.task.task_id}/{what}", body)

    async def _supervise(self, playing: Playing, _fact: Fact, _with: Mapping[str, Any]) -> None:
        await self._insist(self._people.superior, f"/v1/cases/{playing.case_id}/supervision", {})

    async def _verify(self, playing: Playing, _fact: Fact, with_: Mapping[str, Any]) -> None:
        await self._insist(
            self._people.verifier, f"/v1/cases/{playing.case_id}/verification", with_
        )

    async def _answer(self, playing: Playing, _fact: Fact, with_: Mapping[str, Any]) -> None:
        await self._insist(
            self._people.callback, f"/v1/cases/{playing.case_id}/satisfaction", with_
        )

    async def _insist(self, caller: Calls, path: str, body: Mapping[str, Any]) -> None:
        """Ask until it is taken: a service may not have read yet what others have told.

        Raises:
            StackError: It never is.
        """
        headers = {"Idempotency-Key": str(uuid4())}
        for _ in range(TRIES):
            if await caller.offer(path, body, headers):
                return
            await asyncio.sleep(TRY_EVERY_S)
        raise StackError(f"{path} is refused again and again: see `civicloop logs`")
