"""Intake from end to end: through its doors, its database, its topics and its notices."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from civicloop_contracts.codes import Outcome
from civicloop_contracts.fact import Replay
from civicloop_contracts.facts.feedback import CaseClosed, CaseVerified
from intake.testing import sample_body

SAID = ("王小明", "371 0000", "井盖不见了")
READABLE_TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'vault'
        AND has_table_privilege(oid, 'SELECT')
"""


def closed(case_id: str, replay: Replay | None = None) -> CaseClosed:
    """Return the end of a case."""
    now = datetime.now(UTC)
    return CaseClosed(
        case_id=UUID(case_id),
        occurred_at=now,
        recorded_at=now,
        cause="timer:test",
        replay=replay,
        round=1,
        outcome=Outcome.SOLVED,
    )


def verified(case_id: str) -> CaseVerified:
    """Return a verification of a case."""
    now = datetime.now(UTC)
    return CaseVerified(
        case_id=UUID(case_id),
        occurred_at=now,
        recorded_at=now,
        cause="timer:test",
        round=1,
        verifier="0" * 16,
    )


async def submit(intake: Any, key: str = "", **changes: Any) -> dict[str, str]:
    """Hand in a report that is taken; what only an importer may say, as an operator."""
    role = "operator" if "external" in changes else "channel"
    body = sample_body(**changes)
    answer = await intake.call("POST", "/v1/reports", role, body, key or str(uuid4()))
    assert answer.status_code == 201, answer.text
    receipt: dict[str, str] = answer.json()
    return receipt


async def purposes(intake: Any, case_id: str) -> list[str]:
    """Return why the vault was opened for a case."""
    found: list[str] = await intake.column(
        "SELECT purpose FROM disclosures WHERE case_id = $1 ORDER BY disclosure_id", UUID(case_id)
    )
    return found


async def test_a_report_is_a_row_a_fact_and_two_sealed_texts(intake: Any) -> None:
    """201 means: kept, told, sealed; the same request again changes nothing."""
    key = str(uuid4())
    receipt = await submit(intake, key)
    [fact] = await intake.told([receipt["case_id"]])
    assert fact["type"] == "civicloop.case.filed.v1"
    assert fact["report_id"] == receipt["report_id"]
    again = await intake.call("POST", "/v1/reports", "channel", sample_body(), key)
    assert (again.status_code, again.json()) == (200, receipt)
    other = sample_body(channel="patrol")
    assert (await intake.call("POST", "/v1/reports", "channel", other, key)).status_code == 409
    report_id, case_id = UUID(receipt["report_id"]), UUID(receipt["case_id"])
    reports = "SELECT report_id FROM reports WHERE case_id = $1"
    assert await intake.column(reports, case_id) == [report_id]
    kinds = "SELECT kind FROM vault WHERE subject_id = $1 ORDER BY kind"
    assert await intake.column(kinds, report_id) == ["contact", "narrative"]


async def test_the_end_is_told_once_whatever_is_read_first(intake: Any, until: Any) -> None:
    """Closed before verified: the status stays closed, and one notice goes out."""
    receipt = await submit(intake)
    case_id, report_id = receipt["case_id"], receipt["report_id"]
    await intake.tell(closed(case_id), verified(case_id))
    await until(lambda: intake.outcomes(report_id))
    assert await intake.outcomes(report_id) == ["sent"]
    view = (await intake.call("GET", f"/v1/cases/{case_id}", "channel")).json()
    assert (view["status"], view["outcome"]) == ("closed", "solved")
    [notice] = intake.notices(report_id)
    assert notice["notice_id"] == f"{report_id}/{case_id}/1"
    jobs = "SELECT job_id FROM jobs WHERE case_id = $1"
    assert await intake.column(jobs, UUID(case_id)) == []
    assert await purposes(intake, case_id) == ["notice"]


async def test_a_rejected_reporter_is_told_why(intake: Any, until: Any) -> None:
    """A place outside is answered, told as a fact, and told to the reporter."""
    receipt = await submit(intake, place={"division": "110105"})
    assert receipt["reason"] == "outside_jurisdiction"
    [fact] = await intake.told([receipt["case_id"]])
    assert fact["type"] == "civicloop.case.rejected.v1"
    [notice] = await until(lambda: intake.notices(receipt["report_id"]))
    assert notice["text_key"] == "rejected_outside_jurisdiction"


