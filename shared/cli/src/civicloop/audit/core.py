"""The audit as a fold: snapshots first, then the records of the topics, then the verdict.

Pure: whoever calls it reads databases and topics. One pass over the records; of a case it keeps
numbers, digests and states, never its facts.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from civicloop.audit.chains import Chain
from civicloop.audit.findings import Findings, Rule
from civicloop.audit.journals import Deliveries
from civicloop.audit.lifecycle import Lifecycle
from civicloop.audit.membership import Membership
from civicloop.audit.records import read_record, sighting
from civicloop_contracts.envelope import Envelope, EnvelopeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from civicloop.audit.journals import Answer
    from civicloop.audit.records import Sighting, TopicRecord
    from civicloop.audit.snapshot import CaseRow, Job, OutboxRow, Receipt, Snapshot

OVERDUE_AFTER: Final = timedelta(minutes=5)
COUNTED: Final = ("facts", "cases", "tasks", "reports", "deliveries")


class Audit:
    """One audit.

    Args:
        readers: The services that read each source.
        must_be_ended: Also demand an end, and every fact sent and read.
        journaled: The cases that the departments' journals cover, None for all.
    """

    def __init__(
        self,
        readers: Mapping[str, tuple[str, ...]],
        *,
        must_be_ended: bool = False,
        journaled: frozenset[UUID] | None = None,
    ) -> None:
        self._readers = readers
        self._must_be_ended = must_be_ended
        self._findings = Findings()
        self._findings.counts.update(dict.fromkeys(COUNTED, 0))
        self._chains: dict[tuple[UUID, str], Chain] = {}
        self._lives: dict[UUID, Lifecycle] = {}
        self._members = Membership()
        self._deliveries = Deliveries(only=journaled)
        self._outbox: list[OutboxRow] = []
        self._receipts: list[Receipt] = []

    def read_journal(self, lines: Iterable[str]) -> None:
        """Take a department's journal; all of them come before the topics."""
        self._deliveries.read(lines)

    def take(self, snapshot: Snapshot) -> None:
        """Take one service's database."""
        held: dict[UUID, int] = {}
        for row in snapshot.held:
            held[row.case_id] = held.get(row.case_id, 0) + 1
            text = f"{row.reason}: sequence {row.sequence} of {row.source} waits"
            self._findings.note("held", row.case_id, snapshot.service, text)
        for case in snapshot.rows:
            self._take_row(case, snapshot, held.get(case.case_id, 0))
        self._outbox.extend(snapshot.outbox)
        self._receipts.extend(snapshot.receipts)
        self._take_jobs(snapshot)

    def see(self, record: TopicRecord) -> None:
        """Take one record of a fact topic; those of one partition in their order."""
        try:
            seen = read_record(record)
        except EnvelopeError as error:
            self._findings.note("unreadable", None, record.place, str(error))
            return
        if not seen.keyed:
            text = f"{record.place} has another key than its case"
            self._findings.violate(Rule.ORDER, seen.case_id, seen.source, text)
        chain = self._chain(seen.case_id, seen.source)
        self._fold(chain, chain.see(seen, self._findings))

    def settle(self) -> tuple[UUID, ...]:
        """Fold what waits to be sent, report gaps; return the cases to read once more."""
        for row in sorted(self._outbox, key=lambda row: row.sequence):
            chain = self._chain(row.case_id, row.source)
            self._fold(chain, chain.fill(_waiting(row), self._findings))
        for chain in self._chains.values():
            self._fold(chain, chain.close(self._findings))
        return tuple({c.case_id for c in self._chains.values() if c.last > c.claimed_seq})

    def cover(self, rows: Iterable[CaseRow]) -> None:
        """Hold what is younger than the snapshots against the rows as they are now."""
        now = {(row.case_id, source): mark for row in rows for source, mark in row.emitted.items()}
        for key, chain in self._chains.items():
            if chain.last > chain.claimed_seq:
                chain.cover(now.get(key), self._findings)

    def close(self, answers: Iterable[Answer] = ()) -> Findings:
        """Judge what is complete now, and return everything that was found.

        Raises:
            JournalError: A line of the client's journal does not fit.
        """
        for (_, source), chain in self._chains.items():
            readers = self._readers.get(source, ())
            chain.check_progress(readers, self._findings, all_read=self._must_be_ended)
        for life in self._lives.values():
            life.close(self._findings, must_be_ended=self._must_be_ended)
            self._findings.counts["tasks"] += life.tasks
        for receipt in self._receipts:
            self._members.check_receipt(receipt, self._findings)
        self._members.check_answers(answers, self._findings)
        self._deliveries.close(self._findings)
        self._findings.counts["cases"] = len(self._lives)
        return self._findings

    def _take_row(self, row: CaseRow, snapshot: Snapshot, held: int) -> None:
        for source, mark in row.emitted.items():
            self._chain(row.case_id, source).claimed = mark
        for source, mark in row.inbox.items():
            self._chain(row.case_id, source).readers[snapshot.service] = mark
        if row.held_count != held:
            text = f"the row counts {row.held_count} held records, there are {held}"
            self._findings.violate(Rule.DIGESTS, row.case_id, snapshot.service, text)
        if row.timer_at and not row.blocked and _is_overdue(row.timer_at, snapshot.at):
            text = f"its timer was due at {row.timer_at.isoformat()}"
            self._findings.violate(Rule.STEPS, row.case_id, snapshot.service, text)
        if self._must_be_ended and (held or row.blocked):
            text = f"{held} records of it are held"
            self._findings.violate(Rule.STEPS, row.case_id, snapshot.service, text)

    def _take_jobs(self, snapshot: Snapshot) -> None:
        """A job that waits holds back those behind it in its lane."""
        lanes: dict[UUID, list[Job]] = {}
        for job in snapshot.jobs:
            lanes.setdefault(job.lane, []).append(job)
        for lane in lanes.values():
            if all(_is_late(job, snapshot.at) for job in lane):
                text = f"job {lane[0].job_id} was due at {lane[0].due_at}"
                self._findings.violate(Rule.STEPS, lane[0].case_id, snapshot.service, text)

    def _chain(self, case_id: UUID, source: str) -> Chain:
        key = (case_id, source)
        if key not in self._chains:
            self._chains[key] = Chain(case_id=case_id, source=source)
        return self._chains[key]

    def _fold(self, chain: Chain, facts: Iterable[Sighting]) -> None:
        for seen in facts:
            self._findings.counts["facts"] += 1
            if seen.case_id not in self._lives:
                self._lives[seen.case_id] = Lifecycle(case_id=seen.case_id)
            if seen.fault:
                text = f"sequence {seen.sequence} does not fit its schema: {seen.fault}"
                self._findings.violate(Rule.STEPS, seen.case_id, seen.source, text)
            if seen.fact is None:
                continue
            settled = seen.sequence <= chain.claimed_seq
            life = self._lives[seen.case_id]
            life.fold(seen.fact, seen.source, self._findings, settled=settled)
            self._members.fold(seen.fact)
            self._deliveries.fold(seen.fact)


def _waiting(row: OutboxRow) -> Sighting:
    envelope = Envelope(
        source=row.source,
        type=row.type,
        case_id=row.case_id,
        sequence=row.sequence,
        traceparent=None,
    )
    return sighting(envelope, row.value)


def _is_overdue(due_at: datetime, now: datetime) -> bool:
    return now - due_at > OVERDUE_AFTER


def _is_late(job: Job, now: datetime) -> bool:
    due_at = job.claim_expires_at or job.due_at
    return due_at is not None and _is_overdue(due_at, now)
