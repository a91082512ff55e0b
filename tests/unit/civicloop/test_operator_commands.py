"""`civicloop held` and `civicloop dlq`, against a service that answers as set."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from typer.testing import CliRunner

from civicloop import dlq_commands, held_commands
from civicloop.operator_calls import NOT_THERE, age_of, duration, operators
from civicloop_kit.operator_doors import OPERATOR_REFUSALS
from civicloop_local.errors import StackError

CASE = "01980000-0000-7000-8000-000000000001"
LETTER = "8f0c2b1e-5d1c-5f6f-9d3e-1f2a3b4c5d6e"
SINCE = "2026-03-02T01:00:00Z"
CAUSE = {
    "reason": "bug",
    "error": "ZeroDivisionError",
    "source": "/intake/cases",
    "release": "0.1.0",
}
HELD_CASE = {"case_id": CASE, "cause": CAUSE, "records": 2, "since": SINCE, "trace_id": "a" * 32}
RECORD = {
    "topic": "intake.cases",
    "partition": 3,
    "offset": 41,
    "source": "/intake/cases",
    "sequence": 2,
    "fact": "CaseFiled",
    "reason": "bug",
    "error": "ZeroDivisionError",
    "release": "0.1.0",
    "since": SINCE,
    "trace_id": None,
}
PAGE = {
    "causes": [{"cause": CAUSE, "cases": 1, "records": 2, "since": SINCE}],
    "cases": [HELD_CASE],
    "next": None,
}
DONE = {
    "operation_id": LETTER,
    "sequence": 2,
    "cases": 3,
    "freed": 3,
    "records": 5,
    "finished_at": SINCE,
}
DEAD = {
    "letter_id": LETTER,
    "topic": "intake.cases",
    "partition": 0,
    "offset": 5,
    "reason": "ce_id is missing",
    "digest": "ab" * 32,
    "sealed_bytes": 120,
    "recorded_at": SINCE,
    "trace_id": None,
    "unsent": False,
}


class Door:
    """A service that gives its answers in turn, the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[tuple[str, str, Any]] = []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                door.asked.append((self.command, self.path, body))
                status, answer = door.answers[0]
                if len(door.answers) > 1:
                    door.answers.pop(0)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = _answer  # noqa: N815 - the library's names

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def door() -> Iterator[Door]:
    """Give a service."""
    made = Door()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def run(door: Door, app: Any, *arguments: str, service: str = "router") -> tuple[int, str]:
    """Return status and output of a call."""
    where = ["--service", service, "--url", door.url, "--token", "op"]
    result = CliRunner(env={"COLUMNS": "200"}).invoke(
        app, [*arguments, *where], catch_exceptions=False
    )
    return result.exit_code, result.output


def held(door: Door, *arguments: str) -> tuple[int, str]:
    """Call `civicloop held`."""
    return run(door, held_commands.app, *arguments)


def dlq(door: Door, *arguments: str) -> tuple[int, str]:
    """Call `civicloop dlq`."""
    return run(door, dlq_commands.app, *arguments)


def test_what_is_held_is_listed_by_cause_and_by_case(door: Door) -> None:
    """The last line says how to look closer; parameters that are not given are left out."""
    door.answers = [(200, PAGE)]
    status, output = held(door, "list", "--reason", "bug", "--error", "ZeroDivisionError")
    assert status == 0
    assert "/intake/cases" in output
    assert output.splitlines()[-1] == f"next: civicloop held show {CASE} --service router"
    ((method, path, _),) = door.asked
    asked = urlsplit(path)
    assert (method, asked.path) == ("GET", "/v1/held")
    assert parse_qs(asked.query) == {
        "reason": ["bug"],
        "error": ["ZeroDivisionError"],
        "limit": ["20"],
    }


def test_where_nothing_is_held_that_is_all(door: Door) -> None:
    """No empty tables."""
    door.answers = [(200, {"causes": [], "cases": [], "next": None})]
    assert held(door, "list") == (0, "nothing is held\n")


def test_lists_are_json_for_a_program(door: Door) -> None:
    """By service, as it answered."""
    door.answers = [(200, PAGE)]
    assert json.loads(held(door, "list", "--json")[1]) == {"services": {"router": PAGE}}


