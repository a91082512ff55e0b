"""The desk where the vault is opened for those who may, and where reporters are forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_kit.logs import get_logger
from intake import vault
from intake.entrypoints.answers import NarrativeView
from intake.ports import Disclosure, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from civicloop_kit.clock import Clock
    from intake.ports import Records, SealedRow, SubjectKeys

_log = get_logger(__name__)


class VaultDesk:
    """Opens the vault for those who may, with an audit row each time; and destroys keys."""

    def __init__(self, records: Records, keys: SubjectKeys, clock: Clock) -> None:
        self._records = records
        self._keys = keys
        self._clock = clock

    async def narratives(
        self, case_ids: Sequence[UUID], principal: str, purpose: Purpose
    ) -> Sequence[NarrativeView]:
        """Return the narratives of cases: paragraphs, oldest first, supplements after reports."""
        wanted = list(dict.fromkeys(case_ids))
        now = self._clock.now()
        rows = await self._records.narratives(
            wanted,
            [
                Disclosure(principal=principal, case_id=case_id, purpose=purpose, at=now)
                for case_id in wanted
            ],
        )
        told = [row for row in rows if row.content is not None]
        keys = await self._keys.get([row.report_id for row in told]) if told else {}
        return [
            _narrative(case_id, [row for row in told if row.case_id == case_id], keys)
            for case_id in wanted
        ]

    async def erase(self, report_id: UUID, principal: str) -> bool:
        """Forget the reporter for ever; False for a report that is not known."""
        if await self._records.case_of(report_id) is None:
            return False
        await self._records.note_erasure(report_id, principal, self._clock.now())
        await self._keys.destroy([report_id])
        return True


def _narrative(
    case_id: UUID, rows: Sequence[SealedRow], keys: Mapping[UUID, bytes]
) -> NarrativeView:
    if not rows:
        return NarrativeView(case_id=case_id, state="none")
    texts = [text for row in rows if (text := _opened(row, keys)) is not None]
    if not texts:
        return NarrativeView(case_id=case_id, state="erased")
    return NarrativeView(case_id=case_id, state="text", text="\n\n".join(texts))


def _opened(row: SealedRow, keys: Mapping[UUID, bytes]) -> str | None:
    key = keys.get(row.report_id)
    if key is None or row.content is None:
        return None
    try:
        if row.supplement_id is not None:
            return vault.open_supplement(key, row.report_id, row.supplement_id, row.content)
        return vault.open_narrative(key, row.report_id, row.content)
    except vault.UnreadableError:
        # It can never be read again, which is what `erased` means to whoever asked.
        _log.error("narrative_unreadable", report_id=str(row.report_id))
        return None
