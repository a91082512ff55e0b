"""One source of one case: its numbers, its digest, and what its writer says of both (A2, A5)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from civicloop.audit.findings import Rule
from civicloop_kit.numbering import chain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from uuid import UUID

    from civicloop.audit.findings import Findings
    from civicloop.audit.records import Sighting
    from civicloop.audit.snapshot import Mark

# Enough of a SHA-256 to tell another content under a known number; there are many of them.
PRINT_BYTES: Final = 8


@dataclass(slots=True, kw_only=True)
class Chain:
    """The fold of one source of one case.

    ``last`` facts are folded, in order and without a gap; ``early`` are facts seen before their
    turn. ``claimed`` is what the writer's row said in the snapshot, None where it had no row.
    """

    case_id: UUID
    source: str
    claimed: Mark | None = None
    last: int = 0
    # None once a fact is missing: nothing after it can be compared.
    digest: str | None = ""
    prints: bytearray = field(default_factory=bytearray)
    early: dict[int, Sighting] = field(default_factory=dict)
    readers: dict[str, Mark] = field(default_factory=dict)

    @property
    def claimed_seq(self) -> int:
        """The last number of which the snapshot knew."""
        return self.claimed[0] if self.claimed else 0

    @property
    def seen(self) -> int:
        """The highest number seen so far."""
        return max((self.last, *self.early))

    def see(self, fact: Sighting, findings: Findings) -> Iterator[Sighting]:
        """Take a record of the topic; yield the facts that are next because of it."""
        if fact.sequence <= self.last or fact.sequence in self.early:
            self._see_again(fact, findings)
            return
        if fact.sequence < self.seen:
            self._violate(findings, f"sequence {fact.sequence} came first after {self.seen}")
        self.early[fact.sequence] = fact
        yield from self._fold_next(findings)

    def fill(self, fact: Sighting, findings: Findings) -> Iterator[Sighting]:
        """Take a fact that waits in the outbox, where the topic does not have it."""
        if fact.sequence > self.last and fact.sequence not in self.early:
            self.early[fact.sequence] = fact
        yield from self._fold_next(findings)

    def close(self, findings: Findings) -> Iterator[Sighting]:
        """Report every number that nobody has; yield what stands behind a gap."""
        while self.last < max(self.seen, self.claimed_seq):
            if self.last + 1 not in self.early:
                text = f"sequence {self.last + 1} is neither in the topic nor in the outbox"
                findings.violate(Rule.DIGESTS, self.case_id, self.source, text)
                self._fold(None, findings)
            yield from self._fold_next(findings)

    def cover(self, mark: Mark | None, findings: Findings) -> None:
        """Hold facts that are younger than the snapshot against the row as it is now."""
        if mark is None or mark[0] < self.last:
            known = mark[0] if mark else 0
            text = f"sequences {known + 1} to {self.last} are in the topic, and nobody emitted them"
            findings.violate(Rule.DIGESTS, self.case_id, self.source, text)
        elif mark[0] == self.last and self.digest is not None and mark[1] != self.digest:
            self._violate_digest(findings)

    def check_progress(
        self, services: Iterable[str], findings: Findings, *, all_read: bool
    ) -> None:
        """Report services that applied what is not there or, with *all_read*, have not read all."""
        for service in services:
            read = self.readers.get(service, (0, ""))[0]
            if read > self.last:
                text = f"{service} applied sequence {read}, which the topic does not hold"
                findings.violate(Rule.JOURNALS, self.case_id, self.source, text)
            elif all_read and read < self.last:
                text = f"{service} has read {read} of {self.last} facts"
                findings.violate(Rule.JOURNALS, self.case_id, self.source, text)

    def _fold_next(self, findings: Findings) -> Iterator[Sighting]:
        while (fact := self.early.pop(self.last + 1, None)) is not None:
            self._fold(fact, findings)
            yield fact

    def _fold(self, fact: Sighting | None, findings: Findings) -> None:
        self.last += 1
        value = fact.value if fact else b""
        self.prints += _print(value)
        if fact is None or self.digest is None:
            self.digest = None
            return
        self.digest = chain(self.digest, fact.type, value)
        if self.last == self.claimed_seq and self.claimed != (self.last, self.digest):
            self._violate_digest(findings)
        for service, mark in self.readers.items():
            self._check_reader(service, mark, value, findings)

    def _check_reader(self, service: str, mark: Mark, value: bytes, findings: Findings) -> None:
        """Hold what a service applied under the number just folded against its content."""
        sequence, digest = mark
        if sequence == self.last and digest and digest != sha256(value).hexdigest():
            text = f"{service} applied another content under sequence {sequence}"
            findings.violate(Rule.JOURNALS, self.case_id, self.source, text)

    def _see_again(self, fact: Sighting, findings: Findings) -> None:
        known = self.early.get(fact.sequence)
        at = (fact.sequence - 1) * PRINT_BYTES
        before = _print(known.value) if known else bytes(self.prints[at : at + PRINT_BYTES])
        if before == _print(fact.value):
            findings.counts["repeats"] += 1
            text = f"sequence {fact.sequence} is there again, the same"
            findings.note("repeats", self.case_id, self.source, text)
        else:
            self._violate(findings, f"sequence {fact.sequence} came again with another content")

    def _violate(self, findings: Findings, text: str) -> None:
        findings.violate(Rule.ORDER, self.case_id, self.source, text)

    def _violate_digest(self, findings: Findings) -> None:
        text = f"the facts up to sequence {self.last} do not give the digest of what was emitted"
        findings.violate(Rule.DIGESTS, self.case_id, self.source, text)


def _print(value: bytes) -> bytes:
    return sha256(value).digest()[:PRINT_BYTES]