def test_a_case_shows_its_records_as_discard_takes_them(door: Door) -> None:
    """Place, fact, number, why; then the retry."""
    door.answers = [(200, {"case": HELD_CASE, "held": [RECORD]})]
    status, output = held(door, "show", CASE)
    assert status == 0
    assert "intake.cases/3/41" in output
    assert "CaseFiled" in output
    assert "ZeroDivisionError, 2 records, trace aaaa" in output
    assert output.splitlines()[-1].endswith(f"civicloop held retry {CASE}")


def test_a_gap_waits_for_what_is_missing(door: Door) -> None:
    """There is nothing to retry."""
    case = {**HELD_CASE, "cause": {**CAUSE, "reason": "gap", "error": ""}}
    door.answers = [(200, {"case": case, "held": [{**RECORD, "reason": "gap", "sequence": None}]})]
    output = held(door, "show", CASE)[1]
    assert "no number" in output
    assert "civicloop lag" in output.splitlines()[-1]


@pytest.mark.parametrize("command", ["show", "retry"])
def test_a_case_of_which_nothing_is_held_is_said(door: Door, command: str) -> None:
    """With the command that lists what is."""
    door.answers = [(404, {"type": "urn:civicloop:problem:unknown_held_case"})]
    with pytest.raises(StackError, match="civicloop held list"):
        held(door, command, CASE)


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        ((CASE,), {"case_id": CASE, "rate": 50}),
        (("--all", "--rate", "7"), {"all": True, "rate": 7}),
        (("--reason", "timer"), {"reason": "timer", "rate": 50}),
        (
            ("--reason", "bug", "--error", "KeyError"),
            {"reason": "bug", "error": "KeyError", "rate": 50},
        ),
    ],
)
def test_a_retry_waits_until_all_were_tried(
    door: Door, arguments: tuple[str, ...], body: dict[str, Any]
) -> None:
    """It asks for the operation until it is finished."""
    door.answers = [(202, {**DONE, "finished_at": None}), (200, DONE)]
    status, output = held(door, "retry", *arguments)
    assert status == 0
    assert "3 cases tried, 3 freed, 0 held again, 5 records applied" in output
    assert "civicloop audit" in output.splitlines()[-1]
    assert door.asked == [
        ("POST", "/v1/held/retry", body),
        ("GET", f"/v1/operations/{LETTER}", None),
    ]


def test_what_is_held_again_is_told_by_the_status(door: Door) -> None:
    """And the last line shows where to look."""
    door.answers = [(200, {**DONE, "freed": 1})]
    status, output = held(door, "retry", "--all")
    assert status == 1
    assert "2 held again" in output
    assert "civicloop held list --service router" in output.splitlines()[-1]
    assert json.loads(held(door, "retry", "--all", "--json")[1])["services"]["router"]["freed"] == 1


@pytest.mark.parametrize(
    ("arguments", "fix"),
    [
        ((), "--all"),
        ((CASE, "--all"), "give one of"),
        ((CASE, "--error", "KeyError"), "--reason bug"),
        (("--reason", "gap"), "civicloop lag"),
        (("no-case",), "civicloop held list"),
    ],
)
def test_a_retry_that_says_too_little_or_too_much_is_refused(
    door: Door, arguments: tuple[str, ...], fix: str
) -> None:
    """One line that names the fix; no service is asked."""
    with pytest.raises(StackError, match=fix):
        held(door, "retry", *arguments)
    assert door.asked == []


def test_a_record_is_left_out_by_its_place(door: Door) -> None:
    """The answer says which number, and what came of the rest."""
    door.answers = [(200, DONE)]
    status, output = held(door, "discard", CASE, "intake.cases/3/41", "--why", "not_a_fact")
    assert status == 0
    assert output.startswith("intake.cases/3/41 is left out, sequence 2; 3 cases tried")
    assert door.asked == [
        (
            "POST",
            f"/v1/held/cases/{CASE}/discard",
            {"topic": "intake.cases", "partition": 3, "offset": 41, "why": "not_a_fact"},
        )
    ]
    assert (
        json.loads(
            held(door, "discard", CASE, "intake.cases/3/41", "--why", "not_needed", "--json")[1]
        )
        == DONE
    )


@pytest.mark.parametrize("place", ["intake.cases", "intake.cases/3", "intake.cases/3/x", "a/1/2/3"])
def test_a_place_has_three_parts(door: Door, place: str) -> None:
    """Copied from `show`."""
    with pytest.raises(StackError, match="civicloop held show"):
        held(door, "discard", CASE, place, "--why", "not_a_fact")


