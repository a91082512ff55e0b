"""What a reporter may still do, and what becomes of a case that its reporters leave."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from tests.unit.intake.bench import IntakeBench, report_ids

from intake.domain.errors import (
    CaseEndedError,
    ImportedHistoryError,
    IntakeError,
    MergeUnderWayError,
    ReportElsewhereError,
    ReportWithdrawnError,
    TooManySupplementsError,
)
from intake.domain.facts import ReportAttached, WithdrawalRequested
from intake.domain.model import Outcome
from intake.domain.reporters import (
    MAX_SUPPLEMENTS,
    come_back,
    request_if_left,
    supplement,
    withdraw,
)
from intake.domain.state import CaseState, Standing, new_case
from intake.testing import NOW


@pytest.fixture
def bench() -> IntakeBench:
    """Intake without a case."""
    return IntakeBench()


def only(bench: IntakeBench, **changes: object) -> tuple[UUID, UUID]:
    """File a case, and return it with its report."""
    case_id = bench.file(**changes)
    [report] = bench.state(case_id).reports
    return case_id, report.report_id


def refusal(state: CaseState, report_id: UUID) -> list[type[IntakeError]]:
    """Return why a withdrawal and a supplement are refused."""
    found = []
    with pytest.raises(IntakeError) as caught:
        withdraw(state, report_id, NOW)
    found.append(caught.type)
    with pytest.raises(IntakeError) as caught:
        supplement(state, report_id, uuid4(), NOW)
    return [*found, caught.type]


def test_a_report_that_is_not_here_is_elsewhere(bench: IntakeBench) -> None:
    """Unknown, moved to a survivor, or taken out."""
    case_id, report_id = only(bench)
    state = bench.state(case_id)
    assert refusal(state, uuid4()) == [ReportElsewhereError] * 2
    for standing in (Standing.MOVED, Standing.UNMERGED):
        gone = replace(state, reports=(replace(state.reports[0], standing=standing),))
        assert refusal(gone, report_id) == [ReportElsewhereError] * 2


@pytest.mark.parametrize("division", ["410105001", "110105"])
def test_after_its_end_a_case_is_left_alone(bench: IntakeBench, division: str) -> None:
    """Closed, or never filed."""
    case_id, report_id = only(bench, division=division)
    if division == "410105001":
        bench.closed(case_id)
    assert refusal(bench.state(case_id), report_id) == [CaseEndedError] * 2


def test_an_imported_history_is_left_alone(bench: IntakeBench) -> None:
    """It has its end already."""
    case_id, report_id = only(bench, replayed=True)
    assert refusal(bench.state(case_id), report_id) == [ImportedHistoryError] * 2


def test_who_withdrew_adds_nothing(bench: IntakeBench) -> None:
    """But may withdraw again, which is nothing new, also after the end."""
    case_id, report_id = only(bench)
    bench.withdraw(case_id, report_id)
    bench.closed(case_id)
    with pytest.raises(ReportWithdrawnError):
        supplement(bench.state(case_id), report_id, uuid4(), NOW)
    assert withdraw(bench.state(case_id), report_id, NOW) == ()


def test_the_reports_of_a_case_on_its_way_are_their_reporters_still(bench: IntakeBench) -> None:
    """Even when its own end is known before its reports have moved."""
    loser, report_id = only(bench)
    survivor = bench.file(north=5)
    bench.merge(loser, survivor)
    bench.handled(loser, Outcome.MERGED, survivor)
    bench.closed(loser, Outcome.MERGED)
    assert bench.withdraw(loser, report_id)["withdrawal"] == "accepted"
    bench.settle_merges()
    assert len(report_ids(bench.state(survivor))) == 1
    with pytest.raises(CaseEndedError):
        supplement(
            replace(bench.state(loser), reports=bench.state(survivor).reports),
            report_ids(bench.state(survivor))[0],
            uuid4(),
            NOW,
        )


def test_while_a_case_is_on_its_way_nothing_is_added(bench: IntakeBench) -> None:
    """It would reach nobody: asked for or granted; after a refusal it is taken again."""
    loser, report_id = only(bench)
    survivor, other_id = only(bench, north=5)
    bench.merge(loser, survivor)
    with pytest.raises(MergeUnderWayError, match="try again in a moment") as caught:
        supplement(bench.state(loser), report_id, uuid4(), NOW)
    assert caught.value.survivor == survivor
    assert supplement(bench.state(survivor), other_id, uuid4(), NOW).report_id == other_id
    assert supplement(replace(bench.state(loser), merge=None), report_id, uuid4(), NOW)
    bench.handled(loser, Outcome.MERGED, survivor)
    with pytest.raises(MergeUnderWayError):
        supplement(bench.state(loser), report_id, uuid4(), NOW)
    bench.settle_merges()
    assert bench.supplement(survivor, report_id)


def test_one_report_is_added_to_so_often(bench: IntakeBench) -> None:
    """The last one is taken, the next refused; another report of the case has its own count."""
    case_id, report_id = only(bench)
    for _ in range(MAX_SUPPLEMENTS):
        bench.supplement(case_id, report_id)
    state = bench.state(case_id)
    assert state.reports[0].supplements == MAX_SUPPLEMENTS
    with pytest.raises(TooManySupplementsError):
        supplement(state, report_id, uuid4(), NOW)
    other = replace(state.reports[0], report_id=uuid4(), supplements=0)
    both = replace(state, reports=(*state.reports, other))
    assert supplement(both, other.report_id, uuid4(), NOW).report_id == other.report_id


def left(bench: IntakeBench) -> CaseState:
    """Return a case that its only reporter has left, before anything was asked."""
    case_id, report_id = only(bench)
    bench.withdraw(case_id, report_id)
    return replace(bench.state(case_id), withdrawing=False)


def test_the_end_of_a_case_is_asked_for_when_nobody_is_left(bench: IntakeBench) -> None:
    """Once; and only if somebody left, nobody is awaited and it has not ended."""
    state = left(bench)
    assert request_if_left(state, NOW) == (WithdrawalRequested(occurred_at=NOW),)
    someone = replace(state.reports[0], report_id=uuid4(), standing=Standing.ACTIVE)
    for other in (
        replace(state, withdrawing=True),
        replace(state, incoming=(uuid4(),)),
        replace(state, reports=(*state.reports, someone)),
        replace(state, last_left=None),
        new_case(uuid4()),
    ):
        assert request_if_left(other, NOW) == ()


def test_the_last_report_comes_back(bench: IntakeBench) -> None:
    """As it was; where nobody left there is nobody to come back."""
    state = left(bench)
    [report] = state.reports
    assert come_back(state, NOW) == (
        ReportAttached(
            report_id=report.report_id,
            channel=report.channel,
            reachable=True,
            occurred_at=NOW,
        ),
    )
    assert come_back(replace(state, last_left=None), NOW) == ()
    assert come_back(replace(state, reports=()), NOW) == ()
