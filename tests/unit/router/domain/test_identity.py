"""Ids are derived."""

from uuid import UUID, uuid5

from router.domain.identity import dispute_id, refer_task


def test_deciding_again_makes_the_same_ids(case_id: UUID) -> None:
    """The id is a function of case, task number and attempt."""
    assert refer_task(case_id, 1, 1) == refer_task(case_id, 1, 1)
    assert dispute_id(refer_task(case_id, 1, 1)) == dispute_id(refer_task(case_id, 1, 1))


def test_each_task_and_attempt_has_its_own_id(case_id: UUID) -> None:
    """A late answer to an old attempt is never one to the present."""
    refs = [refer_task(case_id, number, attempt) for number in (1, 2) for attempt in (1, 2)]
    ids = {ref.task_id for ref in refs} | {dispute_id(ref) for ref in refs}
    assert len(ids) == 8


def test_task_ids_never_change(case_id: UUID) -> None:
    """Ids in old topics are derived from the same name space."""
    assert str(refer_task(case_id, 1, 1).task_id) == "c289179c-b289-5f4c-910f-5c35b62475e4"


def test_the_id_of_a_first_dispute_has_no_number() -> None:
    """Ids that were given out once stay what they are."""
    task = refer_task(UUID(int=1), 1, 1)
    assert dispute_id(task) == dispute_id(task, 1) == uuid5(task.task_id, "dispute")
    assert dispute_id(task, 2) == uuid5(task.task_id, "dispute/2")
