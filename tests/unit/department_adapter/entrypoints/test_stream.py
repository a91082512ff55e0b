"""Which facts move this room."""

from civicloop_contracts.choreography import handled_by
from civicloop_contracts.codes import Service
from department_adapter.entrypoints.stream import routes


def test_the_room_handles_what_the_choreography_says() -> None:
    """No effect is missing and none is made up."""
    assert routes().keys() == handled_by(Service.DEPARTMENT_ADAPTER)
