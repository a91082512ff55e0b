"""The walk of one report: edge, handler, rule, store and outbox, topic, in every room."""

from uuid import uuid4

from civicloop_contracts.codes import Outcome
from civicloop_contracts.facts import department, feedback, intake, router

from .city import City, eventually
from .reports import LEAD, all_closed, report, submit


def test_one_report_walks_through_all_four_rooms(city: City) -> None:
    """A report is filed, dispatched, delivered, handled, verified and closed, on one trace."""
    city.simulate(LEAD)
    with city.client("intake", "channel") as client:
        answer = submit(client, report(contact={"phone": "13800138000", "language": "zh-CN"}))
    assert answer.status_code == 201
    case_id = answer.json()["case_id"]
    all_closed(city, [case_id])
    facts = city.facts_of(case_id)
    kinds = [type(fact) for fact in facts if not isinstance(fact, department.TaskProgressed)]
    assert kinds == [
        intake.CaseFiled,
        router.TaskDispatched,
        department.TaskDelivered,
        department.TaskAcknowledged,
        department.TaskCompleted,
        router.CaseHandled,
        feedback.VerificationRequested,
        feedback.CaseVerified,
        feedback.CaseClosed,
    ]
    assert facts[-1].model_dump()["outcome"] == Outcome.SOLVED
    assert len(city.traces_of(case_id)) == 1


def test_every_fact_names_the_record_that_led_to_it(city: City) -> None:
    """Following the causes from the end of a case leads back to the command that filed it."""
    with city.client("intake", "channel") as client:
        case_id = submit(client, report()).json()["case_id"]
    all_closed(city, [case_id])
    by_id = {envelope.id: fact for envelope, fact in city.facts() if str(fact.case_id) == case_id}
    handled = next(fact for fact in by_id.values() if isinstance(fact, router.CaseHandled))
    assert isinstance(by_id[handled.cause], department.TaskCompleted)
    dispatched = next(fact for fact in by_id.values() if isinstance(fact, router.TaskDispatched))
    filed = by_id[dispatched.cause]
    assert isinstance(filed, intake.CaseFiled)
    assert filed.cause.startswith("command:")


def test_a_repeated_report_is_one_case(city: City) -> None:
    """The same idempotency key gets the same answer and files nothing more."""
    with city.client("intake", "channel") as client:
        first = submit(client, report(), key="same-key")
        again = submit(client, report(), key="same-key")
        other = submit(client, report(narrative="别的"), key="same-key")
    assert first.status_code == 201
    assert again.status_code == 200
    assert again.json() == first.json()
    assert other.status_code == 409


def test_words_and_contacts_reach_no_topic_table_log_or_metric(city: City) -> None:
    """A canary in every free text is found in no record, no row, no log and no metric."""
    canary, phone = "Zhuque7731", "13977312244"
    with city.client("intake", "channel") as client:
        body = report(narrative=f"{canary} 井盖", contact={"name": canary, "phone": phone})
        receipt = submit(client, body).json()
        said = client.post(
            f"/v1/reports/{receipt['report_id']}/supplements",
            json={"text": f"{canary} 还在"},
            headers={"Idempotency-Key": "canary"},
        )
        assert said.status_code == 201
    task_id = eventually(lambda: _task_of(city, receipt["case_id"]))
    update = {"update_id": str(uuid4()), "kind": "progress", "progress": "on_site"}
    with city.client("department-adapter", f"department:{LEAD}", LEAD) as desk:
        desk.post(f"/v1/tasks/{task_id}/updates", json=update | {"remark": canary})
    all_closed(city, [receipt["case_id"]])
    needles = (canary, phone)
    for place, text in (*city.all_records(), *city.all_rows(), *city.all_logs_and_metrics()):
        assert [needle for needle in needles if needle in text] == [], place


def _task_of(city: City, case_id: str) -> str | None:
    """Return the first task of a case once its department has it."""
    delivered = [f for f in city.facts_of(case_id) if isinstance(f, department.TaskDelivered)]
    return str(delivered[0].task.task_id) if delivered else None