def test_a_refusal_is_one_line_with_its_service(door: Door) -> None:
    """The service's words, and the path of each fault."""
    door.answers = [(422, {"detail": "it does not fit", "errors": [{"path": "a", "code": "b"}]})]
    with pytest.raises(StackError, match="router: it does not fit: a: b"):
        held(door, "list")


def test_a_service_that_is_down_is_named_with_the_fix() -> None:
    """With the commands that help."""
    doors = operators("router", "http://127.0.0.1:1", "op")
    with pytest.raises(StackError, match=r"router does not answer.*civicloop up"):
        doors.ask("router", "GET", "/held")


@pytest.mark.parametrize(
    ("service", "url", "fix"), [("mayor", None, "use one of"), (None, "http://x", "--service")]
)
def test_a_service_is_chosen_by_name(service: str | None, url: str | None, fix: str) -> None:
    """An address alone does not tell whose it is."""
    with pytest.raises(StackError, match=fix):
        operators(service, url, "op")


def test_dead_letters_are_listed_by_reason_and_one_by_one(door: Door) -> None:
    """The last line says how to look closer."""
    group = {
        "reason": "ce_id is missing",
        "topic": "intake.cases",
        "letters": 1,
        "since": SINCE,
        "newest": SINCE,
    }
    door.answers = [(200, {"reasons": [group], "letters": [DEAD], "next": None})]
    status, output = dlq(door, "list", "--reason", "ce_id is missing")
    assert status == 0
    assert "intake.cases/0/5" in output
    assert output.splitlines()[-1] == f"next: civicloop dlq show {LETTER} --service router"
    assert "reason=ce_id+is+missing" in door.asked[0][1]
    assert json.loads(dlq(door, "list", "--json")[1])["services"]["router"]["letters"] == [DEAD]


def test_where_there_are_no_dead_letters_that_is_all(door: Door) -> None:
    """No empty tables."""
    door.answers = [(200, {"reasons": [], "letters": [], "next": None})]
    assert dlq(door, "list") == (0, "there are no dead letters\n")


@pytest.mark.parametrize("unsent", [True, False])
def test_a_dead_letter_shows_place_and_digest(door: Door, unsent: bool) -> None:
    """And that its notice has not left, where that is so."""
    door.answers = [(200, {**DEAD, "unsent": unsent})]
    output = dlq(door, "show", LETTER)[1]
    assert "place      intake.cases/0/5" in output
    assert "ab" * 32 in output
    assert ("waits in the outbox" in output) == unsent
    assert output.splitlines()[-1].startswith("next: ")
    assert json.loads(dlq(door, "show", LETTER, "--json")[1])["service"] == "router"


def test_a_dead_letter_that_is_not_there_is_said(door: Door) -> None:
    """With the command that lists them."""
    door.answers = [(404, {"type": "urn:civicloop:problem:unknown_dead_letter"})]
    with pytest.raises(StackError, match="civicloop dlq list"):
        dlq(door, "show", LETTER)
    with pytest.raises(StackError, match="civicloop dlq list"):
        dlq(door, "show", "no-letter")


@pytest.mark.parametrize("problem", [{"type": "urn:civicloop:problem:not_found"}, ["?"], {}])
def test_a_wrong_address_is_not_an_empty_one(door: Door, problem: Any) -> None:
    """It knows nothing of letters: to say that there is none would end the search."""
    door.answers = [(404, problem)]
    with pytest.raises(StackError, match="router: ") as refusal:
        dlq(door, "show", LETTER)
    assert "there is no dead letter" not in str(refusal.value)


def test_what_is_not_there_is_what_the_doors_say() -> None:
    """Their codes for 404, all of them and no other."""
    assert {code for status, code in OPERATOR_REFUSALS.values() if status == 404} == NOT_THERE


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.24, "0.2 s"), (59, "59.0 s"), (60, "1.0 min"), (3600, "1.0 h"), (86_400, "1.0 d")],
)
def test_a_length_of_time_is_short(seconds: float, shown: str) -> None:
    """In the largest unit that it fills."""
    assert duration(seconds) == shown


def test_an_age_may_be_unknown() -> None:
    """What an older release blocked has no time; a clock that is ahead makes no negative age."""
    now = datetime(2026, 3, 2, 1, 1, tzinfo=UTC)
    assert (age_of(None), age_of(SINCE, now)) == ("?", "1.0 min")
    assert age_of(SINCE, now - timedelta(hours=1)) == "0.0 s"
