"""The desk where reports are handed in and looked after: seal, command, answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_kit.command import CaseCommand
from civicloop_kit.http import digest_of
from civicloop_kit.ids import uuid7
from civicloop_kit.logs import get_logger
from intake import vault
from intake.domain.commands import SubmitReport
from intake.domain.model import Channel, ExternalClock, Matter, MatterKind, Point
from intake.entrypoints.answers import NarrativeView
from intake.entrypoints.bodies import ExternalBody
from intake.ports import Disclosure, Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from civicloop_kit.clock import Clock
    from civicloop_kit.command import Reply
    from intake.domain.model import Sealed
    from intake.entrypoints.bodies import LineBody, MatterBody, PlaceBody, ReportBody
    from intake.ports import CaseCommands, Grid, Records, SealedRow, SubjectKeys

_log = get_logger(__name__)


class ReportDesk:
    """Takes reports in: whatever a reporter says of itself is sealed before it goes any further."""

    def __init__(self, commands: CaseCommands, keys: SubjectKeys, grid: Grid) -> None:
        self._commands = commands
        self._keys = keys
        self._grid = grid

    async def submit(self, line: LineBody, principal: str, traceparent: str | None) -> Reply:
        """File or reject a case.

        Raises:
            Exception: What `Commands.submit` raises, or `UnavailableError` of the keyring.
        """
        [command] = await self._commands_of([line], principal, traceparent)
        return await self._commands.submit(command)

    async def submit_all(
        self, lines: Sequence[LineBody], principal: str, traceparent: str | None
    ) -> Sequence[Reply | Exception]:
        """File or reject a case per line, in one transaction; one outcome each, in order."""
        if not lines:
            return []
        commands = await self._commands_of(lines, principal, traceparent)
        return await self._commands.submit_all(commands)

    async def _commands_of(
        self, lines: Sequence[LineBody], principal: str, traceparent: str | None
    ) -> list[CaseCommand]:
        # The keys are kept before the commit: one without a report harms nobody, a report without
        # its key could never be read.
        ids = [uuid7() for _ in lines]
        personal = [
            report_id
            for report_id, line in zip(ids, lines, strict=True)
            if line.report.narrative is not None or line.report.contact is not None
        ]
        keys = await self._keys.create(personal) if personal else {}
        return [
            self._command(line, report_id, keys.get(report_id), principal, traceparent)
            for report_id, line in zip(ids, lines, strict=True)
        ]

    def _command(
        self,
        line: LineBody,
        report_id: UUID,
        key: bytes | None,
        principal: str,
        traceparent: str | None,
    ) -> CaseCommand:
        external = line.report.external
        replay = external.replay if external else None
        return CaseCommand(
            case_id=uuid7(),
            body=self._submission(line.report, report_id, key),
            principal=principal,
            idempotency_key=line.idempotency_key,
            digest=digest_of(line.report),
            replay=replay.clock if replay else None,
            now=external.opened_at if external and replay else None,
            traceparent=traceparent,
        )

    def _submission(self, body: ReportBody, report_id: UUID, key: bytes | None) -> SubmitReport:
        external = body.external or ExternalBody()
        return SubmitReport(
            report_id=report_id,
            channel=Channel(external.channel if body.external else body.channel),
            matter=_matter(body.matter),
            division=body.place.division,
            point=self._point(body.place),
            sealed=_sealed(body, report_id, key),
            source_id=external.source_id,
            clock=ExternalClock(due_at=external.clock.due_at) if external.clock else None,
            lead=external.lead,
            opened_at=external.opened_at,
            replayed=external.replay is not None,
        )

    def _point(self, place: PlaceBody) -> Point | None:
        if place.latitude is None or place.longitude is None:
            return None
        return Point(
            latitude=place.latitude,
            longitude=place.longitude,
            h3_cell=self._grid.cell_of(place.latitude, place.longitude),
        )


class VaultDesk:
    """Opens the vault for those who may, with an audit row each time; and destroys keys."""

    def __init__(self, records: Records, keys: SubjectKeys, clock: Clock) -> None:
        self._records = records
        self._keys = keys
        self._clock = clock

    async def narratives(
        self, case_ids: Sequence[UUID], principal: str, purpose: Purpose
    ) -> Sequence[NarrativeView]:
        """Return the narratives of cases, several of one case as paragraphs, oldest first."""
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


def _matter(body: MatterBody) -> Matter:
    return Matter(
        standard_ref=body.standard_ref,
        kind=MatterKind(body.kind),
        code=body.code,
        condition=body.condition,
    )


def _sealed(body: ReportBody, report_id: UUID, key: bytes | None) -> tuple[Sealed, ...]:
    if key is None:
        return ()
    sealed = []
    if body.narrative is not None:
        sealed.append(vault.seal_narrative(key, report_id, body.narrative))
    if body.contact is not None:
        sealed.append(vault.seal_contact(key, report_id, body.contact.contact))
    return tuple(sealed)


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
        return vault.open_narrative(key, row.report_id, row.content)
    except vault.UnreadableError:
        # It can never be read again, which is what `erased` means to whoever asked.
        _log.error("narrative_unreadable", report_id=str(row.report_id))
        return None
