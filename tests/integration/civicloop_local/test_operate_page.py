"""What docs/howto/operate.md tells an operator to type about backups and secrets, typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from civicloop_local import control
from civicloop_local.assembly import BACKENDS, STEPS, databases_of
from civicloop_local.credentials import load_credentials
from civicloop_local.kafka import client_settings
from civicloop_local.layout import WORK_TREE, Layout, default_layout
from civicloop_local.ports import HOST, recorded_ports
from civicloop_local.postgres_binaries import find_binaries
from civicloop_local.servers import local_servers
from civicloop_local.tokens import public_key

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE: Final = WORK_TREE / "docs" / "howto" / "operate.md"
PARTS: Final = (*BACKENDS, *STEPS)
# How many blocks of commands a section has.
TYPED: Final = {"Upgrade": 1, "Back up": 3, "Restore": 3, "Rotate secrets": 3}
# The command itself, without the services: they have no part in this.
CIVICLOOP: Final = f"""#!{sys.executable}
import sys
from civicloop_local import control, layout
home = layout.default_layout()
control.up(home, parts={PARTS!r}) if sys.argv[1] == "up" else control.down(home)
"""


@pytest.fixture(scope="module")
def layout() -> Iterator[Layout]:
    """Give a stack of the test's own with everything but the services."""
    home = Path(tempfile.mkdtemp(prefix="civicloop-"))
    made = Layout(home=home, cache=default_layout().cache)
    control.up(made, parts=PARTS)
    yield made
    control.down(made)
    shutil.rmtree(home)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Give a folder to type in, with the commands that the page uses."""
    folder = tmp_path / ".venv" / "bin"
    folder.mkdir(parents=True)
    # A link would not know its packages.
    python = f'#!/bin/sh\nexec {sys.executable} "$@"\n'
    for name, text in (("civicloop", CIVICLOOP), ("python", python)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "yoyo").symlink_to(Path(sys.executable).parent / "yoyo")
    (tmp_path / "services").symlink_to(WORK_TREE / "services")
    return tmp_path


def blocks(heading: str) -> list[str]:
    """Return what a section of the page says to type, one text per block."""
    (section,) = re.findall(
        rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    return re.findall(r"^```sh\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def type_in(desk: Path, layout: Layout, *texts: str) -> None:
    """Type into one shell that ends at the first failure."""
    programs = find_binaries(layout).folder
    environment = os.environ | {
        "CIVICLOOP_HOME": str(layout.home),
        "CIVICLOOP_CACHE": str(layout.cache),
        "PATH": f"{programs}:{os.environ['PATH']}",
    }
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-euo", "pipefail", "-c", "\n".join(texts)],
        cwd=desk,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr + done.stdout


def rows(layout: Layout) -> int:
    """Return how many cases the router's database has, asked as the router itself."""
    databases = databases_of(load_credentials(layout), local_servers(recorded_ports(layout)))
    with psycopg.connect(databases.url("router")) as connection:
        found = connection.execute("SELECT count(*) FROM case_rows").fetchone()
        assert found is not None
        return int(found[0])


def columns_of_notices(layout: Layout) -> set[str]:
    """Return the columns of intake's notices."""
    databases = databases_of(load_credentials(layout), local_servers(recorded_ports(layout)))
    with psycopg.connect(databases.url("intake")) as connection:
        found = connection.execute("SELECT * FROM notices")
        return {column.name for column in found.description or ()}


def add_case(layout: Layout) -> None:
    """Add a case to the router's database."""
    databases = databases_of(load_credentials(layout), local_servers(recorded_ports(layout)))
    with psycopg.connect(databases.url("router")) as connection:
        connection.execute(
            "INSERT INTO case_rows (case_id, version, inbox, emitted, held_count, blocked) "
            "VALUES (gen_random_uuid(), 1, '{}', '{}', 0, false)"
        )


def may_enter(layout: Layout, user: str, password: str) -> bool:
    """Tell whether Kafka lets somebody in."""
    bootstrap = f"{HOST}:{recorded_ports(layout)['kafka']}"
    try:
        AdminClient(client_settings(bootstrap, user, password)).list_topics(timeout=5)
    except KafkaException:
        return False
    return True


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_backups_are_taken_and_restored_as_the_page_says(layout: Layout, desk: Path) -> None:
    """A dump, a base backup and a copy at rest each bring back what was there."""
    shell, online, at_rest = blocks("Back up")
    everything, server, one_database = blocks("Restore")
    add_case(layout)
    before = rows(layout)
    type_in(desk, layout, shell, online, at_rest)
    for restore in (one_database, server, everything):
        add_case(layout)
        assert rows(layout) == before + 1
        type_in(desk, layout, shell, restore)
        assert rows(layout) == before
    assert {path.name for path in (desk / "backup").glob("*.dump")} == {
        f"{name}.dump" for name in ("intake", "router", "department_adapter", "feedback", "keyring")
    }


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_migration_is_taken_back_as_the_page_says(layout: Layout, desk: Path) -> None:
    """The old release finds its tables; the new one migrates again."""
    shell, (back,) = blocks("Back up")[0], blocks("Upgrade")
    type_in(desk, layout, shell, back)
    control.up(layout, parts=BACKENDS)
    assert columns_of_notices(layout) == {"report_id", "round", "outcome", "at"}
    type_in(desk, layout, shell, "civicloop down", "civicloop up")
    assert "notice_id" in columns_of_notices(layout)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_secrets_are_rotated_as_the_page_says(layout: Layout, desk: Path) -> None:
    """The new ones open, the old ones do not; nobody else is touched."""
    shell = blocks("Back up")[0]
    old = load_credentials(layout)
    type_in(desk, layout, shell, *blocks("Rotate secrets"))
    new = load_credentials(layout)
    kept = json.loads(layout.secrets_file.read_text())
    assert layout.secrets_file.stat().st_mode & 0o077 == 0
    assert new.postgres["router"] != old.postgres["router"]
    assert rows(layout) >= 0
    former = databases_of(old, local_servers(recorded_ports(layout))).url("router")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(former)
    assert may_enter(layout, "router", new.kafka["router"])
    assert not may_enter(layout, "router", old.kafka["router"])
    assert public_key(new) != public_key(old)
    assert kept["keyring_key"] == old.keyring_key
    assert kept["kafka"]["intake"] == old.kafka["intake"]


def test_every_block_of_commands_belongs_to_a_test() -> None:
    """Those of `civicloop` alone are held against the command itself by the tests of the docs."""
    typed = {heading: len(blocks(heading)) for heading in TYPED}
    assert typed == TYPED
