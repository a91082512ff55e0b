"""`civicloop department`, against an adapter that answers as set."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from civicloop.department_commands import app
from civicloop.simulator.credentials import read_secrets
from civicloop_local.errors import StackError

WATER = {
    "code": "water",
    "name_zh": "水利局",
    "name_en": "Water bureau",
    "transport": "webhook",
    "url": "http://127.0.0.1:9400/hooks/water",
    "concurrency": 8,
    "state": "active",
    "breaker": "closed",
    "in_flight": 0,
    "waiting": 3,
    "secret": "whsec_fresh",
}


class Adapter:
    """An adapter that answers as set and remembers what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: Any = WATER
        self.answers: list[Any] = []
        self.asked: list[tuple[str, str, str, Any]] = []
        adapter = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                token = self.headers.get("authorization") or ""
                adapter.asked.append((self.command, self.path, token, body))
                said = adapter.answers.pop(0) if adapter.answers else adapter.answer
                text = json.dumps(said).encode()
                self.send_response(adapter.status)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

            def log_message(self, *_arguments: Any) -> None:
                """Stay quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    """Return an adapter."""
    made = Adapter()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def run(adapter: Adapter, *arguments: str) -> tuple[int, str]:
    """Return status and output of a call."""
    result = CliRunner().invoke(
        app, [*arguments, "--url", adapter.url, "--token", "op"], catch_exceptions=False
    )
    return result.exit_code, result.output


NOBODY: dict[str, Any] = {"departments": []}
ADD = ("add", "water", "--name-zh", "水利局", "--webhook", "http://127.0.0.1:9400/hooks/water")


def test_a_department_is_put_and_its_secret_shown(adapter: Adapter) -> None:
    """Names that are not given are the code."""
    adapter.answers = [NOBODY]
    status, output = run(adapter, *ADD)
    assert status == 0
    assert "water is registered" in output
    assert "whsec_fresh" in output
    (_, (method, path, token, body)) = adapter.asked
    assert (method, path, token) == ("PUT", "/v1/departments/water", "Bearer op")
    assert body == {
        "name_zh": "水利局",
        "name_en": "water",
        "transport": "webhook",
        "url": "http://127.0.0.1:9400/hooks/water",
        "concurrency": 8,
    }


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_secret_file_takes_the_secret_off_the_screen(
    adapter: Adapter, tmp_path: Path, as_json: list[str]
) -> None:
    """It is in the file and nowhere else."""
    path = tmp_path / "secrets.json"
    adapter.answers = [NOBODY]
    _, output = run(adapter, *ADD, "--secret-file", str(path), *as_json)
    assert read_secrets(path) == {"water": "whsec_fresh"}
    assert "whsec_fresh" not in output


def test_an_imported_department_has_no_address(adapter: Adapter) -> None:
    """`--replay` is its transport."""
    adapter.answers = [NOBODY, {**WATER, "secret": None}]
    run(adapter, "add", "parks", "--replay")
    assert (adapter.asked[1][3]["transport"], adapter.asked[1][3]["url"]) == ("replay", None)


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "water", "--replay", "--webhook", "http://x/"),
        ("add", "water", "--replay", "--pull"),
        ("add", "water", "--pull", "--webhook", "http://x/"),
    ],
)
def test_a_department_is_reached_in_one_way(adapter: Adapter, arguments: tuple[str, ...]) -> None:
    """One line that names the fix; the adapter is not asked."""
    with pytest.raises(StackError, match="--webhook"):
        run(adapter, *arguments)
    assert adapter.asked == []


def test_a_new_department_is_reached_somehow(adapter: Adapter) -> None:
    """Else nothing is made."""
    adapter.answers = [NOBODY]
    with pytest.raises(StackError, match="--webhook"):
        run(adapter, "add", "water", "--name-en", "Water")
    assert [method for method, *_ in adapter.asked] == ["GET"]


KNOWN = {**WATER, "name_zh": "水务", "concurrency": 3, "state": "disabled", "paused_until": None}
KEPT = {name: KNOWN[name] for name in ("name_zh", "name_en", "transport", "url")}


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        ((), {}),
        (("--concurrency", "5"), {"concurrency": 5}),
        (("--name-en", "Water"), {"name_en": "Water"}),
        (("--active",), {"state": "active"}),
        (("--disabled",), {"state": "disabled"}),
        (("--webhook", "http://127.0.0.1:1/"), {"url": "http://127.0.0.1:1/"}),
        (("--pull",), {"transport": "pull", "url": None}),
    ],
)
def test_what_is_not_given_of_a_known_department_stays(
    adapter: Adapter, arguments: tuple[str, ...], change: dict[str, Any]
) -> None:
    """Names, address and concurrency are sent as they are; a state only when it is given."""
    adapter.answers = [{"departments": [{**KNOWN, "code": "other", "concurrency": 1}, KNOWN]}]
    _, output = run(adapter, "add", "water", *arguments)
    assert "water is changed" in output
    assert adapter.asked[1][3] == {**KEPT, "concurrency": 3, **change}
    assert len(adapter.asked) == 2


def test_a_department_that_pulls_is_told_how_it_is_let_in(adapter: Adapter) -> None:
    """It needs no address and no secret, but a token."""
    adapter.answers = [NOBODY, {**WATER, "secret": None}]
    _, output = run(adapter, "add", "power", "--pull")
    assert (adapter.asked[1][3]["transport"], adapter.asked[1][3]["url"]) == ("pull", None)
    assert "civicloop token --role department:power" in output


def test_a_secret_is_rotated_into_the_file(adapter: Adapter, tmp_path: Path) -> None:
    """The simulator reads it from there."""
    adapter.answer = {
        "code": "water",
        "secret": "whsec_next",
        "previous_valid_until": "2026-03-03T01:00:00Z",
    }
    path = tmp_path / "secrets.json"
    status, output = run(adapter, "rotate-secret", "water", "--secret-file", str(path))
    assert (status, read_secrets(path)) == (0, {"water": "whsec_next"})
    assert "2026-03-03" in output
    assert adapter.asked[0][:2] == ("POST", "/v1/departments/water/rotate-secret")


def test_a_test_says_what_to_set_right(adapter: Adapter) -> None:
    """Exit status 1 when something is wrong."""
    good = {"name": "reachable", "ok": True, "fix": None}
    bad = {"name": "accepts_signed", "ok": False, "fix": "answer 2xx"}
    adapter.answer = {"code": "water", "ok": False, "checks": [good, bad]}
    status, output = run(adapter, "test", "water")
    assert (status, "failed: answer 2xx" in output) == (1, True)
    adapter.answer = {"code": "water", "ok": True, "checks": [good]}
    assert run(adapter, "test", "water", "--json")[0] == 0


def test_departments_are_listed(adapter: Adapter) -> None:
    """For people and for programs."""
    adapter.answer = {"departments": [WATER]}
    assert "water" in run(adapter, "list")[1]
    assert json.loads(run(adapter, "list", "--json")[1]) == adapter.answer


def test_a_refusal_is_one_line(adapter: Adapter) -> None:
    """The adapter's words, and the path of each fault."""
    adapter.status = 422
    adapter.answer = {
        "detail": "the request does not fit its schema",
        "errors": [{"path": "body/url", "code": "url_with_transport"}],
    }
    with pytest.raises(StackError, match="body/url: url_with_transport"):
        run(adapter, *ADD)


def test_an_adapter_that_is_down_is_named() -> None:
    """With the command that starts it."""
    with pytest.raises(StackError, match="civicloop up"):
        CliRunner().invoke(
            app, ["list", "--url", "http://127.0.0.1:1", "--token", "x"], catch_exceptions=False
        )
