"""docs/howto/subscribe.md, word for word: an outsider's client builds the table of all cases."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT7

from civicloop_contracts import schemas
from civicloop_contracts.holding import public_topics
from civicloop_local.layout import default_layout
from civicloop_local.testing import running_backends

from .city import City, eventually
from .reports import LAMP, LEAD, all_closed, report, submit

PAGE: Final = Path(__file__).parents[2] / "docs" / "howto" / "subscribe.md"
BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
SNAPSHOTS: Final = "feedback.case-snapshots"
LINES_AT_MOST: Final = 40
# A whole stack of its own has to start first.
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Running services on servers of their own, as the page's topics have no prefix."""
    folder = tmp_path_factory.mktemp("city")
    with running_backends() as backends:
        backends.create_topics("")
        backends.create_databases("")
        settings = {"CALL_BACK_WINDOW_S": "1"}
        running = City(backends=backends, prefix="", folder=folder, settings=settings)
        try:
            running.start()
            running.simulate(LEAD)
            yield running
        finally:
            running.end()


@dataclass(kw_only=True)
class Outsider:
    """Somebody who has the page, and a folder."""

    city: City
    folder: Path
    program: subprocess.Popen[str] | None = None

    def shell(self, command: str) -> str:
        """Run a command of the page, as the operator of the city; returns what it says."""
        bin_folder = str(Path(sys.executable).parent)
        done = subprocess.run(
            ["bash", "-ec", command],  # noqa: S607 - whichever bash there is
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{bin_folder}:{os.environ['PATH']}",
                "CIVICLOOP_HOME": str(self.city.backends.layout.home),
                "CIVICLOOP_CACHE": str(default_layout().cache),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self) -> None:
        """Save the program of the page and start it."""
        (self.folder / "table.py").write_text(program_of_page())
        told = {"CIVICLOOP_KAFKA": self.city.backends.bootstrap}
        with (self.folder / "out").open("wb") as out, (self.folder / "err").open("wb") as err:
            self.program = subprocess.Popen(
                [sys.executable, "table.py"],
                cwd=self.folder,
                env={**os.environ, **told},
                stdout=out,
                stderr=err,
                text=True,
            )

    def known(self) -> Any:
        """Return what the program printed last, None while it has printed nothing."""
        whole = self._lines()
        return json.loads(whole[-1]) if whole else None

    def times(self) -> int:
        """Return how often it has printed, which it does when it has read everything."""
        return len(self._lines())

    def _lines(self) -> list[str]:
        assert self.program is not None
        assert self.program.poll() is None, (self.folder / "err").read_text()
        return (self.folder / "out").read_text().rpartition("\n")[0].splitlines()


@pytest.fixture
def outsider(city: City, tmp_path: Path) -> Iterator[Outsider]:
    """An outsider; the program ends with the test."""
    made = Outsider(city=city, folder=tmp_path)
    yield made
    if made.program is not None and made.program.poll() is None:
        made.program.kill()
        made.program.wait(timeout=5)


def program_of_page() -> str:
    """Return the one Python block of the page."""
    (block,) = [text for language, text in BLOCK.findall(PAGE.read_text()) if language == "python"]
    return str(block)


def commands_of_page() -> list[str]:
    """Return the commands of the page that begin with `civicloop`."""
    blocks = [text for language, text in BLOCK.findall(PAGE.read_text()) if language == "sh"]
    return [block for block in blocks if block.startswith("civicloop")]


def statuses(city: City, case_ids: list[str]) -> dict[str, str]:
    """Return what intake tells anybody about each case."""
    with city.client("intake", "channel") as client:
        return {case: client.get(f"/v1/cases/{case}").json()["status"] for case in case_ids}


def records(city: City, topic: str) -> list[Any]:
    """Return every committed record of a topic."""
    settings = {**city.backends.admin_settings, "group.id": f"test-{uuid4()}"}
    consumer = Consumer({**settings, "enable.partition.eof": True, "log_level": 0})
    try:
        open_ = set(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in open_])
        found = []
        while open_:
            message = consumer.poll(10)
            assert message is not None
            if message.error() is None:
                found.append(message)
            else:
                open_.discard(message.partition() or 0)
        return found
    finally:
        consumer.close()


def send_again(city: City, message: Any) -> None:
    """Write a record once more, behind all others of its partition."""
    producer = Producer(city.backends.admin_settings)
    producer.produce(
        message.topic(),
        message.value(),
        message.key(),
        partition=message.partition(),
        headers=message.headers(),
    )
    assert producer.flush(10) == 0


def take_back(city: City, message: Any) -> None:
    """Write a snapshot of a far version in a transaction that is then aborted."""
    value = {**json.loads(message.value()), "version": 10**6, "status": "rejected"}
    producer = Producer({**city.backends.admin_settings, "transactional.id": f"test-{uuid4()}"})
    producer.init_transactions(10)
    producer.begin_transaction()
    where = {"partition": message.partition(), "headers": message.headers()}
    producer.produce(message.topic(), json.dumps(value).encode(), message.key(), **where)
    producer.flush(10)
    producer.abort_transaction(10)


