"""Downloads: fetched once, checked always."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from civicloop_local.downloads import Jar, ensure_jars, locked_jars
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = b"a jar"
JAR = Jar(
    group="org.example", artifact="thing", version="1", sha256=hashlib.sha256(CONTENT).hexdigest()
)


class Repository:
    """A Maven repository in memory that counts what it gave."""

    def __init__(self, content: bytes = CONTENT) -> None:
        self.content = content
        self.given = 0

    def fetch(self, jar: Jar, folder: Path) -> Path:
        """Store the content under the folder."""
        self.given += 1
        path = folder / f"fetched-{jar.artifact}"
        path.write_bytes(self.content)
        return path


def _unreachable(_jar: Jar, _folder: Path) -> Path:
    raise OSError("no route")


def test_the_lock_is_of_one_kafka() -> None:
    """Every line has a sum, and no jar stands in it twice."""
    jars = locked_jars()
    versions = {jar.version for jar in jars if jar.group == "org.apache.kafka"}
    assert versions == {"4.3.1"}
    assert len({(jar.group, jar.artifact) for jar in jars}) == len(jars)
    assert all(len(jar.sha256) == 64 for jar in jars)


def test_a_jar_is_fetched_once(tmp_path: Path) -> None:
    """With a warm cache the network is not asked."""
    repository = Repository()
    first = ensure_jars(tmp_path / "jars", (JAR,), fetch=repository.fetch)
    second = ensure_jars(tmp_path / "jars", (JAR,), fetch=_unreachable)
    assert first == second == (tmp_path / "jars" / "thing-1.jar",)
    assert repository.given == 1


def test_a_damaged_jar_is_fetched_again(tmp_path: Path) -> None:
    """A cache is never believed without its sum."""
    path = ensure_jars(tmp_path, (JAR,), fetch=Repository().fetch)[0]
    path.write_bytes(b"rotten")
    ensure_jars(tmp_path, (JAR,), fetch=Repository().fetch)
    assert path.read_bytes() == CONTENT


def test_a_jar_with_another_sum_never_enters_the_cache(tmp_path: Path) -> None:
    """A tampered mirror is noticed."""
    with pytest.raises(StackError, match="sha256"):
        ensure_jars(tmp_path, (JAR,), fetch=Repository(b"evil").fetch)
    assert not (tmp_path / JAR.file_name).exists()


def test_without_network_the_message_names_the_fix(tmp_path: Path) -> None:
    """One line: connect, or name a mirror."""
    with pytest.raises(StackError, match="connect once"):
        ensure_jars(tmp_path, (JAR,), fetch=_unreachable)
