"""Each service can be stopped or killed alone; the others go on, and it catches up."""

import pytest

from .city import City, eventually
from .reports import LEAD, all_closed, report, submit, submit_many

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
    """Cases that are on their way end without intake, but for the narrative that it keeps."""
    with city.client("intake", "channel") as client:
        case_ids = submit_many(client, 5)
        filed = {str(fact.case_id) for _, fact in city.facts()}
        assert set(case_ids) <= filed or eventually(
            lambda: set(case_ids) <= {str(fact.case_id) for _, fact in city.facts()}
        )
    assert city.stop("intake") == 0
    city.start("intake")
    all_closed(city, case_ids)


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
