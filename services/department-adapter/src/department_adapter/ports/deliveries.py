"""Deliveries, and the ways to reach departments.

`DepartmentTransport` is the port that a way of reaching departments implements. A department that
pulls needs none: it comes for its deliveries itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol
from uuid import UUID

from civicloop_contracts.fact import Replay
from department_adapter.domain.commands import Answer, DeliveryKind
from department_adapter.domain.errors import AdapterError
from department_adapter.ports.departments import Registered

# How many cases intake tells about in one answer.
MAX_NARRATIVES: Final = 100


class DeliveryRefusedError(AdapterError):
    """The department will never take this delivery; a person has to look at it."""

    def __init__(self, message: str | None = None, *, gone: bool = False) -> None:
        super().__init__(message)
        self.gone = gone


class DepartmentUnavailableError(AdapterError):
    """The department did not take the delivery; try again."""

    def __init__(self, message: str | None = None, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class NarrativesUnavailableError(AdapterError):
    """Intake does not answer: deliveries wait, and no department is to blame."""


class NarrativeState(StrEnum):
    """Whether there are words to a case, and whether they may still be read."""

    TEXT = "text"
    ERASED = "erased"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrative:
    """What reporters said about a case: in memory only, for one attempt."""

    state: NarrativeState
    text: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one department is told.

    ``body`` is the JSON that it gets, without the narrative. ``dispatched_at`` is set for a
    dispatch, ``replay`` for a case of an imported history.
    """

    delivery_id: str
    kind: DeliveryKind
    task_id: UUID
    case_id: UUID
    department: str
    body: Mapping[str, Any]
    dispatched_at: datetime | None = None
    replay: Replay | None = None
    narrative: Narrative | None = None

    @property
    def needs_narrative(self) -> bool:
        """Whether reporters' words belong to it: never those of an imported history."""
        return self.kind in _WITH_WORDS and self.replay is None

    def with_narrative(self, narratives: Mapping[UUID, Narrative]) -> "Delivery":
        """Return it with what was said about its case."""
        return replace(self, narrative=narratives[self.case_id])


_WITH_WORDS: Final = frozenset({DeliveryKind.DISPATCH, DeliveryKind.SUPPLEMENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The department has it: since ``received_at`` (None: now), with these answers at once."""

    received_at: datetime | None = None
    answers: tuple[Answer, ...] = ()


class DepartmentTransport(Protocol):
    """A way to reach departments."""

    async def deliver(self, registered: Registered, delivery: Delivery) -> Receipt:
        """Hand a delivery over; the same one may come again under the same id.

        Raises:
            DeliveryRefusedError: Never again like this.
            DepartmentUnavailableError: Try again.
        """


class Narratives(Protocol):
    """What reporters said, kept by intake."""

    async def fetch(self, case_ids: Sequence[UUID]) -> Mapping[UUID, Narrative]:
        """Return the narratives of up to 100 cases; each read is recorded there.

        Cases that are not answered are left out.

        Raises:
            NarrativesUnavailableError: None is answered.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A delivery that a department has not received yet; ``leased_until``: it is out now."""

    delivery_id: str
    body: Mapping[str, Any]
    due_at: datetime
    leased_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A claim that is to be recorded by somebody else: it ran out, or nobody holds it."""

    delivery_id: str
    task_id: UUID
    case_id: UUID
    claim_no: int


class Queues(Protocol):
    """The queues that hold deliveries."""

    async def names(self) -> frozenset[str]:
        """Return the queues that are not empty."""

    async def waiting_in(self, queue: str, limit: int) -> Sequence[Queued]:
        """Return what waits in a queue, the longest due first; it stays as it is."""

    async def has(self, delivery_id: str) -> bool:
        """Tell whether a delivery is still to be made."""

    async def expired(self, now: datetime, limit: int) -> Sequence[Leased]:
        """Return the leases of departments that pull which ran out."""

    async def overdue(self, ended_by: datetime, now: datetime, limit: int) -> Sequence[Leased]:
        """Return the cancellations of tasks that ended by then and that nobody holds."""
