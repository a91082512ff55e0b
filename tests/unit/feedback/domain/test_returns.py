"""Returns (退单): justified, or buck-passing (推诿)."""

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.story_router import PARKS
from tests.unit.feedback.telling import HANDLER, at

from civicloop_contracts.codes import DecidedBy, ReassignReason
from feedback.domain.parts import GivenBy, TaskRef, TaskRole
from feedback.domain.returns import judge_return
from feedback.domain.task import Dispatch, Task

OURS = "urban-management"
AGAIN = [ReassignReason.SETTLED, ReassignReason.SUPERIOR]


def attempt(
    number: int,
    department: str = OURS,
    given_by: GivenBy | None = GivenBy.DUTY,
    *,
    task_no: int = 1,
    returned: bool = False,
    by_rule: bool = False,
) -> Task:
    """Return an attempt; given by None: its dispatch is unread."""
    story = Story()
    ref = story.ref(task_no, number)
    dispatch = Dispatch(
        at=at(number),
        role=TaskRole.LEAD,
        required=True,
        round=1,
        response_due_at=None,
        due_at=None,
        provisional=False,
        given_by=given_by or GivenBy.DUTY,
        by_rule=by_rule,
    )
    return Task(
        ref=TaskRef(task_id=ref.task_id, task_no=task_no, attempt=number),
        department=department,
        dispatch=dispatch if given_by else None,
        returned_at=at(number) if returned else None,
    )


def test_what_was_not_returned_is_not_judged() -> None:
    """Even if it is given again."""
    task = attempt(1)
    assert judge_return(task, [task, attempt(2, given_by=GivenBy.SETTLED)]) is None


def test_a_return_is_justified_until_it_is_given_back() -> None:
    """Elsewhere is no word against it."""
    task = attempt(1, returned=True)
    assert judge_return(task, [task]) is False
    assert judge_return(task, [task, attempt(2, PARKS, GivenBy.RETURNED)]) is False
    assert judge_return(task, [task, attempt(2, PARKS, GivenBy.SETTLED)]) is False


@pytest.mark.parametrize("given_by", GivenBy)
def test_only_a_decision_gives_back(given_by: GivenBy) -> None:
    """Conference or superior; rework and reopening go to who had it in any case."""
    task = attempt(1, returned=True)
    decided = given_by in {GivenBy.SETTLED, GivenBy.SUPERIOR}
    assert judge_return(task, [task, attempt(2, given_by=given_by)]) is decided


def test_a_rule_does_not_judge() -> None:
    """Where no conference met in time the catalog names a lead; a superior's word counts."""
    task = attempt(1, returned=True)
    by_rule = attempt(2, given_by=GivenBy.SETTLED, by_rule=True)
    assert judge_return(task, [task, by_rule]) is False
    assert judge_return(task, [task, by_rule, attempt(3, given_by=GivenBy.SUPERIOR)]) is True


def test_any_later_attempt_may_give_back() -> None:
    """Also after another department has returned it too."""
    first, second = attempt(1, returned=True), attempt(2, PARKS, GivenBy.RETURNED, returned=True)
    tasks = [first, second, attempt(3, given_by=GivenBy.SETTLED)]
    assert (judge_return(first, tasks), judge_return(second, tasks)) == (True, False)


def test_an_earlier_attempt_gives_nothing_back() -> None:
    """A department may have it from a superior, and return it with reason."""
    earlier = attempt(1, given_by=GivenBy.SUPERIOR)
    task = attempt(2, given_by=GivenBy.SUPERIOR, returned=True)
    assert judge_return(task, [earlier, task]) is False


def test_another_task_of_the_case_gives_nothing_back() -> None:
    """Each number is judged alone, whichever is higher."""
    task = attempt(1, task_no=2, returned=True)
    for number in (1, 3):
        other = attempt(2, given_by=GivenBy.SETTLED, task_no=number)
        assert judge_return(task, [task, other]) is False


def test_an_unread_dispatch_gives_nothing_back() -> None:
    """The department's answer may be read before the router's word."""
    task = attempt(1, returned=True)
    assert judge_return(task, [task, attempt(2, given_by=None)]) is False


@pytest.mark.choreography("feedback", "TaskReturned")
def test_a_return_is_measured_where_it_was_made(bench: Bench, story: Story) -> None:
    """In the row of the attempt that was returned, with its time; who returned may not verify."""
    bench.tell(story.dispatched(), story.returned(0.8), story.reassigned())
    returned, given = bench.rows_of(1)
    assert (returned.department, returned.returned_at, returned.unfounded) == (OURS, at(0.8), False)
    assert (given.department, given.returned_at, given.unfounded) == (PARKS, None, None)
    assert bench.state.handlers == (HANDLER,)


