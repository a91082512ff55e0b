"""Folding at the edges: what counts goes on from any number."""

import pytest

from department_adapter.domain import facts as f
from department_adapter.domain.evolving import evolve
from department_adapter.domain.model import ParkReason
from department_adapter.testing import START, at

from .cases import TASK, only, queued

FAILED = f.AttemptFailed(task=TASK, department="water", occurred_at=START)
PARKED = f.DeliveryParked(
    task=TASK,
    department="water",
    occurred_at=START,
    delivery_id="d",
    reason=ParkReason.REFUSED,
    review_at=at(60),
)
NOTICE_PARKED = f.NoticeParked(
    task=TASK,
    department="water",
    occurred_at=START,
    delivery_id="n",
    reason=ParkReason.REFUSED,
    review_at=at(60),
)


@pytest.mark.parametrize("failure", [FAILED, PARKED, NOTICE_PARKED])
def test_every_failure_counts(failure: f.AttemptFailed | f.DeliveryParked | f.NoticeParked) -> None:
    """One more each time, parked or not."""
    case = queued()
    for count in (1, 2, 3, 4):
        case = evolve(case, failure)
        assert only(case).failures == count
