"""The desk where cases are looked after: withdrawals, supplements, merges and their undoing."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.ids import uuid7
from intake import vault
from intake.domain.commands import AddSupplement, MergeCase, UnmergeReport, WithdrawReport
from intake.domain.errors import (
    AlreadyMergedError,
    ReportElsewhereError,
    UnknownCaseError,
    UnknownReportError,
)
from intake.domain.state import MergeStage

if TYPE_CHECKING:
    from uuid import UUID

    from civicloop_kit.command import Reply
    from intake.ports import Caller, CaseCommands, Records, SubjectKeys

# A report or a survivor that moves while it is looked for is looked for again.
LOOKS: Final = 3


class CaseDesk:
    """Finds the cases that a wish is about, and submits it."""

    def __init__(self, commands: CaseCommands, records: Records, keys: SubjectKeys) -> None:
        self._commands = commands
        self._records = records
        self._keys = keys

    async def withdraw(self, report_id: UUID, caller: Caller) -> Reply:
        """Take a report back.

        Raises:
            UnknownReportError: There is none.
            Exception: What `Commands.submit` raises.
        """
        return await self._submit_at(report_id, WithdrawReport(report_id=report_id), caller)

    async def supplement(self, report_id: UUID, text: str, caller: Caller) -> Reply:
        """Seal and keep what a reporter adds.

        Raises:
            UnknownReportError: There is no such report.
            ErasedError: The reporter was forgotten.
            Exception: What `Commands.submit` raises, or `UnavailableError` of the keyring.
        """
        await self._case_of(report_id)
        # A report without a word of its reporter has no key so far.
        keys = await self._keys.create([report_id])
        supplement_id = uuid7()
        body = AddSupplement(
            report_id=report_id,
            supplement_id=supplement_id,
            sealed=vault.seal_supplement(keys[report_id], report_id, supplement_id, text),
        )
        return await self._submit_at(report_id, body, caller, text)

    async def merge(self, case_id: UUID, survivor: UUID, caller: Caller) -> Reply:
        """Let a case join another, or the case that this one has joined.

        Raises:
            UnknownCaseError: There is none.
            AlreadyMergedError: They are one case.
            Exception: What `Commands.submit` raises.
        """
        for _ in range(LOOKS):
            end = await self._end_of(survivor)
            if end == case_id:
                raise AlreadyMergedError(case_id)
            command = _command(case_id, MergeCase(), caller, case_id, survivor, others=(end,))
            try:
                return await self._commands.submit(command)
            except AlreadyMergedError as error:
                # Of the case itself, or of a survivor that has gone on in this moment.
                refusal = error
                if end == await self._end_of(survivor):
                    raise
        raise refusal

    async def unmerge(self, case_id: UUID, report_id: UUID, caller: Caller) -> Reply:
        """Take a report out of a case and file it anew.

        Raises:
            UnknownCaseError: There is no such case.
            Exception: What `Commands.submit` raises.
        """
        if await self._records.case(case_id) is None:
            raise UnknownCaseError
        body = UnmergeReport(
            report_id=report_id, particulars=await self._records.particulars(report_id)
        )
        return await self._commands.submit(
            _command(uuid7(), body, caller, case_id, report_id, others=(case_id,))
        )

    async def _submit_at(
        self,
        report_id: UUID,
        body: WithdrawReport | AddSupplement,
        caller: Caller,
        said: object = "",
    ) -> Reply:
        """Submit to the case that a report is in, and follow it when it moves."""
        for _ in range(LOOKS):
            case_id = await self._case_of(report_id)
            try:
                return await self._commands.submit(_command(case_id, body, caller, report_id, said))
            except ReportElsewhereError as error:
                refusal = error
        raise refusal

    async def _case_of(self, report_id: UUID) -> UUID:
        case_id = await self._records.case_of(report_id)
        if case_id is None:
            raise UnknownReportError
        return case_id

    async def _end_of(self, case_id: UUID) -> UUID:
        """Follow merges that are done to the case that lives on."""
        while True:
            state = await self._records.case(case_id)
            if state is None:
                raise UnknownCaseError
            if state.merge is None or state.merge.stage is not MergeStage.DONE:
                return case_id
            case_id = state.merge.survivor


def _command(
    case_id: UUID,
    body: object,
    caller: Caller,
    target: UUID,
    said: object,
    *,
    others: tuple[UUID, ...] = (),
) -> CaseCommand:
    """Return a command; *target* and what was *said* of it is what a key stands for."""
    key = caller.idempotency_key
    digest = sha256(str(said).encode()).digest()
    return CaseCommand(
        case_id=case_id,
        others=others,
        body=body,
        principal=caller.principal,
        request=None if key is None else KeyedRequest(key=key, target=str(target), digest=digest),
        traceparent=caller.traceparent,
    )