@pytest.mark.parametrize("reason", AGAIN)
@pytest.mark.parametrize("late", [False, True])
def test_giving_back_rewrites_the_row_of_the_return(
    bench: Bench, story: Story, reason: ReassignReason, late: bool
) -> None:
    """Whichever is read first, the return or the decision."""
    router = [story.dispatched(), story.reassigned(), story.reassigned(3, 3, department=OURS)]
    router[2] = router[2].model_copy(update={"reason": reason})
    returns = [story.returned(0.8), story.returned(2, attempt=2, department=PARKS)]
    bench.tell(*(router + returns if late else returns + router))
    assert [row.unfounded for row in bench.rows_of(1)] == [True, False, None]
    assert [row.given_by for row in bench.rows_of(1)] == ["duty", "returned", reason.value]


@pytest.mark.choreography("feedback", "DisputeSettled")
def test_a_dispatch_after_a_settled_dispute_is_by_decision(bench: Bench, story: Story) -> None:
    """A task that was born disputed has its department from the conference."""
    bench.tell(story.filed(), story.disputed(), story.settled())
    bench.tell(story.settled(), story.dispatched(2), story.assisting(2))
    assert (bench.task_row(1).given_by, bench.task_row(2).given_by) == ("settled", "duty")
    assert bench.state.settled == (1,)
    bench.tell(story.returned(3), story.dispatched(4, task=story.ref(1, 2)))
    assert [row.unfounded for row in bench.rows_of(1)] == [True, None]


@pytest.mark.parametrize(
    ("decisions", "unfounded"),
    [
        ([DecidedBy.RULE], False),
        ([DecidedBy.RULE, DecidedBy.CONFERENCE], True),
        ([DecidedBy.CONFERENCE, DecidedBy.RULE], False),
        ([DecidedBy.RULE, DecidedBy.RULE], False),
    ],
)
def test_the_last_settlement_says_who_decided(
    bench: Bench, story: Story, decisions: list[DecidedBy], unfounded: bool
) -> None:
    """By rule is no judgement of the return; what a conference decides is."""
    bench.tell(story.dispatched(), story.returned(0.8), story.disputed(1))
    bench.tell(*(story.settled(2 + n, decided_by=by) for n, by in enumerate(decisions)))
    again = story.reassigned(5, 2, department=OURS)
    bench.tell(again.model_copy(update={"reason": ReassignReason.SETTLED}))
    assert bench.rows_of(1)[0].unfounded is unfounded
    assert bench.rows_of(1)[1].given_by == "settled"


def test_a_rule_is_no_word_on_what_a_superior_does(bench: Bench, story: Story) -> None:
    """The superior decides after it."""
    bench.tell(story.dispatched(), story.returned(0.8), story.settled(decided_by=DecidedBy.RULE))
    again = story.reassigned(5, 2, department=OURS)
    bench.tell(again.model_copy(update={"reason": ReassignReason.SUPERIOR}))
    assert bench.rows_of(1)[0].unfounded is True


def test_a_moot_dispute_decides_nothing(bench: Bench, story: Story) -> None:
    """It is counted as ended."""
    bench.tell(story.disputed(), story.settled(lead=None), story.dispatched(2))
    assert bench.task_row().given_by == "duty"
    row = bench.case_row()
    assert (row.disputes, row.disputes_settled) == (1, 1)


def test_the_first_return_counts(bench: Bench, story: Story) -> None:
    """An older one never moves it forward, and is kept whichever is read first."""
    bench.tell(story.dispatched(), story.returned(2), story.returned(1), story.returned(3))
    assert bench.task_row().returned_at == at(1)


def test_what_was_returned_or_replaced_is_not_cancelled(bench: Bench, story: Story) -> None:
    """The case's end takes only what somebody still had."""
    bench.tell(story.dispatched(), story.returned(), story.reassigned(), story.assisting())
    bench.tell(story.reassigned(2, 3, reason=ReassignReason.SUPERIOR))
    bench.tell(story.completed(4, attempt=3, department=PARKS), story.handled())
    assert [row.cancelled for row in bench.rows_of(1)] == [False, False, False]
    assert bench.task_row(2).cancelled is True
    bench.tell(story.returned(3.9, task_no=2))
    assert bench.task_row(2).cancelled is False
