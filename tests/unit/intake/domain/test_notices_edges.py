"""Notices at the edges: the delays themselves."""

from datetime import timedelta

from intake.domain.notices import RETRY_DELAYS


def test_a_notice_is_tried_again_after_these_delays() -> None:
    """From seconds, for a hiccup, to an hour, for an outage."""
    seconds = [delay // timedelta(seconds=1) for delay in RETRY_DELAYS]
    assert seconds == [5, 30, 120, 600, 3600]
