"""Pages of what operators read: a full one names its last entry, and how many it has is stated."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from tests.unit.civicloop_kit.test_operator_doors import DEAD, HELD, RETRIED, Desk, client

from civicloop_kit.held_reads import DeadLetter, HeldCase
from civicloop_kit.operation import Operation

__all__ = ["client"]

PATHS = ["/v1/held", "/v1/operations", "/v1/dead-letters"]


@dataclass
class Pages(Desk):
    """Answers with so many of everything; the last has their number as its id."""

    many: int = 3

    async def cases(self, **wish: Any) -> list[HeldCase]:
        """Return cases."""
        self.asked.append((None, wish["limit"]))
        return [replace(HELD, case_id=UUID(int=number)) for number in self._numbers()]

    async def letters(self, **wish: Any) -> list[DeadLetter]:
        """Return letters."""
        self.asked.append((None, wish["limit"]))
        return [replace(DEAD, letter_id=UUID(int=number)) for number in self._numbers()]

    async def newest(self, before: UUID | None, limit: int) -> list[Operation]:
        """Return operations."""
        self.asked.append((before, limit))
        return [replace(RETRIED, operation_id=UUID(int=number)) for number in self._numbers()]

    def _numbers(self) -> range:
        return range(1, self.many + 1)


@pytest.fixture
def desk() -> Pages:
    """Give a desk with pages."""
    return Pages()


@pytest.mark.parametrize("path", PATHS)
def test_a_page_has_a_hundred_unless_told_otherwise(
    client: TestClient, desk: Pages, path: str
) -> None:
    """That is what is asked of the database."""
    client.get(path)
    assert desk.asked == [(None, 100)]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("many", "limit", "next_"), [(3, 3, 3), (2, 3, None), (4, 5, None), (300, 300, 300)]
)
def test_a_full_page_names_its_last_entry(
    client: TestClient, desk: Pages, path: str, many: int, limit: int, next_: int | None
) -> None:
    """Where the next one goes on."""
    desk.many = many
    answer = client.get(path, params={"limit": limit}).json()["next"]
    assert answer == (None if next_ is None else str(UUID(int=next_)))
