"""Services: the list that users, databases and parts are made from."""

from __future__ import annotations

import pytest

from civicloop_contracts.codes import Service as ContractService
from civicloop_local.layout import WORK_TREE
from civicloop_local.services import SERVICES, service_named


def test_the_list_is_that_of_the_contracts() -> None:
    """No service can be forgotten by the stack."""
    assert {service.name for service in SERVICES} == {str(name) for name in ContractService}


def test_a_module_is_named_like_its_service() -> None:
    """`python -m` and the database take the underscore."""
    adapter = service_named("department-adapter")
    assert adapter.module == adapter.database == "department_adapter"


def test_each_service_has_a_folder() -> None:
    """The list and the work tree agree."""
    assert all((WORK_TREE / service.migrations).parent.is_dir() for service in SERVICES)


def test_an_unknown_service_is_a_key_error() -> None:
    """A typing error does not become a service."""
    with pytest.raises(KeyError):
        service_named("nobody")