async def test_the_erased_are_forgotten(intake: Any, until: Any) -> None:
    """After erasure neither the narrative nor a way to the reporter is left."""
    receipt, other = await submit(intake), await submit(intake)
    wanted = {"purpose": "delivery", "case_ids": [receipt["case_id"], other["case_id"]]}
    before = (await intake.call("POST", "/v1/narratives", "service", wanted)).json()
    assert [item["state"] for item in before["narratives"]] == ["text", "text"]
    path = f"/v1/reports/{receipt['report_id']}/identity"
    assert (await intake.call("DELETE", path, "operator")).status_code == 204
    after = (await intake.call("POST", "/v1/narratives", "service", wanted)).json()
    assert [item["state"] for item in after["narratives"]] == ["erased", "text"]
    await intake.tell(closed(receipt["case_id"]))
    await until(lambda: intake.outcomes(receipt["report_id"]))
    assert await intake.outcomes(receipt["report_id"]) == ["unreachable_erased"]
    assert intake.notices(receipt["report_id"]) == []
    erasures = "SELECT principal FROM erasures WHERE report_id = $1"
    assert await intake.column(erasures, UUID(receipt["report_id"])) == ["operator"]
    assert await purposes(intake, receipt["case_id"]) == ["delivery", "delivery", "notice"]


async def test_five_hundred_lines_are_one_call(intake: Any) -> None:
    """A full batch with bad lines in it: each good one is a case, a second sending adds none."""
    run = uuid4()
    lines: list[Any] = [
        {"idempotency_key": f"{run}/{number}", "report": sample_body()} for number in range(498)
    ]
    body = {"lines": [*lines, {"idempotency_key": "bad", "report": {}}, lines[0]]}
    first = (await intake.call("POST", "/v1/reports:batch", "channel", body)).json()["results"]
    assert [result.get("status") for result in first] == ["filed"] * 498 + [None, "filed"]
    assert first[499] == {**first[0], "repeated": True}
    again = (await intake.call("POST", "/v1/reports:batch", "channel", body)).json()["results"]
    assert again[:498] == [{**result, "repeated": True} for result in first[:498]]
    case_ids = {result["case_id"] for result in first if "case_id" in result}
    count = "SELECT count(*) FROM reports WHERE case_id = ANY($1::uuid[])"
    assert await intake.column(count, [UUID(case_id) for case_id in case_ids]) == [498]
    assert len(await intake.told(case_ids)) == 498


async def test_no_word_of_a_reporter_is_in_the_clear(intake: Any, until: Any) -> None:
    """Neither topics nor tables nor notices have a name, a number or a word."""
    receipt = await submit(intake)
    await intake.tell(closed(receipt["case_id"]))
    await until(lambda: intake.notices(receipt["report_id"]))
    seen = [str(intake.notices(receipt["report_id"]))]
    seen.append(str(await intake.told([receipt["case_id"]])))
    tables = await intake.column(READABLE_TABLES)
    assert {"case_rows", "reports", "idempotency"} <= set(tables)
    for table in tables:
        seen += await intake.column(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608
    for word in SAID:
        assert not [text for text in seen if word in text]
    sealed = await intake.column("SELECT sealed FROM vault")
    assert sealed
    assert not [text for text in sealed for word in SAID if word.encode() in text]


async def test_an_imported_history_is_counted_not_told(intake: Any, until: Any) -> None:
    """A replayed case carries its clock on, and its reporter is not written to."""
    external = {
        "opened_at": "2022-01-01T10:00:00-05:00",
        "clock": {"due_at": None},
        "replay": {
            "run": "r1",
            "handled_at": "2022-01-02T10:00:00-05:00",
            "as_of": "2025-01-09T00:00:00-05:00",
        },
    }
    receipt = await submit(intake, channel="import", external=external)
    [fact] = await intake.told([receipt["case_id"]])
    assert datetime.fromisoformat(fact["occurred_at"]) == datetime(2022, 1, 1, 15, tzinfo=UTC)
    replay = Replay.model_validate(external["replay"])
    await intake.tell(closed(receipt["case_id"], replay))
    await until(lambda: intake.outcomes(receipt["report_id"]))
    assert await intake.outcomes(receipt["report_id"]) == ["replay"]
    assert intake.notices(receipt["report_id"]) == []
