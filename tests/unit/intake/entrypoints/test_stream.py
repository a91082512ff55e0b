"""The stream: every fact that moves a case here is handled, in any order of sources."""

import re
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import (
    Channel,
    DecidedBy,
    DisputeGround,
    MatterKind,
    Outcome,
    Precision,
    ProgressCode,
    ReassignReason,
    ReworkReason,
    Service,
    TaskRole,
    Tier,
)
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import department, feedback, router
from civicloop_contracts.facts.parts import Matter, Place, TaskRef
from civicloop_kit.jobs import QueueJob
from civicloop_kit.room import Moment
from intake.domain import model
from intake.domain.commands import SubmitReport
from intake.domain.state import CaseState, new_case
from intake.entrypoints.stream import Follower, routes
from intake.handlers import submit_report
from intake.testing import NOW, PUBLIC_CODE, STANDARD, sample_rules

CASE_ID = UUID(int=7)
STAMPED = {"case_id": CASE_ID, "occurred_at": NOW, "recorded_at": NOW, "cause": "timer:test"}
TASK = TaskRef(task_id=UUID(int=3), task_no=1, attempt=1)
HANDLERS = routes(Follower())


def given(
    kind: type[router.TaskDispatched], role: TaskRole = TaskRole.LEAD, **fields: Any
) -> router.TaskDispatched:
    """Return a dispatch, or a next attempt."""
    return kind.model_validate(
        {
            **STAMPED,
            "task": TASK,
            "department": "water",
            "role": role,
            "required": True,
            "round": 1,
            "tier": Tier.SUBDISTRICT,
            "channel": Channel.SNAP,
            "matter": Matter(standard_ref="demo", kind=MatterKind.MATTER, code="00001"),
            "place": Place(division="410105", precision=Precision.EXACT),
            "response_due_at": None,
            "resolution_due_at": None,
            "provisional": False,
            "return_until": None,
            "catalog_version": "2026.1",
            "calendar_version": "2026",
            **fields,
        }
    )


def fact(kind: type[Fact], **fields: object) -> Fact:
    """Return a fact about the case."""
    return kind.model_validate({**STAMPED, **fields})


ROUTER = (
    fact(
        router.DisputeOpened,
        dispute_id=UUID(int=5),
        task=TASK,
        ground=DisputeGround.NO_DUTY,
        settle_by=NOW,
    ),
    fact(
        router.DisputeSettled,
        dispute_id=UUID(int=5),
        task=TASK,
        decided_by=DecidedBy.CONFERENCE,
        lead="water",
    ),
    given(router.TaskDispatched),
    fact(router.CaseHandled, outcome=Outcome.SOLVED, round=1),
    given(
        router.TaskReassigned,
        task=TaskRef(task_id=UUID(int=4), task_no=1, attempt=2),
        department="power",
        replaces=TASK.task_id,
        reason=ReassignReason.REWORK,
    ),
    fact(router.CaseHandled, outcome=Outcome.SOLVED, round=1),
    given(
        router.TaskReassigned,
        task=TaskRef(task_id=UUID(int=6), task_no=1, attempt=3),
        department="housing",
        round=2,
        replaces=UUID(int=4),
        reason=ReassignReason.REOPENED,
    ),
    fact(router.CaseHandled, outcome=Outcome.SOLVED, round=2),
    fact(router.WithdrawalRefused),
    fact(router.MergeRefused, survivor=UUID(int=8)),
)
ADAPTER = (
    fact(department.TaskAcknowledged, task=TASK, department="water", handler="0" * 16),
    fact(
        department.TaskProgressed,
        task=TASK,
        department="water",
        handler="0" * 16,
        progress=ProgressCode.ON_SITE,
    ),
)
FEEDBACK = (
    fact(feedback.VerificationRequested, round=1, verify_by=NOW),
    fact(feedback.ReworkRequested, round=1, tasks=(1,), reason=ReworkReason.VERIFICATION_FAILED),
    fact(feedback.VerificationRequested, round=1, verify_by=NOW),
    fact(feedback.CaseVerified, round=1, verifier="1" * 16),
    fact(feedback.CaseClosed, round=1, outcome=Outcome.SOLVED),
    fact(feedback.CaseReopened, round=2),
    fact(feedback.VerificationRequested, round=2, verify_by=NOW),
    fact(feedback.CaseVerified, round=2, verifier="1" * 16),
    fact(feedback.CaseClosed, round=2, outcome=Outcome.SOLVED),
)


