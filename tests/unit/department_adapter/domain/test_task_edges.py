"""A task at the edges: names that are equal and not the same."""

from tests.unit.department_adapter.domain.test_task import ACKNOWLEDGE, queued, update

from department_adapter.domain.task import take_update
from department_adapter.testing import at


def test_a_department_is_known_by_its_name() -> None:
    """A name that was read elsewhere is another text of the same letters."""
    read_elsewhere = b"water".decode()
    said = update(ACKNOWLEDGE, department=read_elsewhere)
    assert take_update(queued(), said, at(1)) != ()