def versions(snapshots: list[Any]) -> Mapping[str, int]:
    """Return the highest version of each case."""
    found: dict[str, int] = {}
    for message in snapshots:
        version = json.loads(message.value())["version"]
        found[_case(message)] = max(found.get(_case(message), 0), version)
    return found


def _case(message: Any) -> str:
    """Return the case that a record is about."""
    return str(message.key().decode())


def everyone(snapshots: list[Any], count: int) -> list[Any]:
    """Return the snapshots once there is one of each case."""
    return snapshots if len(versions(snapshots)) == count else []


def test_the_program_of_the_page_is_short() -> None:
    """At most forty lines, and an outsider's client: nothing of ours is imported."""
    program = program_of_page()
    assert len(program.splitlines()) <= LINES_AT_MOST
    modules = re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE)
    assert modules == ["json", "os", "confluent_kafka"]


@pytest.mark.slow
def test_the_page_leads_to_the_table_that_the_services_know(city: City, outsider: Outsider) -> None:
    """With repeats, an old state behind a new one, and one that was taken back."""
    with city.client("intake", "channel") as client:
        closing = [submit(client, report()).json()["case_id"] for _ in range(4)]
        nowhere = report(matter={**LAMP, "kind": "matter", "code": "99999"})
        rejected = submit(client, nowhere).json()["case_id"]
    all_closed(city, closing)
    with city.client("intake", "channel") as client:
        waiting = [submit(client, report()).json()["case_id"] for _ in range(3)]
    cases = [*closing, rejected, *waiting]
    eventually(lambda: set(statuses(city, waiting).values()) == {"verifying"}, 60)
    shown = eventually(lambda: everyone(records(city, SNAPSHOTS), len(cases)), 60)
    old = next(m for m in shown if json.loads(m.value())["version"] < versions(shown)[_case(m)])
    send_again(city, old)
    take_back(city, old)

    add, remove = commands_of_page()
    said = outsider.shell(add)
    assert city.backends.bootstrap in said
    assert said.splitlines()[-1].startswith("next: ")
    city.backends.create_topics("")  # as `civicloop migrate` and every start do
    outsider.run()

    def agrees() -> Any:
        known = outsider.known()
        told = {case: row["status"] for case, row in known["table"].items()} if known else {}
        quiet = known and not any(known["news"].values())
        return known if quiet and told == statuses(city, cases) else None

    known = eventually(agrees, 60)
    highest = versions(records(city, SNAPSHOTS))
    assert {case: row["version"] for case, row in known["table"].items()} == highest
    rows = known["table"].values()
    assert {row["status"] for row in rows} == {"closed", "rejected", "verifying"}

    city.stop("feedback")  # from now on only facts tell what happens
    with city.client("intake", "channel") as client:
        cases.append(submit(client, report()).json()["case_id"])
    filed = [["/intake/cases", 1, "civicloop.case.filed.v1"]]
    eventually(lambda: outsider.known()["news"].get(cases[-1]) == filed, 30)
    (again,) = [m for m in records(city, "intake.cases") if _case(m) == cases[-1]]
    said_before = outsider.times()
    send_again(city, again)
    eventually(lambda: outsider.times() > said_before + 1, 30)
    assert outsider.known()["news"][cases[-1]] == filed
    assert cases[-1] not in outsider.known()["table"]
    city.start("feedback")
    all_closed(city, [*waiting, cases[-1]])
    eventually(agrees, 60)

    outsider.shell(remove)
    assert outsider.program is not None
    assert outsider.program.wait(timeout=60) != 0
    assert "TOPIC_AUTHORIZATION_FAILED" in (outsider.folder / "err").read_text()


@pytest.mark.slow
def test_every_record_is_as_the_asyncapi_document_says(city: City) -> None:
    """Headers, key and payload of everything that the services have written."""
    document = json.loads((schemas.FOLDER / schemas.ASYNCAPI).read_text(encoding="utf-8"))
    registry: Any = Registry().with_resource("urn:this", DRAFT7.create_resource(document))
    names = {m["name"]: m["title"] for m in document["components"]["messages"].values()}
    checked = set()
    for topic in public_topics():
        for message in records(city, topic.name):
            headers = {name: content.decode() for name, content in message.headers()}
            title = names[headers["ce_type"]]
            assert title in document["channels"][topic.name]["messages"]
            value = json.loads(message.value())
            assert value["case_id"] == _case(message)
            for part, content in (("headers", headers), ("payload", value)):
                schema = {"$ref": f"urn:this#/components/messages/{title}/{part}"}
                judge = Draft7Validator(schema, registry=registry, format_checker=FormatChecker())
                assert [error.message for error in judge.iter_errors(content)] == []
            checked.add(title)
    assert {"CaseFiled", "TaskDispatched", "TaskCompleted", "CaseClosed", "CaseSnapshot"} <= checked
