"""Every step outside the tables is named; answers that races allow are not."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.parts import TaskRef

if TYPE_CHECKING:
    from tests.unit.civicloop.audit.conftest import World

Make = Callable[..., Fact]
Told = Sequence[str | tuple[str, dict[str, Any]]]
CASE = UUID("01980000-0000-7000-8000-000000000001")
OPENED: Told = ("CaseFiled", "TaskDispatched", "TaskDelivered")
HANDLED: Told = (*OPENED, "TaskCompleted", "CaseHandled")
CLOSED: Told = (*HANDLED, "VerificationRequested", "CaseVerified", "CaseClosed")
TASK = "68e0453a-c197-575d-90b9-3c8ead72cb1b"


@pytest.fixture
def found(make: Make, world_of: Callable[[list[Fact]], "World"]) -> Callable[..., list[str]]:
    """Return what the auditor says of a case of which these facts were told."""

    def judge(told: Told, *, ended: bool = False) -> list[str]:
        named = [(item, {}) if isinstance(item, str) else item for item in told]
        facts = [make(name, **values) for name, values in named]
        world = world_of(facts)
        world.receipts = []
        return [f"{v.place}: {v.text}" for v in world.audit(ended=ended).violations]

    return judge


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (
            ("CaseFiled", "TaskDelivered"),
            (
                "/department/handling: TaskDelivered without TaskDispatched or TaskReassigned"
                f" task_id {TASK} department water"
            ),
        ),
        (
            ("CaseFiled", "TaskDispatched", "TaskDispatched"),
            (
                f"/router/tasks: TaskDispatched of task {TASK} is no step of the"
                " router task: it is dispatched"
            ),
        ),
        (
            (*HANDLED, "CaseHandled"),
            "/router/tasks: CaseHandled is no step of the router case: it is handled",
        ),
        (
            ("CaseFiled", ("CaseClosed", {"outcome": "withdrawn"})),
            "/feedback/outcomes: CaseClosed without CaseHandled/withdrawn round 1",
        ),
        (
            (*CLOSED, "CaseClosed"),
            "/feedback/outcomes: CaseClosed is no step of the feedback case: it is closed",
        ),
        (
            (*HANDLED, "CaseClosed"),
            "/feedback/outcomes: CaseClosed is no step of the feedback case: it is open",
        ),
        (
            (*OPENED, "CaseHandled"),
            (
                "/router/tasks: CaseHandled/solved without TaskCompleted or TaskReturned"
                f" task_id {TASK}"
            ),
        ),
        (
            ("TaskDispatched",),
            "/router/tasks: TaskDispatched without CaseFiled",
        ),
        (
            (*HANDLED, ("TaskCancelled", {"reason": "case_handled"})),
            "/router/tasks: TaskCancelled is no step of the router case: it is handled",
        ),
        (
            (*HANDLED, "VerificationRequested", ("CaseVerified", {"round": 2})),
            "/feedback/outcomes: CaseVerified of round 2 in round 1",
        ),
        (
            (*OPENED, "TaskCompleted", "TaskAcknowledged"),
            (
                f"/department/handling: TaskAcknowledged of task {TASK} is no step of the"
                " department task: it is completed"
            ),
        ),
        (
            ("CaseFiled", "CaseFiled"),
            "/intake/cases: CaseFiled is no step of the intake case: it is filed",
        ),
    ],
)
def test_an_illegal_step_is_named(found: Callable[..., list[str]], told: Told, text: str) -> None:
    """With the fact, and the state in which it came."""
    assert text in found(told)


def test_nothing_is_told_of_a_rejected_case(found: Callable[..., list[str]]) -> None:
    """What was never filed has no tasks and no other end."""
    told = ("CaseRejected", "TaskDispatched")
    assert "-: CaseRejected, and yet TaskDispatched" in found(told)


def test_a_rejected_case_is_ended(found: Callable[..., list[str]]) -> None:
    """A rejection is an end, and a remark changes nothing."""
    assert found(("CaseRejected",)) == []
    assert "-: this round of the case has no end" not in found(("CaseRejected",), ended=True)


def test_an_open_case_is_wrong_only_when_all_must_be_over(
    found: Callable[..., list[str]],
) -> None:
    """Work in progress is fine."""
    assert found(OPENED) == []
    assert "-: this round of the case has no end" in found(OPENED, ended=True)


def test_an_answer_recorded_after_a_cancellation_stands(
    found: Callable[..., list[str]], task: Callable[..., TaskRef]
) -> None:
    """The department had not read it yet; the router remarks it as late."""
    other = task(2)
    told: Told = (
        *OPENED,
        ("TaskDispatched", {"task": other, "required": False}),
        ("TaskCancelled", {"task": other, "reason": "case_handled"}),
        "TaskCompleted",
        "CaseHandled",
        ("TaskDelivered", {"task": other}),
        ("TaskCompleted", {"task": other}),
        ("Remarked", {"writer": "router"}),
    )
    assert found(told) == []


def test_a_required_task_that_was_cancelled_is_not_done(
    found: Callable[..., list[str]], task: Callable[..., TaskRef]
) -> None:
    """Solved means that the newest attempt of each required task was completed."""
    other = task(2)
    told: Told = (
        *OPENED,
        ("TaskDispatched", {"task": other}),
        ("TaskCancelled", {"task": other, "reason": "case_handled"}),
        "TaskCompleted",
        "CaseHandled",
    )
    text = f"/router/tasks: CaseHandled/solved without TaskCompleted task_id {other.task_id}"
    assert found(told) == [text]


def test_rework_gives_out_the_next_attempt_and_handles_again(
    found: Callable[..., list[str]], task: Callable[..., TaskRef]
) -> None:
    """Two handlings in one round are legal with a rework between them."""
    first, second = task(1), task(1, 2)
    again = {"task": second, "replaces": first.task_id, "reason": "rework"}
    told: Told = (
        *HANDLED,
        "VerificationRequested",
        ("ReworkRequested", {"tasks": (1,), "reason": "verification_failed"}),
        ("TaskReassigned", again),
        ("TaskDelivered", {"task": second}),
        ("TaskCompleted", {"task": second}),
        "CaseHandled",
        "VerificationRequested",
        "CaseVerified",
        "CaseClosed",
    )
    assert found(told, ended=True) == []


def test_a_reopened_case_starts_a_round_of_its_own(
    found: Callable[..., list[str]], task: Callable[..., TaskRef]
) -> None:
    """Its end counts for its round; until then the case is not ended."""
    first, second = task(1), task(1, 2)
    again = {"task": second, "replaces": first.task_id, "reason": "reopened", "round": 2}
    told: Told = (
        *CLOSED,
        ("SatisfactionRecorded", {"solved": False}),
        ("CaseReopened", {"round": 2}),
        ("TaskReassigned", again),
        ("TaskDelivered", {"task": second}),
    )
    assert found(told) == []
    assert "-: this round of the case has no end" in found(told, ended=True)
    ended: Told = (
        *told,
        ("TaskCompleted", {"task": second}),
        ("CaseHandled", {"round": 2}),
        ("VerificationRequested", {"round": 2}),
        ("CaseVerified", {"round": 2}),
        ("CaseClosed", {"round": 2}),
    )
    assert found(ended, ended=True) == []


def test_a_merged_case_ends_with_its_merge(found: Callable[..., list[str]]) -> None:
    """No verification: the outcome is not solved."""
    survivor = uuid4()
    told: Told = (
        "CaseFiled",
        ("MergeRequested", {"survivor": survivor}),
        ("CaseHandled", {"outcome": "merged", "survivor": survivor}),
        ("CaseClosed", {"outcome": "merged"}),
    )
    assert found(told, ended=True) == []
    other: Told = (*told[:2], ("CaseHandled", {"outcome": "merged", "survivor": uuid4()}))
    assert found(other)[0].startswith("/router/tasks: CaseHandled without MergeRequested survivor")


def test_what_a_younger_fact_needs_may_not_have_been_read(
    make: Make, world_of: Callable[[list[Fact]], "World"]
) -> None:
    """A fact written after the audit began may rest on one beyond the end of what was read."""
    world = world_of([make("CaseFiled"), make("TaskDispatched")])
    world.emitted["/feedback/outcomes"] = {}
    world.emit(make("VerificationRequested"), known=False)
    assert world.lines() == []
