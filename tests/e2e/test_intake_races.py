"""Who wins when two things happen at once: intake alone, on real topics, in both orders."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from civicloop_contracts.codes import Outcome
from civicloop_contracts.facts.feedback import CaseClosed, CaseReopened
from civicloop_contracts.facts.intake import (
    CaseFiled,
    ReportAttached,
    ReportWithdrawn,
    WithdrawalRequested,
)
from civicloop_contracts.facts.router import CaseHandled, MergeRefused
from civicloop_local.testing import Backends, fresh_prefix

from .city import City
from .lone import LoneRoom, made
from .reports import report, submit

# Far enough apart that no test's report meets another's by itself.
STEP_DEGREES = 0.01


@pytest.fixture(scope="module")
def intake(backends: Backends, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoneRoom]:
    """Intake, with nobody beside it; evident duplicates join."""
    prefix = fresh_prefix()
    backends.create_topics(prefix)
    backends.create_databases(prefix)
    settings = {"DUPLICATE_WITHIN_M": "50"}
    folder = tmp_path_factory.mktemp("intake")
    city = City(backends=backends, prefix=prefix, folder=folder, settings=settings)
    try:
        city.start("intake")
        yield LoneRoom(city=city, service="intake")
    finally:
        city.end()
        backends.drop_databases(prefix)


class Desk:
    """Somebody who reports, withdraws and merges; each case has a place of its own."""

    def __init__(self, room: LoneRoom) -> None:
        self._room = room
        self._latitude = 34.0 + uuid4().int % 1_000 / 1_000

    def file(self) -> tuple[UUID, UUID]:
        """File a case; returns it and its report."""
        self._latitude += STEP_DEGREES
        return self.report_here()

    def report_here(self) -> tuple[UUID, UUID]:
        """Report once more at the place of the newest case."""
        answer = self.report_again()
        return UUID(answer["case_id"]), UUID(answer["report_id"])

    def report_again(self) -> dict[str, Any]:
        """Return the receipt of one more report at the place of the newest case."""
        place = {"division": "410105001", "latitude": self._latitude, "longitude": 113.6}
        with self._room.client("channel") as channel:
            answer = submit(channel, report(place=place))
        assert answer.is_success, answer.text
        receipt: dict[str, Any] = answer.json()
        return receipt

    def merge(self, loser: UUID, survivor: UUID) -> httpx.Response:
        """Ask that a case joins another."""
        with self._room.client("operator") as operator:
            return operator.post(f"/v1/cases/{loser}/merge", json={"survivor": str(survivor)})

    def withdraw(self, report_id: UUID) -> None:
        """Take a report back."""
        with self._room.client("channel") as channel:
            assert channel.post(f"/v1/reports/{report_id}/withdrawal").is_success


@pytest.fixture
def desk(intake: LoneRoom) -> Desk:
    """Whoever acts in a test."""
    return Desk(intake)


@pytest.mark.race("merge of A into B while B is merged into A")
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_second_of_two_opposite_merges_is_refused(desk: Desk, order: tuple[int, int]) -> None:
    """It is told which case survives: the one that the first request named."""
    cases = [desk.file()[0], desk.file()[0]]
    loser, survivor = (cases[number] for number in order)
    assert desk.merge(loser, survivor).status_code == 202
    refused = desk.merge(survivor, loser)
    assert refused.status_code == 409
    assert str(survivor) in refused.text


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
def test_a_survivor_that_expects_reports_is_not_withdrawn(intake: LoneRoom, desk: Desk) -> None:
    """Its own report is withdrawn; the case goes on for the reports that come."""
    loser, _ = desk.file()
    survivor, own = desk.file()
    assert desk.merge(loser, survivor).status_code == 202
    desk.withdraw(own)
    merged = {"outcome": Outcome.MERGED, "survivor": survivor}
    intake.tell(made(CaseHandled, loser, **merged))
    intake.wait_for(survivor, ReportAttached)
    assert len(intake.facts(survivor, ReportWithdrawn)) == 1
    assert intake.facts(survivor, WithdrawalRequested) == []


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
def test_a_survivor_that_waited_in_vain_is_withdrawn_after_all(
    intake: LoneRoom, desk: Desk
) -> None:
    """The merge is refused and nobody is left: the withdrawal follows."""
    loser, _ = desk.file()
    survivor, own = desk.file()
    assert desk.merge(loser, survivor).status_code == 202
    desk.withdraw(own)
    intake.tell(made(MergeRefused, loser, survivor=survivor))
    intake.wait_for(survivor, WithdrawalRequested)


@pytest.mark.race("the survivor's last withdrawal while a merge into it is under way")
def test_a_case_whose_last_report_was_withdrawn_takes_no_other(desk: Desk) -> None:
    """Withdrawn first: it is on its way to its end, and no survivor."""
    loser, _ = desk.file()
    survivor, own = desk.file()
    desk.withdraw(own)
    assert desk.merge(loser, survivor).status_code == 409


@pytest.mark.race("reopen and a new report at the same place")
def test_a_report_before_the_reopening_is_offered_as_a_merge(intake: LoneRoom, desk: Desk) -> None:
    """The case is closed: the report has a case of its own, which names the other one."""
    closed, _ = desk.file()
    intake.tell(made(CaseClosed, closed))
    receipt = desk.report_again()
    intake.tell(made(CaseReopened, closed, round=2))
    assert receipt["case_id"] != str(closed)
    assert receipt["may_belong_to"] == str(closed)
    assert len(intake.facts(UUID(receipt["case_id"]), CaseFiled)) == 1
    assert intake.facts(closed, ReportAttached) == []


@pytest.mark.race("reopen and a new report at the same place")
def test_a_report_after_the_reopening_joins(intake: LoneRoom, desk: Desk) -> None:
    """The case is open again: the evident duplicate is one of its reports."""
    reopened, _ = desk.file()
    intake.tell(made(CaseClosed, reopened))
    intake.tell(made(CaseReopened, reopened, round=2))
    receipt = desk.report_again()
    assert receipt["case_id"] == str(reopened)
    assert len(intake.facts(reopened, ReportAttached)) == 1


def test_nothing_is_held_in_the_end(intake: LoneRoom) -> None:
    """No order of two things is a bug."""
    assert intake.held() == 0
