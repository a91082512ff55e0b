"""One function per thing that can happen: the domain decides, the decision carries the rows.

Pure. Every own fact is folded into the state, and every row of the read model that changed goes
along as an effect.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any

from civicloop_kit.room import Decision
from feedback.domain import closing
from feedback.domain.case import Case, CaseState
from feedback.domain.closing import Policy
from feedback.domain.commands import RecordSatisfaction, ReopenCase, VerifyCase
from feedback.domain.evolve import evolve
from feedback.domain.facts import CaseHandled, Fact, ReplayStarted
from feedback.domain.measures import changed_measures
from feedback.domain.own_facts import OwnFact


def fold_fact(case: Case, fact: Fact, replay: ReplayStarted | None) -> Decision[Case]:
    """Keep what happened elsewhere; nothing follows from it here."""
    return _decide(case, evolve(_in_replay(case, replay), fact), ())


def settle_handled(
    case: Case, fact: CaseHandled, replay: ReplayStarted | None, now: datetime, policy: Policy
) -> Decision[Case]:
    """Ask for a verification when the departments are done, or end what needs none."""
    before = _in_replay(case, replay)
    follows = closing.settle_handled(before, fact, now, policy)
    return _decide(case, evolve(before, fact), follows)


def verify_case(case: Case, command: VerifyCase, now: datetime, policy: Policy) -> Decision[Case]:
    """Record a verification (核实).

    Raises:
        FeedbackError: It is not allowed.
    """
    follows = closing.verify_case(case, command, now, policy)
    return _decide(case, case, follows, {"passed": command.passed})


def record_satisfaction(case: Case, command: RecordSatisfaction, now: datetime) -> Decision[Case]:
    """Record what the reporter answered (回访).

    Raises:
        FeedbackError: It is not allowed.
    """
    follows = closing.record_satisfaction(case, command, now)
    return _decide(case, case, follows, {"solved": command.solved})


def reopen_case(case: Case, _command: ReopenCase, now: datetime) -> Decision[Case]:
    """Begin another round of a closed case by order.

    Raises:
        FeedbackError: It is not allowed.
    """
    return _decide(case, case, closing.reopen_case(case, now), {})


def pass_time(case: Case, now: datetime, policy: Policy) -> Decision[Case]:
    """Let a timer of the case fire."""
    return _decide(case, case, closing.pass_time(case, now, policy))


def _in_replay(case: Case, replay: ReplayStarted | None) -> Case:
    return case if replay is None or case.replay else evolve(case, replay)


def _decide(
    before: Case, read: Case, follows: Iterable[OwnFact], reply: Mapping[str, Any] | None = None
) -> Decision[Case]:
    facts = tuple(follows)
    after = reduce(evolve, facts, read)
    return Decision(
        state=after,
        facts=facts,
        effects=changed_measures(before, after),
        reply=None if reply is None else {**_standing(after), **reply},
    )


def _standing(case: Case) -> Mapping[str, Any]:
    outcome = case.outcome.value if case.state is CaseState.CLOSED and case.outcome else None
    return {
        "case_id": str(case.case_id),
        "state": case.state.value,
        "round": case.round,
        "outcome": outcome,
    }
