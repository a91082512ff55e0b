"""Each service can be stopped or killed alone; the others go on, and it catches up."""

import pytest

from civicloop_contracts.fact import Fact
from civicloop_contracts.facts.department import TaskDelivered
from civicloop_contracts.facts.feedback import CaseClosed

from .city import City, eventually
from .reports import LEAD, all_closed, report, submit, submit_many, verify_all

SERVICES = ("intake", "router", "department-adapter", "feedback")


@pytest.fixture(scope="module", autouse=True)
def departments(city: City) -> None:
    """Let the lead of the test reports answer."""
    city.simulate(LEAD)


@pytest.mark.parametrize("name", ["router", "department-adapter", "feedback"])
def test_reports_are_accepted_while_another_service_is_stopped(city: City, name: str) -> None:
    """Intake files cases while one of the others is down; they end when it is back."""
    assert city.stop(name) == 0
    with city.client("intake", "channel") as client:
        case_ids = submit_many(client, 20)
    city.start(name)
    all_closed(city, case_ids)


def test_work_goes_on_while_intake_is_stopped(city: City) -> None:
    """Cases whose tasks were delivered are handled, verified and closed without intake."""
    with city.client("intake", "channel") as client:
        case_ids = set(submit_many(client, 5))
    eventually(lambda: case_ids <= _cases_with(city, TaskDelivered))
    assert city.stop("intake") == 0
    eventually(lambda: verify_all(city) * 0 or case_ids <= _cases_with(city, CaseClosed))
    city.start("intake")
    all_closed(city, sorted(case_ids))


def _cases_with(city: City, kind: type[Fact]) -> set[str]:
    """Return the cases that a kind of fact tells of."""
    return {str(fact.case_id) for _, fact in city.facts() if isinstance(fact, kind)}


@pytest.mark.parametrize("name", SERVICES)
def test_a_killed_service_loses_nothing(city: City, name: str) -> None:
    """With one service killed in the middle of the flow, every report still ends, once."""
    with city.client("intake", "channel") as client:
        before = submit_many(client, 40)
        city.kill(name)
        city.start(name)
        after = [submit(client, report()).json()["case_id"] for _ in range(3)]
    all_closed(city, [*before, *after])
    closed = [str(f.case_id) for _, f in city.facts() if type(f).__name__ == "CaseClosed"]
    mine = [case_id for case_id in closed if case_id in {*before, *after}]
    assert sorted(mine) == sorted([*before, *after])
