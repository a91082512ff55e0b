"""Feedback with a verifier and reporters that answer at once: `python -m tests.bench.verifier`.

They hear of a case when the service has saved it, and answer by the service's own commands.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeGuard
from uuid import UUID

from civicloop_contracts.codes import Service
from civicloop_kit.auth import principal_ref
from civicloop_kit.command import CaseCommand
from civicloop_kit.process import Kit, LateCommands, Parts, run
from civicloop_kit.worker import Worker
from feedback.domain.case import Case, CaseState
from feedback.domain.commands import RecordSatisfaction, VerifyCase
from feedback.domain.measures import CaseMeasure, TaskMeasure
from feedback.main import build as build_feedback
from feedback.settings import FeedbackSettings

AT_ONCE: Final = 500
_SATISFIED: Final = RecordSatisfaction(solved=True, satisfied=True)


class PromptPeople:
    """A verifier who finds everything done, and reporters who say so too; each speaks once."""

    def __init__(self, commands: LateCommands, verifier: str) -> None:
        self._commands = commands
        self._verification = VerifyCase(verifier=verifier, passed=True)
        self._completed: set[UUID] = set()
        self._handled: set[UUID] = set()
        self._called: set[UUID] = set()
        self._todo: list[tuple[UUID, VerifyCase | RecordSatisfaction]] = []
        self.worker = Worker("people", self.answer)

    def notice(self, effects: Sequence[object]) -> None:
        """Hear what was saved."""
        for effect in effects:
            if isinstance(effect, TaskMeasure) and effect.completed_at is not None:
                self._hear(effect.case_id, self._completed, self._handled)
            elif isinstance(effect, CaseMeasure) and effect.state == CaseState.TO_VERIFY:
                self._hear(effect.case_id, self._handled, self._completed)
            elif self._is_first_call(effect):
                self._called.add(effect.case_id)
                self._todo.append((effect.case_id, _SATISFIED))
        if self._todo:
            self.worker.wake()

    def _is_first_call(self, effect: object) -> TypeGuard[CaseMeasure]:
        return (
            isinstance(effect, CaseMeasure)
            and effect.state == CaseState.TO_CALL_BACK
            and effect.case_id not in self._called
        )

    async def answer(self) -> int:
        """Answer for the cases that wait; returns how many answers that were."""
        chosen, self._todo = self._todo[:AT_ONCE], self._todo[AT_ONCE:]
        if not chosen:
            return 0
        outcomes = await self._commands.submit_all(
            [CaseCommand(case_id=case_id, body=body, principal="bench") for case_id, body in chosen]
        )
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return len(chosen)

    def _hear(self, case_id: UUID, heard: set[UUID], needed: set[UUID]) -> None:
        """Verify once feedback knows both the completion and the end of the handling."""
        if case_id not in heard and case_id in needed:
            self._todo.append((case_id, self._verification))
        heard.add(case_id)


def build(settings: FeedbackSettings, kit: Kit) -> Parts[Case]:
    """Join feedback's parts and the people."""
    parts = build_feedback(settings, kit)
    verifier = principal_ref("bench-verifier", settings.idempotency_key)
    people = PromptPeople(kit.commands, verifier)
    return replace(
        parts,
        room=replace(parts.room, saved=people.notice),
        workers=(*parts.workers, people.worker),
    )


if __name__ == "__main__":
    run(Service.FEEDBACK, FeedbackSettings, build)
