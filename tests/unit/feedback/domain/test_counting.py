"""What moves nothing but a number, and whose number it is."""

from collections.abc import Mapping
from dataclasses import asdict

import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story
from tests.unit.feedback.telling import HANDLER

from civicloop_contracts.codes import Tier
from civicloop_contracts.fact import Fact
from feedback.domain.counting import CASE_COUNTS, TASK_COUNTS, CaseCount, TaskCount

STORY = Story()
OF_CASE: Mapping[str, Fact] = {
    "reports_attached": STORY.attached(),
    "reports_withdrawn": STORY.withdrawn(),
    "disputes_settled": STORY.settled(),
    "escalations": STORY.escalated(),
    "withdrawals_refused": STORY.withdrawal_refused(),
    "merges_refused": STORY.merge_refused(),
}
OF_TASK: Mapping[str, Fact] = {
    "reminders": STORY.reminded(),
    "supervisions": STORY.supervised(),
    "extensions_requested": STORY.extension_requested(),
    "extensions": STORY.extended(),
    "extensions_refused": STORY.extension_refused(),
    "suspensions_requested": STORY.suspension_requested(),
    "suspensions": STORY.suspended(),
    "suspensions_refused": STORY.suspension_refused(),
}


@pytest.mark.parametrize("column", OF_CASE)
@pytest.mark.choreography("feedback", "ReportAttached", "ReportWithdrawn", "CaseEscalated")
@pytest.mark.choreography("feedback", "WithdrawalRefused", "MergeRefused")
def test_what_happens_to_a_case_is_counted_there(bench: Bench, column: str) -> None:
    """Each in its column and in no other, as often as it happened."""
    for times in (1, 2, 3):
        bench.tell(OF_CASE[column])
        row = asdict(bench.case_row())
        assert {name: row[name] for name in OF_CASE} == {**dict.fromkeys(OF_CASE, 0), column: times}


@pytest.mark.parametrize("column", OF_TASK)
@pytest.mark.choreography("feedback", "ReminderIssued", "SupervisionIssued")
@pytest.mark.choreography("feedback", "ExtensionRequested", "ExtensionRefused")
@pytest.mark.choreography("feedback", "SuspensionRequested", "SuspensionRefused")
def test_what_happens_to_a_task_is_counted_there(bench: Bench, column: str) -> None:
    """Each in its column and in no other, and in the row of no other task."""
    bench.tell(STORY.dispatched(), STORY.assisting())
    for times in (1, 2, 3):
        bench.tell(OF_TASK[column])
        row = asdict(bench.task_row())
        assert {name: row[name] for name in OF_TASK} == {**dict.fromkeys(OF_TASK, 0), column: times}
    other = asdict(bench.task_row(2))
    assert {other[name] for name in OF_TASK} == {0}


def test_every_number_has_its_fact() -> None:
    """And every column is tried above."""
    assert sorted(CASE_COUNTS.values()) == sorted(CaseCount) == sorted(OF_CASE)
    assert sorted(TASK_COUNTS.values()) == sorted(TaskCount) == sorted(OF_TASK)


def test_requests_are_signs_of_the_department(bench: Bench) -> None:
    """Whoever asks for more time has seen the task, and may not verify the case."""
    bench.tell(STORY.dispatched(), STORY.extension_requested(0.7, handler="c" * 16))
    assert bench.case_row().first_response_at == STORY.extension_requested(0.7).occurred_at
    bench.tell(STORY.suspension_requested(0.6, handler=HANDLER))
    assert bench.case_row().first_response_at == STORY.suspension_requested(0.6).occurred_at
    assert bench.state.handlers == (HANDLER, "c" * 16)


def test_the_case_is_where_it_climbed_to(bench: Bench) -> None:
    """The dispatch names the tier, each escalation the next, and so does a next attempt."""
    bench.tell(STORY.filed())
    assert bench.case_row().tier is None
    bench.tell(STORY.dispatched(tier=Tier.COMMUNITY))
    assert bench.case_row().tier == "community"
    bench.tell(STORY.escalated(tier=Tier.SUBDISTRICT))
    assert bench.case_row().tier == "subdistrict"
    bench.tell(STORY.reassigned(9, tier=Tier.DISTRICT))
    assert bench.case_row().tier == "district"
