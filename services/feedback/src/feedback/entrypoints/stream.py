"""Facts of the other rooms: translate each, call its handler.

Most are folded and followed by nothing: `wire.READERS` names them and what is read of each.
"""

from collections.abc import Mapping

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts import router
from civicloop_kit.room import Decision, FactHandler, Moment
from feedback import handlers, wire
from feedback.domain.case import Case
from feedback.domain.closing import Policy


class FeedbackStream:
    """What happens when a fact is read."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def on_fact(self, case: Case, fact: Fact, _at: Moment) -> Decision[Case]:
        """Keep what moves a clock, a state or a number."""
        return handlers.fold_fact(case, wire.READERS[type(fact)](fact), wire.read_replay(fact))

    def on_case_handled(self, case: Case, fact: router.CaseHandled, at: Moment) -> Decision[Case]:
        """Ask for a verification, or close."""
        return handlers.settle_handled(
            case, wire.read_case_handled(fact), wire.read_replay(fact), at.now, self._policy
        )


def routes(stream: FeedbackStream) -> Mapping[type[Fact], FactHandler[Case]]:
    """Return the handler of each fact."""
    folded: Mapping[type[Fact], FactHandler[Case]] = dict.fromkeys(wire.READERS, stream.on_fact)
    return {**folded, router.CaseHandled: stream.on_case_handled}
