"""Credentials: made once, complete, private, never shown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from civicloop_local.credentials import load_credentials
from civicloop_local.errors import StackError
from civicloop_local.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """An empty stack folder."""
    made = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    made.create()
    return made


def test_every_service_gets_its_own_password(layout: Layout) -> None:
    """Nobody shares a password with anybody, in Kafka or in Postgres."""
    made = load_credentials(layout)
    passwords = [*made.kafka.values(), *made.postgres.values()]
    assert len(set(passwords)) == len(passwords)
    assert {"intake", "router", "department-adapter", "feedback", "admin"} <= set(made.kafka)
    assert {"router", "router_owner", "keyring", "keyring_owner", "auditor"} <= set(made.postgres)


def test_the_second_start_reads_what_the_first_made(layout: Layout) -> None:
    """Secrets never change by themselves."""
    assert load_credentials(layout) == load_credentials(layout)


def test_only_the_owner_may_read_the_file(layout: Layout) -> None:
    """The file is private from its first byte on."""
    load_credentials(layout)
    assert layout.secrets_file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_others_may_read_is_refused(layout: Layout) -> None:
    """The message names the command that closes it."""
    load_credentials(layout)
    layout.secrets_file.chmod(0o640)
    with pytest.raises(StackError, match="chmod 600"):
        load_credentials(layout)


def test_a_new_user_is_added_without_touching_the_others(layout: Layout) -> None:
    """A stack made by an older version gets what it lacks."""
    before = load_credentials(layout)
    known = json.loads(layout.secrets_file.read_text())
    del known["kafka"]["feedback"]
    layout.secrets_file.write_text(json.dumps(known))
    after = load_credentials(layout)
    assert after.kafka["feedback"] != before.kafka["feedback"]
    assert after.kafka["intake"] == before.kafka["intake"]
    assert after.postgres == before.postgres


def _without(text: str, key: str) -> str:
    return json.dumps({name: value for name, value in json.loads(text).items() if name != key})


DAMAGES: dict[str, Callable[[str], str]] = {
    "cut off": lambda text: text[: len(text) // 2],
    "empty": lambda _text: "",
    "a list": lambda _text: "[]",
    "no text": lambda _text: "\udcff",
    "no passwords": lambda text: _without(text, "postgres"),
    "without keyring_key": lambda text: _without(text, "keyring_key"),
    "without idempotency_key": lambda text: _without(text, "idempotency_key"),
    "without token_key": lambda text: _without(text, "token_key"),
    "an empty key": lambda text: json.dumps({**json.loads(text), "keyring_key": ""}),
    "without the superuser": lambda text: text.replace('"postgres": "', '"forgotten": "'),
    "without the admin": lambda text: text.replace('"admin": "', '"forgotten": "'),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_never_replaced(layout: Layout, damage: Callable[[str], str]) -> None:
    """New keys would lose every vault: it stays as it is, and the message names the way out."""
    load_credentials(layout)
    broken = damage(layout.secrets_file.read_text()).encode(errors="surrogateescape")
    layout.secrets_file.write_bytes(broken)
    with pytest.raises(StackError, match=r"secrets\.json is damaged.*backup.*civicloop reset"):
        load_credentials(layout)
    assert layout.secrets_file.read_bytes() == broken


def test_a_lost_file_is_not_made_anew_beside_the_data(layout: Layout) -> None:
    """What the old keys opened, new ones cannot."""
    layout.data("postgres").mkdir()
    (layout.data("postgres") / "PG_VERSION").write_text("17")
    with pytest.raises(StackError, match="backup"):
        load_credentials(layout)
    assert not layout.secrets_file.exists()


def test_entries_of_a_newer_version_stay(layout: Layout) -> None:
    """Going back to an older version takes no password away."""
    load_credentials(layout)
    known = json.loads(layout.secrets_file.read_text())
    known["kafka"]["later"] = "kept"
    del known["kafka"]["feedback"]
    layout.secrets_file.write_text(json.dumps({**known, "another_key": "kept"}))
    load_credentials(layout)
    after = json.loads(layout.secrets_file.read_text())
    assert (after["kafka"]["later"], after["another_key"]) == ("kept", "kept")


def test_the_text_of_credentials_shows_none(layout: Layout) -> None:
    """A stray log line cannot leak a password."""
    made = load_credentials(layout)
    assert made.kafka["admin"] not in repr(made)
