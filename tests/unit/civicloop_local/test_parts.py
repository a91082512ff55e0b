"""Parts: what a service is told, and when it counts as ready."""

from __future__ import annotations

import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, ClassVar

import pytest

from civicloop_local.credentials import load_credentials
from civicloop_local.layout import Layout
from civicloop_local.parts import ServicePart
from civicloop_local.services import service_named
from civicloop_local.token_files import TokenFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class ReadyHandler(BaseHTTPRequestHandler):
    """Answers `/readyz` as told."""

    answer: ClassVar[int] = 200

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(self.answer if self.path == "/readyz" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    """A service that only knows its readiness."""
    made = HTTPServer(("127.0.0.1", 0), ReadyHandler)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def _part(folder: Path, port: int) -> ServicePart:
    return ServicePart(
        service=service_named("department-adapter"),
        address=f"127.0.0.1:{port}",
        data=folder / "data",
        environment=lambda: {"CIVICLOOP_KAFKA_PASSWORD": "hush"},
    )


@pytest.mark.parametrize(("answer", "ready"), [(200, True), (503, False)])
def test_a_service_is_ready_when_it_says_so(
    tmp_path: Path, server: HTTPServer, answer: int, *, ready: bool
) -> None:
    """Anything but 200 is no."""
    ReadyHandler.answer = answer
    assert _part(tmp_path, server.server_port).is_ready() is ready


def test_a_service_that_does_not_listen_is_not_ready(tmp_path: Path) -> None:
    """No answer is no."""
    assert not _part(tmp_path, 1).is_ready()


def test_a_start_renews_the_services_token(tmp_path: Path) -> None:
    """Whatever the former process left."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    path = layout.run / "own.token"
    token = TokenFile(path=path, credentials=load_credentials(layout), subject="department-adapter")
    part = replace(_part(tmp_path, 1), token=token)
    path.write_text("old")
    part.renew()
    assert path.read_text() == "old"
    part.prepare()
    assert path.read_text() != "old"


def test_a_service_runs_as_its_module_in_its_own_folder(tmp_path: Path) -> None:
    """Its secrets come by environment, and no text of the command shows them."""
    part = _part(tmp_path, 1)
    part.prepare()
    command = part.command()
    assert command.argv[1:] == ("-m", "department_adapter")
    assert command.folder == tmp_path / "data"
    assert command.folder.is_dir()
    assert "hush" not in repr(command)
