"""One service alone on real topics: a test says what the others told, and in which order."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

import httpx
import psycopg
from confluent_kafka import Producer

from civicloop_contracts.codes import Service
from civicloop_contracts.envelope import Envelope, headers_of, value_of
from civicloop_contracts.examples import example_of
from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.parts import TaskRef
from civicloop_contracts.facts.remark import Remarked
from civicloop_contracts.topics import fact_topic
from civicloop_local.credentials import AUDITOR_ROLE
from civicloop_local.services import service_named

from .city import City, eventually

F = TypeVar("F", bound=Fact)
PARTITIONER: Final = "murmur2_random"
# What the adapter's tries to reach a department leave: whether one came before the task ended is
# a matter of time, not of the order of topics.
TRIED_TOLD: Final = ("DeliveryParked", "NoticeParked")
# `ordinal` counts what a department is told: a report after the dispatch is a notice of its own,
# one before it is in the dispatch.
TRIED_KEPT: Final = frozenset({"state", "failures", "may_know", "parked", "ordinal"})


def made(kind: type[F], case_id: UUID, **changes: Any) -> F:
    """Return a fact of now: the contracts' example of its kind, changed."""
    now = datetime.now(UTC)
    frame = {"case_id": case_id, "occurred_at": now, "recorded_at": now}
    example = example_of(kind).model_dump()
    fact: F = kind.model_validate({**example, **frame, **changes})
    return fact


@dataclass(kw_only=True)
class LoneRoom:
    """A city in which one service runs; the test writes the topics of all others."""

    city: City
    service: str
    _sent: Counter[tuple[UUID, str]] = field(default_factory=Counter)

    @property
    def source(self) -> str:
        """The source that the service writes itself."""
        return {
            "intake": "/intake/cases",
            "router": "/router/tasks",
            "department-adapter": "/department/handling",
            "feedback": "/feedback/outcomes",
        }[self.service]

    def tell(self, *facts: Fact) -> None:
        """Write facts of other rooms to their topics; returns when this room has read them all."""
        producer = Producer({**self.city.backends.admin_settings, "partitioner": PARTITIONER})
        for fact in facts:
            self._produce(producer, fact)
        producer.flush(10)
        for case_id in {fact.case_id for fact in facts}:
            eventually(partial(self._has_read, case_id))

    def facts(self, case_id: UUID, kind: type[F]) -> list[F]:
        """Return what this room itself has written of a kind, in its order."""
        return [fact for fact in self._own(case_id) if isinstance(fact, kind)]

    def names(self, case_id: UUID) -> list[str]:
        """Return the kinds of all that this room has written, in its order; remarks by code."""
        return [
            f"Remarked {fact.code.value}" if isinstance(fact, Remarked) else type(fact).__name__
            for fact in self._own(case_id)
        ]

    def wait_for(self, case_id: UUID, kind: type[F], count: int = 1) -> F:
        """Return the newest fact of a kind once there are *count* of them."""
        found = eventually(lambda: self._at_least(case_id, kind, count))
        newest: F = found[-1]
        return newest

    def client(self, role: str, subject: str = "") -> httpx.Client:
        """Return a client of the service."""
        return self.city.client(self.service, role, subject)

    @property
    def subject(self) -> Service:
        """The service, as the contracts name it."""
        return Service(self.service)

    def view(self, case_id: UUID, *, remarks: bool = True) -> tuple[list[str], Any]:
        """Return what this room has told of a case, and the codes of what it keeps of it.

        Without what its tries to reach departments have left.
        """
        query = "SELECT state FROM case_rows WHERE case_id = %s"
        with psycopg.connect(self._url_of(self.city.backends.servers.superuser)) as connection:
            row = connection.execute(query, (case_id,)).fetchone()
        names = sorted(self.names(case_id))
        unequal = TRIED_TOLD if remarks else (*TRIED_TOLD, "Remarked")
        told = [name for name in names if not name.startswith(unequal)]
        tried = TRIED_KEPT if self.subject is Service.DEPARTMENT_ADAPTER else frozenset()
        return told, _codes(row[0] if row else None, tried)

    def held(self) -> int:
        """Return how many records wait or cases are blocked; nothing should."""
        query = "SELECT count(*) FROM audit.case_rows WHERE blocked OR held_count > 0"
        with psycopg.connect(self._url) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _own(self, case_id: UUID) -> list[Fact]:
        return [
            fact
            for envelope, fact in self.city.facts()
            if envelope.source == self.source and fact.case_id == case_id
        ]

    def _at_least(self, case_id: UUID, kind: type[F], count: int) -> list[F] | None:
        found = self.facts(case_id, kind)
        return found if len(found) >= count else None

    def _produce(self, producer: Producer, fact: Fact) -> None:
        source = fact.source
        self._sent[fact.case_id, source] += 1
        envelope = Envelope(
            source=source,
            type=fact.event_type(),
            case_id=fact.case_id,
            sequence=self._sent[fact.case_id, source],
            traceparent=None,
        )
        producer.produce(
            f"{self.city.prefix}{fact_topic(source).name}",
            key=str(fact.case_id).encode(),
            value=value_of(fact),
            headers=[*headers_of(envelope, fact.recorded_at)],
        )

    def _has_read(self, case_id: UUID) -> bool:
        query = "SELECT inbox FROM audit.case_rows WHERE case_id = %s"
        with psycopg.connect(self._url) as connection:
            row = connection.execute(query, (case_id,)).fetchone()
        inbox: dict[str, list[Any]] = row[0] if row else {}
        sent = {source: n for (case, source), n in self._sent.items() if case == case_id}
        return all(inbox.get(source, [0])[0] >= number for source, number in sent.items())

    @property
    def _url(self) -> str:
        return self._url_of(AUDITOR_ROLE)

    def _url_of(self, role: str) -> str:
        database = service_named(self.service).database
        return self.city.backends.databases.url(database, role=role, prefix=self.city.prefix)


def new_task(task_no: int = 1, attempt: int = 1) -> TaskRef:
    """Return a task that no other test knows."""
    return TaskRef(task_id=uuid4(), task_no=task_no, attempt=attempt)


def _codes(kept: Any, without: frozenset[str]) -> Any:
    """Return a state without ids, times, order and the keys *without*: it has to be equal."""
    if isinstance(kept, dict):
        found = {key: _codes(kept[key], without) for key in kept.keys() - without}
        return {key: value for key, value in sorted(found.items()) if value not in (None, "", [])}
    if isinstance(kept, list):
        return sorted((_codes(item, without) for item in kept), key=repr)
    if isinstance(kept, str):
        return kept if kept.replace("_", "").replace("-", "").isalpha() else ""
    return kept
