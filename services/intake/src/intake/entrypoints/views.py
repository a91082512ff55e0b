"""What anybody may know of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_contracts.codes import CaseStatus, MatterKind, Outcome, Precision
from intake.domain.state import MergeStage
from intake.entrypoints.answers import CaseView, PlaceView
from intake.entrypoints.bodies import MatterBody

if TYPE_CHECKING:
    from uuid import UUID

    from intake.domain.state import CaseState, Filing


def case_view(state: CaseState) -> CaseView | None:
    """Return the public status; None while it is not known how the case began."""
    filing, progress = state.filing, state.progress
    if filing is None or progress is None:
        return None
    return CaseView(
        case_id=state.case_id,
        status=CaseStatus(progress.status),
        round=progress.round,
        outcome=Outcome(progress.outcome) if progress.outcome else None,
        survivor=_survivor(state),
        reason=filing.rejected.value if filing.rejected else None,
        filed_at=filing.filed_at,
        updated_at=progress.since,
        matter=_matter(filing),
        place=PlaceView(division=filing.division, precision=Precision(filing.precision)),
        departments=(state.lead.department,) if state.lead else (),
    )


def _survivor(state: CaseState) -> UUID | None:
    if state.merge is None or state.merge.stage is MergeStage.REQUESTED:
        return None
    return state.merge.survivor


def _matter(filing: Filing) -> MatterBody:
    matter = filing.matter
    return MatterBody(
        standard_ref=matter.standard_ref,
        kind=MatterKind(matter.kind),
        code=matter.code,
        condition=matter.condition,
    )
