"""A task as it is kept."""

import msgspec
import pytest
from tests.unit.feedback.bench import Bench
from tests.unit.feedback.story import Story

from civicloop_contracts.codes import DecidedBy, ReassignReason
from feedback.domain.task import Dispatch


def test_a_stored_dispatch_that_tells_no_rule_is_not_by_rule() -> None:
    """So were all dispatches before a rule could name a lead."""
    stored = {
        "at": "2026-03-02T02:00:00Z",
        "role": "lead",
        "required": True,
        "round": 1,
        "response_due_at": None,
        "due_at": None,
        "provisional": False,
    }
    dispatch = msgspec.json.decode(msgspec.json.encode(stored), type=Dispatch)
    assert dispatch.by_rule is False


@pytest.mark.parametrize("reason", ReassignReason)
def test_only_a_settled_task_is_given_by_rule(
    reason: ReassignReason, bench: Bench, story: Story
) -> None:
    """A rule that named a lead once has no part in what follows for another reason."""
    bench.tell(story.dispatched(), story.settled(decided_by=DecidedBy.RULE))
    bench.tell(story.reassigned(5, 2, reason=reason))
    lead = bench.state.lead
    assert lead is not None
    assert lead.dispatch is not None
    assert lead.dispatch.by_rule is (reason is ReassignReason.SETTLED)
