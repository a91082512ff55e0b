"""Notices: each reporter hears the end of each round once."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from intake.domain.case import evolve
from intake.domain.facts import CaseReopened
from intake.domain.model import Channel, Outcome, RejectReason
from intake.domain.notices import (
    RETRY_DELAYS,
    Attempt,
    NoticeOutcome,
    OwedNotice,
    TextKey,
    refusals,
    retry_delay,
    take_owed,
)
from intake.domain.state import CaseState, End, Report, Standing, new_case
from intake.testing import NOW

CASE = new_case(UUID(int=7))
REACHABLE = Report(report_id=UUID(int=1), channel=Channel.SNAP, reachable=True)
SILENT = Report(report_id=UUID(int=2), channel=Channel.SNAP, reachable=False)
SOLVED = End(round=1, outcome=Outcome.SOLVED)
WITHDRAWN = End(round=1, outcome=Outcome.WITHDRAWN)


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
    assert state.reports[0].told == (1,)
    assert take_owed(state) == (state, ())


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


def test_a_notice_is_known_by_report_case_and_round() -> None:
    """The id is the same whenever it is derived again."""
    [notice] = take_owed(ended(SOLVED))[1]
    assert notice.notice_id == f"{REACHABLE.report_id}/{CASE.case_id}/1"


@pytest.mark.parametrize(
    ("standing", "end", "texts"),
    [
        (Standing.ACTIVE, SOLVED, [TextKey.CLOSED_SOLVED]),
        (Standing.ACTIVE, WITHDRAWN, [TextKey.CLOSED_WITHDRAWN]),
        (Standing.WITHDRAWN, SOLVED, []),
        (Standing.WITHDRAWN, WITHDRAWN, [TextKey.CLOSED_WITHDRAWN]),
        (Standing.UNMERGED, SOLVED, []),
        (Standing.UNMERGED, WITHDRAWN, []),
        (Standing.MOVED, SOLVED, []),
        (Standing.MOVED, WITHDRAWN, []),
    ],
)
def test_who_left_hears_what_concerns_him(
    standing: Standing, end: End, texts: list[TextKey]
) -> None:
    """One who withdrew hears that the case did too; one who is elsewhere hears of that case."""
    report = replace(REACHABLE, standing=standing)
    assert [notice.text for notice in take_owed(ended(end, reports=(report,)))[1]] == texts


def test_who_counts_again_hears_what_he_missed() -> None:
    """The end was known before the refusal of his withdrawal."""
    gone, _ = take_owed(ended(SOLVED, reports=(replace(REACHABLE, standing=Standing.WITHDRAWN),)))
    [report] = gone.reports
    back = replace(gone, reports=(replace(report, standing=Standing.ACTIVE),))
    assert [notice.text for notice in take_owed(back)[1]] == [TextKey.CLOSED_SOLVED]


@pytest.mark.parametrize(("since", "rounds"), [(1, [1, 2]), (2, [2]), (3, [])])
def test_a_newcomer_hears_of_the_present_round_and_later_ones(
    since: int, rounds: list[int]
) -> None:
    """What ended before he came is none of his."""
    report = replace(REACHABLE, since_round=since)
    ends = (SOLVED, End(round=2, outcome=Outcome.SOLVED))
    owed = take_owed(ended(*ends, reports=(report,)))[1]
    assert [notice.round for notice in owed] == rounds


@pytest.mark.parametrize("text", [TextKey.WITHDRAWAL_REFUSED, TextKey.MERGE_REFUSED])
def test_a_refusal_is_known_by_the_fact_that_told_it(text: TextKey) -> None:
    """Each refusal is a notice of its own, in the present round."""
    state = evolve(ended(), CaseReopened(round=2, occurred_at=NOW))
    found = refusals(state, (REACHABLE, SILENT), text, 5)
    assert found == (
        OwedNotice(
            notice_id=f"{REACHABLE.report_id}/{CASE.case_id}/{text}/5",
            report_id=REACHABLE.report_id,
            round=2,
            text=text,
            settled=None,
        ),
        OwedNotice(
            notice_id=f"{SILENT.report_id}/{CASE.case_id}/{text}/5",
            report_id=SILENT.report_id,
            round=2,
            text=text,
            settled=NoticeOutcome.NO_CONTACT,
        ),
    )
    replayed = replace(state, replayed=True)
    assert refusals(replayed, (REACHABLE,), text, 5)[0].settled is NoticeOutcome.REPLAY
