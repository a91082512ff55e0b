"""The desk where reports are handed in: seal, look for duplicates, command, answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from civicloop_contracts import codes
from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.http import digest_of
from civicloop_kit.ids import uuid7
from intake import vault
from intake.domain.commands import SubmitReport
from intake.domain.duplicates import OFF, Spot, spot_of
from intake.domain.model import Channel, ExternalClock, Matter, MatterKind, Point
from intake.entrypoints.bodies import ExternalBody
from intake.entrypoints.recent import MAX_NEAR, RecentReports

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from civicloop_kit.clock import Clock
    from civicloop_kit.command import Reply
    from intake.domain.duplicates import Nearness
    from intake.domain.model import Sealed
    from intake.entrypoints.bodies import LineBody, MatterBody, PlaceBody, ReportBody
    from intake.ports import CaseCommands, Grid, Records, SubjectKeys


class ReportDesk:
    """Takes reports in: whatever a reporter says of itself is sealed before it goes any further."""

    def __init__(
        self,
        commands: CaseCommands,
        keys: SubjectKeys,
        grid: Grid,
        records: Records,
        clock: Clock,
        *,
        nearness: Nearness = OFF,
    ) -> None:
        self._commands = commands
        self._keys = keys
        self._grid = grid
        self._records = records
        self._clock = clock
        self._nearness = nearness
        self._recent = RecentReports(nearness)

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
        spots = [self._spot(line.report) for line in lines]
        found = await self._found(spots)
        # Nothing waits from here until the commands are handed over: what is recent comes first.
        return [
            self._with_duplicates(
                self._command(line, report_id, keys.get(report_id), principal, traceparent),
                spot,
                found,
            )
            for report_id, line, spot in zip(ids, lines, spots, strict=True)
        ]

    def _spot(self, report: ReportBody) -> Spot | None:
        """Return where to look for duplicates; an import is filed as it is."""
        if self._nearness.is_off or report.channel is codes.Channel.IMPORT:
            return None
        place = report.place
        return spot_of(_matter(report.matter), place.latitude, place.longitude)

    async def _found(self, spots: Sequence[Spot | None]) -> Mapping[Spot, Sequence[UUID]]:
        wanted = list(dict.fromkeys(spot for spot in spots if spot is not None))
        if not wanted:
            return {}
        found = await self._records.near(wanted, self._nearness, self._clock.now())
        return dict(zip(wanted, found, strict=True))

    def _with_duplicates(
        self, command: CaseCommand, spot: Spot | None, found: Mapping[Spot, Sequence[UUID]]
    ) -> CaseCommand:
        if spot is None:
            return command
        now = self._clock.now()
        recent = self._recent.near(spot, now)
        if len(recent) < MAX_NEAR:
            self._recent.add(command.case_id, spot, now)
        return replace(command, others=tuple(dict.fromkeys((*found[spot], *recent))))

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
            # A report makes its own case: it has no target.
            request=KeyedRequest(
                key=line.idempotency_key, target="", digest=digest_of(line.report)
            ),
            replay=replay.clock if replay else None,
            now=external.opened_at if external and replay else None,
            traceparent=traceparent,
            # A file is imported again when it has grown, also years later.
            known_for_ever=line.report.channel is codes.Channel.IMPORT,
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
