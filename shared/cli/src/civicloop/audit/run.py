"""An audit of a running stack: databases first, then end offsets, then the topics."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from civicloop.audit.core import Audit
from civicloop.audit.databases import read_again, snapshot_of
from civicloop.audit.findings import Rule
from civicloop.audit.journals import JournalError, read_answers
from civicloop.topics import TopicReader, fact_topics
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from civicloop.audit.findings import Findings


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Where everything is: the auditor's database addresses by service, Kafka, and journals.

    ``journaled`` are the cases that the departments' journals cover, None for all.
    """

    databases: Mapping[str, str]
    kafka: Mapping[str, str | int | float | bool]
    prefix: str = ""
    journals: Sequence[Path] = ()
    journaled: frozenset[UUID] | None = None
    receipts: Path | None = None


def run_audit(evidence: Evidence, *, must_be_ended: bool = False) -> Findings:
    """Audit a stack while it runs.

    Raises:
        StackError: Something cannot be read.
    """
    try:
        return _run(evidence, must_be_ended=must_be_ended)
    except JournalError as error:
        raise StackError(str(error)) from error


def _run(evidence: Evidence, *, must_be_ended: bool) -> Findings:
    readers = {t.source: tuple(map(str, t.consumers)) for t in fact_topics() if t.source}
    audit = Audit(readers, must_be_ended=must_be_ended, journaled=evidence.journaled)
    for journal in evidence.journals:
        with journal.open() as lines:
            audit.read_journal(lines)
    for service, url in evidence.databases.items():
        with snapshot_of(service, url, list(readers)) as snapshot:
            audit.take(snapshot)
    lost = _read_topics(audit, evidence)
    if young := audit.settle():
        databases = evidence.databases.items()
        audit.cover([row for name, url in databases for row in read_again(name, url, young)])
    findings = _close(audit, evidence)
    for place, low in lost.items():
        findings.violate(Rule.DIGESTS, None, place, f"begins at offset {low}: history is missing")
    return findings


def _read_topics(audit: Audit, evidence: Evidence) -> dict[str, int]:
    """Fold the topics; return the partitions whose beginning is gone."""
    with closing(TopicReader(evidence.kafka, evidence.prefix)) as reader:
        offsets = reader.offsets()
        for record in reader.read_until(offsets):
            audit.see(record)
    return {f"{name}[{part}]": low for (name, part), (low, _) in offsets.items() if low > 0}


def _close(audit: Audit, evidence: Evidence) -> Findings:
    if evidence.receipts is None:
        return audit.close()
    with evidence.receipts.open() as lines:
        return audit.close(read_answers(evidence.receipts.name, lines))
