"""What a department still asks for when its task ends is refused before the end is told."""

from datetime import timedelta

import pytest
from tests.unit.router.domain.story import (
    LEAD,
    MERGE,
    POLICE,
    STREET,
    WITHDRAW,
    Router,
    T,
    asked,
    attempt,
    back,
    done,
    names,
    only,
    parked,
    rework,
    told,
)

from router.domain.codes import RequestKind
from router.domain.decided import RequestRefused
from router.domain.facts import MergeRequested, TaskAcknowledged, WithdrawalRequested
from router.domain.identity import dispute_id

SUSPENSION = asked(RequestKind.SUSPENSION, number=2, review_in=timedelta(days=1))


@pytest.mark.parametrize("end", [WITHDRAW, MERGE], ids=["withdrawn", "merged"])
def test_the_end_of_a_case_refuses_every_request_first(
    end: WithdrawalRequested | MergeRequested, alone: Router
) -> None:
    """Both kinds, before the task is cancelled."""
    alone.read_all(asked(), SUSPENSION)
    said = alone.read(end)
    assert names(said) == ["RequestRefused"] * 2 + ["TaskCancelled", "CaseHandled"]
    assert said[0] == RequestRefused(
        occurred_at=T,
        task=LEAD,
        department="subdistrict-410105001",
        request_id=asked().request_id,
        kind=RequestKind.EXTENSION,
    )


def test_solved_without_it_the_request_of_help_is_refused(busy: Router) -> None:
    """The task is cancelled for the case is handled."""
    busy.read(asked(task=STREET))
    assert names(busy.solve()) == ["RequestRefused", "TaskCancelled", "CaseHandled"]


def test_who_loses_its_task_to_another_is_refused_first(busy: Router) -> None:
    """By order of a superior; who had been answered is not answered again."""
    busy.read_all(asked(), SUSPENSION)
    busy.answer(asked(), approved=False)
    assert names(busy.reassign(LEAD, "roads")) == ["RequestRefused", "TaskReassigned"]
    assert names(busy.reassign(attempt(2), "fire")) == ["TaskReassigned"]


def test_who_returns_its_task_is_refused_first(busy: Router) -> None:
    """What it asked for before has no object any more."""
    busy.read(asked())
    assert names(busy.read(back())) == ["RequestRefused", "TaskReassigned"]


def test_who_completes_its_task_is_refused_once(busy: Router) -> None:
    """Nothing is left of it for a rework."""
    busy.read(asked())
    assert names(busy.read(done())) == ["RequestRefused"]
    assert names(busy.read(done(POLICE))) == ["TaskCancelled", "CaseHandled"]
    assert names(busy.read(rework(1))) == ["TaskReassigned"]


def test_a_dispute_refuses_when_it_is_settled(alone: Router) -> None:
    """Nobody could decide the request meanwhile: who has the task was unclear."""
    alone.read_all(told(TaskAcknowledged), asked(), parked(unknown=True))
    said = alone.settle(dispute_id(LEAD), "roads")
    assert names(said) == ["RequestRefused", "DisputeSettled", "TaskReassigned"]
    assert only(RequestRefused, said).task == LEAD


def test_a_moot_dispute_refuses_too(alone: Router) -> None:
    """Before it is said to be moot."""
    alone.read_all(told(TaskAcknowledged), asked(), parked(unknown=True))
    assert names(alone.read(WITHDRAW)) == [
        "RequestRefused",
        "DisputeSettled",
        "TaskCancelled",
        "CaseHandled",
    ]


def test_the_rule_refuses_before_it_settles(alone: Router) -> None:
    """As a conference does."""
    alone.read_all(told(TaskAcknowledged), asked(), parked(unknown=True))
    assert names(alone.wait_until(T + timedelta(days=2))) == [
        "CaseEscalated",
        "RequestRefused",
        "DisputeSettled",
        "TaskReassigned",
    ]
