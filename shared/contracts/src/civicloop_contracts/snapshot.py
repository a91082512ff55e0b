"""The public state of a case, for the compacted topic `feedback.case-snapshots`.

State, not a fact: it has a version and says up to which sequence of each source it was built.
Readers keep the highest version of a key.
"""

import re
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from civicloop_contracts.codes import CaseStatus, Outcome
from civicloop_contracts.fact import DepartmentCode, Part
from civicloop_contracts.facts.parts import Matter, Place, Round

_SOURCE: Final = re.compile(r"/[a-z0-9/-]{1,60}")


def _by_source(as_of: dict[str, int]) -> dict[str, int]:
    if not all(_SOURCE.fullmatch(source) for source in as_of):
        message = "a key is no source"
        raise ValueError(message)
    return as_of


class CaseSnapshot(Part):
    """What anybody may know about a case."""

    case_id: UUID
    version: Annotated[int, Field(ge=1)]
    # Sequence of the newest fact that is in it, per source: where to join the fact topics.
    as_of: Annotated[dict[str, Annotated[int, Field(ge=1)]], AfterValidator(_by_source)]
    status: CaseStatus
    round: Round
    outcome: Outcome | None = None
    matter: Matter | None = None
    place: Place | None = None
    lead: DepartmentCode | None = None
    opened_at: AwareDatetime | None = None
    due_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None


SNAPSHOT_TYPE = "civicloop.case.snapshot.v1"
# In `ce_source` of a snapshot, which has no sequence: no fact has this source.
SNAPSHOT_SOURCE = "/feedback/case-snapshots"
