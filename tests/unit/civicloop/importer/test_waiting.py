"""Waiting for judgements: until the last one, or until nothing moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest
from tests.unit.civicloop.importer.conftest import DOCUMENT, FakeCity, Unwatched

from civicloop.importer.errors import ServiceError
from civicloop.importer.importing import Import
from civicloop.importer.ledger import Ledger, open_ledger
from civicloop.importer.mapping import Mapping
from civicloop.importer.waiting import MAX_STILL_LOOKS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ROWS = [{"id": f"A{number}"} for number in range(7)]


def _import(path: Path, ledger: Ledger) -> Import:
    mapping = Mapping.model_validate(DOCUMENT)
    return Import(path, mapping, mapping.moment(mapping.as_of), ledger, Unwatched())


class LateCity(FakeCity):
    """A city in which one case shows up only after some looks."""

    looks_left = 3

    async def _pause(self, seconds: float) -> None:
        await super()._pause(seconds)
        self.looks_left -= 1
        if self.looks_left == 0:
            self.hidden.clear()


async def test_the_last_case_is_waited_for(write_file: Callable[..., Path]) -> None:
    """All pages of judgements are read then."""
    city = LateCity(hidden={"A3"})
    with open_ledger() as ledger:
        outcome = await _import(write_file(*ROWS), ledger).replay(city.services())
    assert outcome.totals.unjudged == 0
    assert len(city.pauses) == 3


async def test_a_case_that_never_comes_is_named(write_file: Callable[..., Path]) -> None:
    """With its line, its case and what to look at."""
    city = FakeCity(hidden={"A3"})
    with open_ledger() as ledger, pytest.raises(ServiceError) as caught:
        await _import(write_file(*ROWS), ledger).replay(city.services())
    assert str(caught.value).startswith("1 of 7 cases are not judged and nothing moves")
    assert "line 5 (case 00000000-0000-0000-0000-000000000004)" in str(caught.value)
    assert "civicloop audit" in str(caught.value)
    assert len(city.pauses) == MAX_STILL_LOOKS + 1


async def test_feedback_may_be_away_for_a_while(write_file: Callable[..., Path]) -> None:
    """It is asked again."""
    city = FakeCity()
    services = city.services()
    with open_ledger() as ledger:
        job = _import(write_file(*ROWS), ledger)
        await job.replay(services)
        city.troubles = [httpx.Response(503), httpx.ConnectError("gone")]
    with open_ledger() as ledger:
        await _import(write_file(*ROWS), ledger).replay(services)
    assert len(city.pauses) == 2
