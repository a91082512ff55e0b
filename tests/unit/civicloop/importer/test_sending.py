"""Sending: every line gets its answer, whatever happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from tests.unit.civicloop.importer.conftest import REUSED, FakeCity

from civicloop.importer.calls import LONGEST_PAUSE_S, MAX_TRIES
from civicloop.importer.errors import FAILED, ServiceError
from civicloop.importer.sending import BATCH_LINES, BATCHES_AT_ONCE, Parcel, Sender
from civicloop.importer.words import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from civicloop.importer.ledger import Ledger


def _parcels(count: int) -> list[Parcel]:
    return [Parcel(line=number + 2, request=_request(f"A{number}")) for number in range(count)]


def _request(source_id: str) -> dict[str, Any]:
    report = {
        "channel": "import",
        "matter": {"standard_ref": "demo", "kind": "matter", "code": "01001"},
        "place": {"division": "110101"},
        "external": {"source_id": source_id, "lead": "made-roads", "clock": {"due_at": None}},
    }
    return {"idempotency_key": source_id, "report": report}


async def _send(city: FakeCity, ledger: Ledger, parcels: list[Parcel]) -> list[int]:
    answered: list[int] = []
    await Sender(city.services().intake, ledger).send(parcels, answered.append)
    return answered


async def test_lines_go_in_full_batches(ledger: Ledger) -> None:
    """The last one takes what is left, and progress is told."""
    city = FakeCity()
    answered = await _send(city, ledger, _parcels(2 * BATCH_LINES + 1))
    assert sorted(city.batches) == [1, BATCH_LINES, BATCH_LINES]
    assert sum(answered) == len(city.cases) == 2 * BATCH_LINES + 1


async def test_no_more_is_read_ahead_than_is_on_its_way(ledger: Ledger) -> None:
    """A file of any size waits where it is."""
    read = answered = most = 0

    def reading() -> Iterator[Parcel]:
        nonlocal read, most
        for parcel in _parcels(8 * BATCH_LINES):
            read += 1
            most = max(most, read - answered)
            yield parcel

    def sent(lines: int) -> None:
        nonlocal answered
        answered += lines

    await Sender(FakeCity().services().intake, ledger).send(reading(), sent)
    assert answered == 8 * BATCH_LINES
    assert most <= BATCHES_AT_ONCE * BATCH_LINES


async def test_a_busy_or_absent_service_is_asked_again(ledger: Ledger) -> None:
    """With the same keys, after at least as long as it wishes."""
    busy = httpx.Response(429, headers={"Retry-After": "3"})
    city = FakeCity(troubles=[busy, httpx.Response(503), httpx.ReadTimeout("slow")])
    await _send(city, ledger, _parcels(2))
    assert len(city.cases) == 2
    assert city.pauses[0] == 3
    assert len(city.pauses) == 3


async def test_a_service_that_stays_away_is_given_up(ledger: Ledger) -> None:
    """With what to do next, and never more than the longest pause between two tries."""
    city = FakeCity(dies_after=0)
    with pytest.raises(ServiceError, match="run the same command again") as caught:
        await _send(city, ledger, _parcels(1))
    assert caught.value.exit_status == FAILED
    assert len(city.pauses) == MAX_TRIES - 1
    assert max(city.pauses) == LONGEST_PAUSE_S


async def test_a_refused_token_is_not_tried_again(ledger: Ledger) -> None:
    """Nor anything else that will stay wrong."""
    city = FakeCity(troubles=[httpx.Response(401, json={"detail": "the token is not valid"})])
    with pytest.raises(ServiceError, match=r"intake refuses .* 401 the token is not valid"):
        await _send(city, ledger, _parcels(1))
    assert not city.pauses


async def test_a_line_that_was_put_off_is_sent_again_alone(ledger: Ledger) -> None:
    """Its neighbours have their answer."""
    city = FakeCity(line_problems={"A1": [{"status": 503}, {"status": 429}]})
    await _send(city, ledger, _parcels(3))
    assert city.batches == [3, 1, 1]
    assert len(city.cases) == 3


async def test_a_line_that_is_put_off_for_ever_ends_the_import(ledger: Ledger) -> None:
    """It is no reject: the next import takes it."""
    city = FakeCity(line_problems={"A1": [{"status": 503}] * MAX_TRIES})
    with pytest.raises(ServiceError, match="1 lines were put off"):
        await _send(city, ledger, _parcels(3))


@pytest.mark.parametrize(
    ("problem", "reason", "column"),
    [
        ({"status": 409, "type": REUSED}, Reason.ID_REUSED, ""),
        ({"status": 409, "type": "urn:civicloop:problem:case_already_filed"}, Reason.REFUSED, ""),
        ({"status": 409}, Reason.REFUSED, ""),
        ({"status": 500}, Reason.FAILED, ""),
        ({"status": 422}, Reason.REFUSED, ""),
        (
            {"status": 422, "errors": [{"path": "report/place/division", "code": "x"}]},
            Reason.REFUSED,
            "place/division",
        ),
    ],
)
async def test_a_line_that_intake_refuses_is_rejected_alone(
    ledger: Ledger, problem: dict[str, Any], reason: Reason, column: str
) -> None:
    """With what intake says is wrong."""
    city = FakeCity(line_problems={"A1": [problem]})
    await _send(city, ledger, _parcels(3))
    [reject] = ledger.rejects()
    assert (reject.line, reject.reason, reject.column) == (3, reason, column)
    assert len(city.cases) == 2


@pytest.mark.parametrize("reason", [Reason.OUTSIDE_JURISDICTION, Reason.UNKNOWN_MATTER])
async def test_a_line_that_is_not_filed_is_rejected(ledger: Ledger, reason: Reason) -> None:
    """Intake's own reasons are told like ours."""
    city = FakeCity(intake_rejects={"A0": reason.value})
    await _send(city, ledger, _parcels(1))
    assert [it.reason for it in ledger.rejects()] == [reason]


async def test_a_file_that_ends_in_an_error_says_so(ledger: Ledger) -> None:
    """Not as a group of errors of tasks."""

    def broken() -> Iterator[Parcel]:
        yield from _parcels(1)
        raise ServiceError("the file ends here")

    answered: list[int] = []
    with pytest.raises(ServiceError, match="the file ends here"):
        await Sender(FakeCity().services().intake, ledger).send(broken(), answered.append)
