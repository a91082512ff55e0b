"""Notices at the edges: the delays themselves, and an end that only some hear of."""

from dataclasses import replace
from datetime import timedelta

from tests.unit.intake.domain.test_notices import REACHABLE, ended

from intake.domain.model import RejectReason
from intake.domain.notices import RETRY_DELAYS, take_owed
from intake.domain.state import End, Standing


def test_a_notice_is_tried_again_after_these_delays() -> None:
    """From seconds, for a hiccup, to an hour, for an outage."""
    seconds = [delay // timedelta(seconds=1) for delay in RETRY_DELAYS]
    assert seconds == [5, 30, 120, 600, 3600]


def test_who_withdrew_does_not_hear_that_the_case_was_rejected() -> None:
    """Only that it was withdrawn, as they had asked."""
    left = replace(REACHABLE, standing=Standing.WITHDRAWN)
    rejected = End(round=1, rejected=RejectReason.UNKNOWN_MATTER)
    _, owed = take_owed(ended(rejected, reports=(left, REACHABLE)))
    assert [notice.report_id for notice in owed] == [REACHABLE.report_id]
    assert take_owed(ended(rejected, reports=(left,)))[1] == ()
