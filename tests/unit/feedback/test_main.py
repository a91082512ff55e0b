"""Feedback's parts, joined."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from tests.unit.feedback.telling import POLICY

from civicloop_contracts.codes import Service
from civicloop_kit.auth import principal_ref
from feedback.main import policy_of, room_of
from feedback.settings import FeedbackSettings

REQUIRED: dict[str, Any] = {
    "kafka_bootstrap": "localhost:9092",
    "kafka_username": "feedback",
    "kafka_password": "secret",
    "database_url": "postgresql://feedback:secret@localhost/feedback",
    "idempotency_key": b"k" * 32,
    "token_public_key": "{}",
}


def test_the_periods_have_defaults() -> None:
    """Two days to verify, three for the reporter."""
    policy = policy_of(FeedbackSettings(**REQUIRED))
    assert policy.verify_within == timedelta(days=2)
    assert policy.call_back_window == timedelta(days=3)
    assert policy.replay_verifier == principal_ref("replay", b"k" * 32)


def test_a_demo_counts_in_seconds() -> None:
    """Both periods can be set as short as anybody wants to wait."""
    settings = FeedbackSettings(**REQUIRED, verify_within_s=0.5, call_back_window_s=2)
    assert policy_of(settings).verify_within == timedelta(seconds=0.5)


@pytest.mark.parametrize("name", ["verify_within_s", "call_back_window_s"])
def test_a_period_is_longer_than_nothing(name: str) -> None:
    """A period of zero would remind for ever."""
    with pytest.raises(ValidationError, match=name):
        FeedbackSettings(**{**REQUIRED, name: 0})


def test_the_room_writes_its_own_source() -> None:
    """Everything that it says goes to one topic."""
    room = room_of(POLICY)
    assert (room.service, room.source) == (Service.FEEDBACK, "/feedback/outcomes")
