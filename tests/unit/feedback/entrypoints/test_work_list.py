"""What waits for a verification, of one tier or of all."""

from uuid import UUID

from tests.unit.feedback.entrypoints.conftest import Doors
from tests.unit.feedback.telling import at

from feedback.ports import WaitingCase


async def test_the_work_list_of_one_tier(doors: Doors) -> None:
    """Only what asks that tier's verifiers; nobody has to name one."""
    doors.waiting = [
        WaitingCase(
            case_id=UUID(int=number),
            round=1,
            tier=tier,
            verify_by=at(52),
            handled_at=at(4),
            district=None,
            departments=(),
        )
        for number, tier in enumerate(("district", "city", "district"), 1)
    ]
    answer = await doors.get("/v1/verifications?tier=district", role="verifier")
    assert [case["case_id"] for case in answer.json()["cases"]] == [
        str(UUID(int=number)) for number in (1, 3)
    ]
    assert len((await doors.get("/v1/verifications", role="verifier")).json()["cases"]) == 3
