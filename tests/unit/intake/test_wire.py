"""Wire: intake's words and those of the contracts say the same."""

from enum import StrEnum
from uuid import UUID

import pytest

from civicloop_contracts import codes
from civicloop_contracts.envelope import Envelope, read_fact, value_of
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts import intake as contract
from civicloop_contracts.facts.intake import CaseFiled, CaseRejected
from civicloop_kit.room import Stamp
from intake import wire
from intake.domain import facts, model
from intake.testing import NOW

MATTER = model.Matter(
    standard_ref="demo", kind=model.MatterKind.MATTER, code="00001", condition="missing"
)
REPLAY = Replay(run="boston", handled_at=None, as_of=NOW)
STAMP = Stamp(
    case_id=UUID(int=7),
    recorded_at=NOW,
    cause=f"command:{UUID(int=9)}",
    replay=REPLAY,
)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (model.Channel, codes.Channel),
        (model.MatterKind, codes.MatterKind),
        (model.Precision, codes.Precision),
        (model.RejectReason, codes.RejectReason),
        (model.Outcome, codes.Outcome),
        (model.WithdrawReason, codes.WithdrawReason),
        (model.Status, codes.CaseStatus),
    ],
)
def test_our_words_are_those_of_the_contracts(ours: type[StrEnum], theirs: type[StrEnum]) -> None:
    """A word that one side adds and the other lacks would break at run time: it breaks here."""
    assert {word.value for word in ours} == {word.value for word in theirs}


def test_a_filed_case_keeps_everything_but_who_reported_it() -> None:
    """The public fact has matter, place, clock and lead, and no word of the reporter."""
    place = model.Place(
        division="410105", precision=model.Precision.EXACT, latitude=34.5, longitude=113.5
    )
    fact = wire.to_contract(
        facts.CaseFiled(
            report_id=UUID(int=1),
            channel=model.Channel.SNAP,
            matter=MATTER,
            place=place,
            clock=model.ExternalClock(due_at=None),
            lead="water",
            reachable=True,
            replayed=True,
            occurred_at=NOW,
        ),
        STAMP,
    )
    assert isinstance(fact, CaseFiled)
    assert fact.model_dump(mode="json", exclude_none=True) == {
        "case_id": str(UUID(int=7)),
        "occurred_at": "2026-05-09T08:00:00Z",
        "recorded_at": "2026-05-09T08:00:00Z",
        "cause": STAMP.cause,
        "replay": {"run": "boston", "as_of": "2026-05-09T08:00:00Z"},
        "report_id": str(UUID(int=1)),
        "channel": "snap",
        "matter": {
            "standard_ref": "demo",
            "kind": "matter",
            "code": "00001",
            "condition": "missing",
        },
        "place": {
            "division": "410105",
            "precision": "exact",
            "latitude": 34.5,
            "longitude": 113.5,
        },
        "clock": {},
        "lead": "water",
    }
    assert fact.clock is not None


def test_a_case_without_an_external_clock_has_none() -> None:
    """No clock and a clock without deadline are different things."""
    fact = wire.to_contract(
        facts.CaseFiled(
            report_id=UUID(int=1),
            channel=model.Channel.PATROL,
            matter=MATTER,
            place=model.Place(division="410105", precision=model.Precision.COARSE),
            clock=None,
            lead=None,
            reachable=False,
            replayed=False,
            occurred_at=NOW,
        ),
        STAMP,
    )
    assert isinstance(fact, CaseFiled)
    assert fact.clock is None


def test_a_rejected_case_tells_its_reason() -> None:
    """The public fact of a rejection has neither matter nor place."""
    fact = wire.to_contract(
        facts.CaseRejected(
            report_id=UUID(int=1),
            channel=model.Channel.HOTLINE,
            matter=MATTER,
            division="110105",
            reason=model.RejectReason.UNKNOWN_MATTER,
            reachable=False,
            replayed=False,
            occurred_at=NOW,
        ),
        STAMP,
    )
    assert isinstance(fact, CaseRejected)
    assert (fact.reason, fact.channel) == (
        codes.RejectReason.UNKNOWN_MATTER,
        codes.Channel.HOTLINE,
    )


@pytest.mark.parametrize("clock", [None, model.ExternalClock(due_at=None)])
def test_what_we_send_can_be_read_again(clock: model.ExternalClock | None) -> None:
    """A fact survives the topic, a clock without deadline and an open replay included."""
    fact = wire.to_contract(
        facts.CaseFiled(
            report_id=UUID(int=1),
            channel=model.Channel.IMPORT,
            matter=MATTER,
            place=model.Place(division="410105", precision=model.Precision.EXACT),
            clock=clock,
            lead=None,
            reachable=False,
            replayed=True,
            occurred_at=NOW,
        ),
        STAMP,
    )
    envelope = Envelope(
        source=fact.source,
        type=fact.event_type(),
        case_id=fact.case_id,
        sequence=1,
        traceparent=None,
    )
    assert read_fact(envelope, value_of(fact)) == fact


@pytest.mark.parametrize(
    ("ours", "theirs", "fields"),
    [
        (
            facts.ReportAttached(
                report_id=UUID(int=1),
                channel=model.Channel.HOTLINE,
                reachable=True,
                occurred_at=NOW,
            ),
            contract.ReportAttached,
            {"report_id": UUID(int=1), "channel": codes.Channel.HOTLINE},
        ),
        (
            facts.ReportWithdrawn(
                report_id=UUID(int=1), reason=model.WithdrawReason.UNMERGED, occurred_at=NOW
            ),
            contract.ReportWithdrawn,
            {"report_id": UUID(int=1), "reason": codes.WithdrawReason.UNMERGED},
        ),
        (
            facts.CaseSupplemented(
                report_id=UUID(int=1), supplement_id=UUID(int=2), occurred_at=NOW
            ),
            contract.CaseSupplemented,
            {"report_id": UUID(int=1), "supplement_id": UUID(int=2)},
        ),
        (facts.WithdrawalRequested(occurred_at=NOW), contract.WithdrawalRequested, {}),
        (
            facts.MergeRequested(survivor=UUID(int=3), occurred_at=NOW),
            contract.MergeRequested,
            {"survivor": UUID(int=3)},
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_becomes_of_a_report_is_told_in_ids_and_codes(
    ours: facts.OwnFact, theirs: type[contract.IntakeFact], fields: dict[str, object]
) -> None:
    """Each fact has its own fields and the stamp, and nothing else."""
    fact = wire.to_contract(ours, STAMP)
    assert type(fact) is theirs
    assert fact.model_dump() == {
        "case_id": STAMP.case_id,
        "occurred_at": NOW,
        "recorded_at": NOW,
        "cause": STAMP.cause,
        "replay": REPLAY.model_dump(),
        **fields,
    }
