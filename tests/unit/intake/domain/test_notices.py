"""Notices: each reporter hears the end of each round once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from intake.domain.case import CaseState, End, Report, new_case
from intake.domain.model import Outcome, RejectReason
from intake.domain.notices import (
    RETRY_DELAYS,
    Attempt,
    NoticeOutcome,
    TextKey,
    notice_id,
    retry_delay,
    take_owed,
)

CASE = new_case(UUID(int=7))
REACHABLE = Report(report_id=UUID(int=1), reachable=True)
SILENT = Report(report_id=UUID(int=2), reachable=False)


def ended(*ends: End, reports: tuple[Report, ...] = (REACHABLE,)) -> CaseState:
    """Return a case with ends and reports."""
    return replace(CASE, ends=ends, reports=reports)


@pytest.mark.parametrize(
    ("end", "text"),
    [
        (End(round=1, outcome=Outcome.SOLVED), TextKey.CLOSED_SOLVED),
        (End(round=1, outcome=Outcome.WITHDRAWN), TextKey.CLOSED_WITHDRAWN),
        (
            End(round=1, rejected=RejectReason.OUTSIDE_JURISDICTION),
            TextKey.REJECTED_OUTSIDE_JURISDICTION,
        ),
        (End(round=1, rejected=RejectReason.UNKNOWN_MATTER), TextKey.REJECTED_UNKNOWN_MATTER),
    ],
)
def test_each_end_has_its_text(end: End, text: TextKey) -> None:
    """What is said depends on how it ended."""
    _, owed = take_owed(ended(end))
    assert [notice.text for notice in owed] == [text]


def test_every_reporter_is_told() -> None:
    """One notice per report; who left no contact is settled at once."""
    _, owed = take_owed(ended(End(round=1, outcome=Outcome.SOLVED), reports=(REACHABLE, SILENT)))
    assert [(notice.report_id, notice.settled) for notice in owed] == [
        (REACHABLE.report_id, None),
        (SILENT.report_id, NoticeOutcome.NO_CONTACT),
    ]


def test_nobody_is_told_twice_of_one_round() -> None:
    """Once taken, a round's notices are not owed again; the next round's are."""
    state, _ = take_owed(ended(End(round=1, outcome=Outcome.SOLVED)))
    assert take_owed(state) == (state, ())
    again = replace(state, ends=(*state.ends, End(round=2, outcome=Outcome.SOLVED)))
    assert [notice.round for notice in take_owed(again)[1]] == [2]


def test_reporters_of_a_merged_case_hear_of_the_survivor() -> None:
    """A merged case's own end is told to nobody."""
    state, owed = take_owed(ended(End(round=1, outcome=Outcome.MERGED)))
    assert owed == ()
    assert state.told == (1,)


def test_an_end_without_a_report_stays_owed() -> None:
    """An end may be known before the report: the notice waits for it."""
    early, nothing = take_owed(ended(End(round=1, outcome=Outcome.SOLVED), reports=()))
    assert nothing == ()
    assert len(take_owed(replace(early, reports=(REACHABLE,)))[1]) == 1


def test_an_imported_history_is_counted_not_sent() -> None:
    """A replayed case settles its notices as replay."""
    state = replace(ended(End(round=1, outcome=Outcome.SOLVED)), replayed=True)
    assert [notice.settled for notice in take_owed(state)[1]] == [NoticeOutcome.REPLAY]


@pytest.mark.parametrize("attempt", list(Attempt))
def test_a_failure_is_no_end(attempt: Attempt) -> None:
    """Only an attempt that settles the notice has an outcome."""
    failures = {Attempt.FAILED, Attempt.UNREADABLE}
    assert (attempt.outcome is None) == (attempt in failures)


def test_the_longest_delay_goes_on() -> None:
    """A notice is tried for as long as it takes, at most an hour apart."""
    delays = [retry_delay(attempt) for attempt in range(1, 20)]
    assert delays[: len(RETRY_DELAYS)] == list(RETRY_DELAYS)
    assert delays == sorted(delays)
    assert delays[-1] == timedelta(hours=1)


def test_a_notice_is_known_by_report_and_round() -> None:
    """The id is the same whenever it is derived again."""
    assert notice_id(UUID(int=1), 2) == "00000000-0000-0000-0000-000000000001/2"
