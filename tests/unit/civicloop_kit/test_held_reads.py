"""What operators read of held records and letters, as far as it needs no database."""

from typing import Any, cast
from uuid import UUID

import pytest
from msgspec.structs import replace as changed
from tests.unit.civicloop_kit.counting import attached
from tests.unit.civicloop_kit.memory import START
from tests.unit.civicloop_kit.scripted import Scripted

from civicloop_kit.held_reads import HeldReads, UnknownLetterError
from civicloop_kit.operation import UnknownCaseError
from civicloop_kit.received import pack_headers
from civicloop_kit.testing.bench import record_of

CASE, LETTER = UUID(int=7), UUID(int=9)
RECORD = record_of(attached(CASE), "/intake/cases", 3)
CAUSE = {"reason": "bug", "error": "KeyError", "source": "/intake/cases", "release": "0.1.0"}
HELD = {**CAUSE, "case_id": CASE, "records": 2, "since": START, "traceparent": None}
PLACE = {
    **CAUSE,
    "topic": "intake.cases",
    "partition": 3,
    "offset": 41,
    "seq": 3,
    "held_at": START,
    "headers": pack_headers(RECORD),
}
FOUND = {
    "letter_id": LETTER,
    "topic": "intake.cases",
    "partition": 0,
    "offset": 5,
    "reason": "ce_id is missing",
    "digest": b"\xab\xcd",
    "sealed_bytes": 120,
    "recorded_at": START,
    "traceparent": None,
    "unsent": True,
}


def reads(**answers: Any) -> HeldReads:
    """Return what reads in a database with these answers."""
    return HeldReads(cast("Any", Scripted(**answers)))


async def test_a_case_is_read_with_its_records() -> None:
    """Each with the fact that its headers name."""
    case, (place,) = await reads(held_case=[HELD], held_records=[PLACE]).case(CASE)
    assert (case.case_id, case.records, case.cause.error) == (CASE, 2, "KeyError")
    assert (place.offset, place.sequence, place.fact) == (41, 3, "ReportAttached")


async def test_a_type_that_nobody_knows_is_not_quoted() -> None:
    """It could be anybody's words."""
    row = {**PLACE, "headers": pack_headers(_typed(b"13977312244"))}
    _, (place,) = await reads(held_case=[HELD], held_records=[row]).case(CASE)
    assert place.fact is None


async def test_a_case_of_which_nothing_is_held_is_not_known() -> None:
    """Its records are not even asked for."""
    with pytest.raises(UnknownCaseError):
        await reads(held_records=[PLACE]).case(CASE)


async def test_a_letter_is_read_with_its_digest() -> None:
    """And whether its notice was sent."""
    letter = await reads(find_letter=[FOUND]).letter(LETTER)
    assert (letter.letter_id, letter.digest, letter.unsent) == (LETTER, "abcd", True)


async def test_a_letter_that_is_not_there_is_not_known() -> None:
    """Nobody wrote it."""
    with pytest.raises(UnknownLetterError):
        await reads().letter(LETTER)


async def test_a_letter_in_a_list_does_not_say_whether_it_was_sent() -> None:
    """That is asked of one only."""
    (letter,) = await reads(list_letters=[FOUND]).letters(before=None, reason=None, limit=1)
    assert not letter.unsent


def _typed(kind: bytes) -> Any:
    headers = tuple((name, kind if name == "ce_type" else value) for name, value in RECORD.headers)
    return changed(RECORD, headers=headers)
