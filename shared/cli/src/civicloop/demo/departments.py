"""The demo's departments: one simulator process, registered with the adapter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import asdict, dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from civicloop.simulator.credentials import keep_secret, read_secrets
from civicloop_local.errors import StackError
from civicloop_local.files import read_json, write_private
from civicloop_local.processes import ProcessId, end, identify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from civicloop.context import StackContext
    from civicloop.demo.morning import Department

TIMEOUT_S: Final = 20.0
GRACE_S: Final = 10.0
CONCURRENCY: Final = 16
# How long a department takes over a task, least and most.
WORK_SECONDS: Final = "0.1:1.5"
# Where a demo's own simulator listens, whatever port it had.
_OWN_URL: Final = re.compile(r"http://127\.0\.0\.1:[0-9]+/hooks/[a-z0-9-]+")
PLAN: Final = Path(__file__).parent / "data" / "departments.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departments:
    """The simulated departments; their files lie in one folder of the stack."""

    folder: Path

    @property
    def journal(self) -> Path:
        """What they heard and did, over all runs."""
        return self.folder / "departments.jsonl"

    @property
    def secrets(self) -> Path:
        """Their webhook secrets."""
        return self.folder / "secrets.json"

    @property
    def process_file(self) -> Path:
        """Which process plays them."""
        return self.folder / "simulator.json"

    def start(self, codes: Sequence[str]) -> int:
        """Start the simulator, in place of one of an earlier run; returns its port.

        It ends with the stack.

        Raises:
            StackError: It does not start.
        """
        self.stop()
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "civicloop.demo.tied", "simulate", "department", *codes]
        command += ["--journal", str(self.journal), "--secret-file", str(self.secrets)]
        command += ["--work-seconds", WORK_SECONDS, "--plan", str(PLAN)]
        with (self.folder / "simulator.log").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        if (identity := identify(process.pid)) is not None:
            write_private(self.process_file, json.dumps(asdict(identity)))
        return self._port(process)

    def stop(self) -> None:
        """End the simulator that this or an earlier run started."""
        known = read_json(self.process_file)
        if known:
            process = ProcessId(pid=int(known["pid"]), created=float(known["created"]))
            end([process], grace_s=GRACE_S)
        self.process_file.unlink(missing_ok=True)

    def register(self, context: StackContext, departments: Sequence[Department], port: int) -> None:
        """Make the departments known to the adapter, at the simulator's port.

        Raises:
            StackError: The adapter refuses, or one of them is plugged in by somebody else.
        """
        headers = {"Authorization": f"Bearer {context.operator_token()}"}
        url = f"{context.adapter_url}/v1/departments"
        with httpx.Client(headers=headers, timeout=TIMEOUT_S, trust_env=False) as client:
            known = {one["code"]: one for one in _ask(client, "GET", url)["departments"]}
            for department in departments:
                require_ours(department.code, known.get(department.code))
            for department in departments:
                code = department.code
                answer = _ask(client, "PUT", f"{url}/{code}", _body(department, port))
                secret = answer.get("secret")
                if secret is None and code not in read_secrets(self.secrets):
                    secret = _ask(client, "POST", f"{url}/{code}/rotate-secret")["secret"]
                if secret is not None:
                    keep_secret(self.secrets, code, secret)

    def _port(self, process: subprocess.Popen[bytes]) -> int:
        line = process.stdout.readline() if process.stdout else b""
        try:
            listening = json.loads(line)["listening"]
        except (ValueError, KeyError) as error:
            raise StackError(
                f"the simulator does not start: see {self.folder / 'simulator.log'}"
            ) from error
        return httpx.URL(next(iter(listening.values()))).port or 0


def require_ours(code: str, known: Mapping[str, Any] | None) -> None:
    """Check that the demo may play a department: nobody else does.

    Raises:
        StackError: It is plugged in at an address that no demo gives.
    """
    if known is None or known["state"] == "removed":
        return
    if known["transport"] != "webhook" or not _OWN_URL.fullmatch(known["url"] or ""):
        raise StackError(
            f"{code} is plugged in here and the demo would play it: give the demo a stack of its "
            "own by CIVICLOOP_HOME, or remove the department"
        )


def _body(department: Department, port: int) -> dict[str, Any]:
    return {
        "name_zh": department.name.zh,
        "name_en": department.name.en,
        "transport": "webhook",
        "url": f"http://127.0.0.1:{port}/hooks/{department.code}",
        "concurrency": CONCURRENCY,
    }


def _ask(
    client: httpx.Client, method: str, url: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    try:
        answer = client.request(method, url, json=body)
    except httpx.HTTPError as error:
        raise StackError(f"{url} does not answer: see `civicloop status`") from error
    if answer.status_code >= HTTPStatus.BAD_REQUEST:
        raise StackError(f"{method} {url} was refused ({answer.status_code}): see `civicloop logs`")
    found: dict[str, Any] = answer.json()
    return found
