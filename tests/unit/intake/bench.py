"""Intake's own room on the kit's bench: real rules, handlers and numbers, without IO."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from civicloop_contracts.codes import ReworkReason, Service
from civicloop_contracts.facts import feedback, intake, router
from civicloop_kit.command import CaseCommand
from civicloop_kit.ids import uuid7
from civicloop_kit.jobs import FinishJob, Job, QueueJob
from civicloop_kit.room import Room
from civicloop_kit.testing import FakeClock, RoomBench
from intake import handlers, wire
from intake.domain.commands import (
    AddSupplement,
    MergeCase,
    SubmitReport,
    UnmergeReport,
    WithdrawReport,
)
from intake.domain.errors import IntakeError
from intake.domain.model import (
    Channel,
    Matter,
    MatterKind,
    Outcome,
    Point,
    Sealed,
    SealedKind,
)
from intake.domain.state import CaseState, new_case
from intake.entrypoints import stream
from intake.entrypoints.merge_worker import command_of
from intake.testing import NEAR, NOW, PUBLIC_CODE, STANDARD, sample_rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop_contracts.fact import Fact
    from intake.domain.duplicates import Nearness
    from intake.domain.model import Particulars

# A corner of the city; a thousandth of a degree is about a hundred metres.
LATITUDE, LONGITUDE = 34.7871, 113.6812
CONTACT = Sealed(kind=SealedKind.CONTACT, content=b"sealed")


class IntakeBench:
    """Does to intake what callers, other rooms and its own workers do."""

    def __init__(self, nearness: Nearness = NEAR) -> None:
        self.clock = FakeClock(NOW)
        self.bench = RoomBench(_room(nearness), self.clock)

    def report(self, *others: UUID, **changes: Any) -> Mapping[str, Any]:
        """Hand in a report; *others* are the cases near it."""
        return self._run(uuid7(), submission(**changes), others)

    def file(self, **changes: Any) -> UUID:
        """Hand in a report that becomes a case, and return its id."""
        return UUID(self.report(**changes)["case_id"])

    def withdraw(self, case_id: UUID, report_id: UUID) -> Mapping[str, Any]:
        """Take a report back."""
        return self._run(case_id, WithdrawReport(report_id=report_id))

    def supplement(self, case_id: UUID, report_id: UUID) -> Mapping[str, Any]:
        """Add to a report."""
        body = AddSupplement(report_id=report_id, supplement_id=uuid7(), sealed=b"sealed")
        return self._run(case_id, body)

    def merge(self, loser: UUID, survivor: UUID) -> Mapping[str, Any]:
        """Ask for a merge."""
        return self._run(loser, MergeCase(), (survivor,))

    def unmerge(
        self, case_id: UUID, report_id: UUID, particulars: Particulars | None = None
    ) -> Mapping[str, Any]:
        """Take a report out of a case."""
        body = UnmergeReport(report_id=report_id, particulars=particulars)
        return self._run(uuid7(), body, (case_id,))

    def handled(self, case_id: UUID, outcome: Outcome, survivor: UUID | None = None) -> None:
        """Let the router end the work."""
        self.tell(router.CaseHandled, case_id, outcome=outcome, round=1, survivor=survivor)

    def closed(self, case_id: UUID, outcome: Outcome = Outcome.SOLVED, round_: int = 1) -> None:
        """Let feedback end a round."""
        self.tell(feedback.CaseClosed, case_id, outcome=outcome, round=round_)

    def reworked(self, case_id: UUID, round_: int = 1) -> None:
        """Let feedback send the work back."""
        reason = ReworkReason.VERIFICATION_FAILED
        self.tell(feedback.ReworkRequested, case_id, round=round_, tasks=(1,), reason=reason)

    def reopened(self, case_id: UUID, round_: int = 2) -> None:
        """Let feedback begin a round."""
        self.tell(feedback.CaseReopened, case_id, round=round_)

    def withdrawal_refused(self, case_id: UUID) -> None:
        """Let the router refuse a withdrawal."""
        self.tell(router.WithdrawalRefused, case_id)

    def merge_refused(self, case_id: UUID, survivor: UUID) -> None:
        """Let the router refuse a merge."""
        self.tell(router.MergeRefused, case_id, survivor=survivor)

    def tell(self, kind: type[Fact], case_id: UUID, **fields: Any) -> None:
        """Deliver a fact of another room."""
        now = self.clock.now()
        stamp = {"case_id": case_id, "occurred_at": now, "recorded_at": now, "cause": "timer:test"}
        self.bench.tell(kind.model_validate({**stamp, **fields}))

    def settle_merges(self) -> None:
        """Do what the merge worker does, for every job that waits."""
        done = {effect.job_id for effect in self.effects(FinishJob)}
        for job in self.jobs(handlers.MERGES_QUEUE):
            if job.job_id not in done:
                self.do(job)

    def do(self, job: QueueJob, claim_no: int = 1) -> None:
        """Do what the merge worker does for one job."""
        self.bench.command(command_of(claimed(job, claim_no)))

    def state(self, case_id: UUID) -> CaseState:
        """Return the state of a case."""
        return self.bench.state(case_id)

    def told(self, case_id: UUID) -> list[str]:
        """Return the names of the facts that intake has told of a case."""
        return [type(fact).__name__ for fact in self.bench.facts if fact.case_id == case_id]

    def jobs(self, queue: str) -> list[QueueJob]:
        """Return the jobs that were queued."""
        return [effect for effect in self.effects(QueueJob) if effect.queue == queue]

    def notices(self) -> list[tuple[UUID, str]]:
        """Return report and text of each notice that was queued."""
        found = self.jobs(handlers.NOTICES_QUEUE)
        return [(job.lane, str(job.payload["text"])) for job in found]

    def effects(self, kind: type[Any]) -> list[Any]:
        """Return all effects of a kind."""
        return [effect for effect in self.bench.effects if isinstance(effect, kind)]

    def pass_time(self, by: timedelta) -> None:
        """Move the clock."""
        self.clock.move(by)

    def _run(self, case_id: UUID, body: object, others: tuple[UUID, ...] = ()) -> Mapping[str, Any]:
        command = CaseCommand(case_id=case_id, others=others, body=body, principal="tester")
        return self.bench.command(command).reply or {}


def submission(
    *,
    code: str = PUBLIC_CODE,
    condition: str | None = None,
    north: float = 0,
    reachable: bool = True,
    **changes: Any,
) -> SubmitReport:
    """Return a report at the corner, or *north* of it by so many thousandths of a degree."""
    made = SubmitReport(
        report_id=uuid7(),
        channel=Channel.SNAP,
        matter=Matter(
            standard_ref=STANDARD, kind=MatterKind.MATTER, code=code, condition=condition
        ),
        division="410105001",
        point=Point(
            latitude=LATITUDE + north / 1000, longitude=LONGITUDE, h3_cell="8840954985fffff"
        ),
        sealed=(CONTACT,) if reachable else (),
    )
    return replace(made, **changes)


def report_ids(state: CaseState) -> list[UUID]:
    """Return the reports that count in a case."""
    return [report.report_id for report in state.active]


def claimed(job: QueueJob, claim_no: int = 1) -> Job:
    """Return a job as a worker gets it."""
    return Job(
        job_id=job.job_id,
        queue=job.queue,
        lane=job.lane,
        case_id=job.case_id,
        payload=job.payload,
        attempt=1,
        claim_no=claim_no,
        expires_at=NOW + timedelta(seconds=30),
    )


def _room(nearness: Nearness) -> Room[CaseState]:
    return Room(
        service=Service.INTAKE,
        source=intake.IntakeFact.source,
        state_type=CaseState,
        new_state=new_case,
        on_fact=stream.routes(stream.Follower()),
        to_contract=wire.to_contract,
        on_command=handlers.ON_COMMAND,
        on_joint_command=handlers.on_joint_command(sample_rules(nearness)),
        refusals=(IntakeError,),
    )