def filed() -> CaseState:
    """Return a filed case of a reporter who can be reached."""
    contact = model.Sealed(kind=model.SealedKind.CONTACT, content=b"sealed")
    report = SubmitReport(
        report_id=UUID(int=1),
        channel=model.Channel.SNAP,
        matter=model.Matter(standard_ref=STANDARD, kind=model.MatterKind.MATTER, code=PUBLIC_CODE),
        division="410105",
        point=None,
        sealed=(contact,),
    )
    states = {CASE_ID: new_case(CASE_ID)}
    return submit_report(sample_rules(), states, report, NOW)[CASE_ID].state


def follow(*facts: Fact) -> tuple[CaseState, list[object]]:
    """Return the state and effects after these facts."""
    state = filed()
    effects: list[object] = []
    for number, item in enumerate(facts, start=1):
        moment = Moment(now=NOW, recorded_at=NOW, source=type(item).source, sequence=number)
        decision = HANDLERS[type(item)](state, item, moment)
        state = decision.state
        effects.extend(decision.effects)
    return state, effects


def test_the_handlers_are_those_of_the_choreography() -> None:
    """The table of facts and the code say the same."""
    assert set(HANDLERS) == handled_by(Service.INTAKE)


def test_each_method_is_named_after_its_fact() -> None:
    """`on_<fact>` handles that fact: the table can be read without looking."""
    for kind, handler in HANDLERS.items():
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
        assert handler.__name__ == f"on_{snake}"


def test_any_order_of_the_sources_ends_alike() -> None:
    """Each service may be read after all others: the same state, and a notice per round."""
    ends = [
        follow(*(f for source in order for f in source))
        for order in permutations((ROUTER, ADAPTER, FEEDBACK))
    ]
    for state, effects in ends:
        assert state == ends[0][0]
        assert state.progress is not None
        assert state.progress.status is model.Status.CLOSED
        assert (state.progress.round, state.progress.outcome) == (2, model.Outcome.SOLVED)
        assert state.lead is not None
        assert state.lead.department == "housing"
        assert [type(effect) for effect in effects] == [QueueJob, QueueJob]


def test_every_pair_of_facts_ends_alike_in_both_orders() -> None:
    """No two facts of different sources depend on who is read first."""
    sources = (ROUTER, ADAPTER, FEEDBACK)
    for left, right in permutations(sources, 2):
        for one in left:
            for other in right:
                assert follow(one, other)[0] == follow(other, one)[0]


@settings(deadline=None, max_examples=50)
@drawn(chance=st.randoms(use_true_random=False))
def test_any_interleaving_of_the_sources_ends_alike(chance: Random) -> None:
    """Order holds within a source, and across sources nothing depends on it."""
    turns = [source for source in (ROUTER, ADAPTER, FEEDBACK) for _ in source]
    chance.shuffle(turns)
    waiting = {id(source): iter(source) for source in (ROUTER, ADAPTER, FEEDBACK)}
    mixed = [next(waiting[id(source)]) for source in turns]
    assert follow(*mixed)[0] == follow(*ROUTER, *ADAPTER, *FEEDBACK)[0]


def test_an_assisting_department_is_not_the_lead() -> None:
    """Only the lead is told in public."""
    replaces: dict[str, Any] = {"replaces": UUID(int=4), "reason": ReassignReason.RETURNED}
    for kind, fields in ((router.TaskDispatched, {}), (router.TaskReassigned, replaces)):
        assert follow(given(kind, role=TaskRole.ASSIST, **fields))[0].lead is None
        lead = follow(given(kind, **fields))[0].lead
        assert lead is not None
        assert lead.department == "water"
