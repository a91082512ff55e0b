"""Tracked files: a registry's host or a machine's path is found, ordinary text is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.quality.tracked_files import (
    REGISTRY_HOSTS,
    ROOT,
    find,
    machine_folders,
    registry_hosts,
    tracked_texts,
)

KEY = "index" + "-url"
HOME = "/ho" + "me/ann/"
FOLDERS = ("/elsewhere/tree",)


def _lines(text: str, hosts: frozenset[str] = frozenset(REGISTRY_HOSTS)) -> list[int]:
    return [finding.line for finding in find([("a.txt", text)], hosts, FOLDERS)]


@pytest.mark.parametrize(
    "line",
    [
        *(f"see https://{host}/simple" for host in REGISTRY_HOSTS),
        f"{KEY} = https://mirror.example/simple",
        f"--extra-{KEY} https://mirror.example/simple",
        f'default-{KEY}="https://mirror.example/simple"',
        '"resol' + 'ved": "https://mirror.example/x.tgz"',
        "https://mirror.example/mav" + "en2/org",
        "log = /elsewhere/tree/x.log",
        f"cd {HOME}civicloop",
        "cat /ro" + "ot/.netrc",
    ],
)
def test_a_registry_or_a_machine_path_is_found(line: str) -> None:
    """With its line number."""
    assert _lines(f"first\n{line}\nlast\n") == [2]


@pytest.mark.parametrize(
    "line",
    [
        "https://www.apache.org/licenses/",
        f"pip reads {KEY} from its settings",
        "open ./tree/x.log and $HOME/x",
        "GET /v1/ho" + "me/x and a/ro" + "ot/b",
        "#!/usr/bin/env bash",
    ],
)
def test_ordinary_text_is_left_alone(line: str) -> None:
    """A word that looks like one is no finding."""
    assert _lines(line) == []


def test_the_machines_own_mirror_is_known() -> None:
    """Whatever its package clients are set to."""
    told = {"PIP_INDEX_URL": "https://user:secret@mirror.city.example:8443/simple"}
    hosts = registry_hosts(told, "global.x='https://other.example/simple'")
    assert {"mirror.city.example", "other.example"} <= hosts
    assert _lines("wget https://mirror.city.example/x", hosts) == [1]


def test_the_work_tree_and_its_neighbours_are_the_machines_own() -> None:
    """Unless the folder above is one that everybody has."""
    made = machine_folders(Path("/srv/city/main"), Path("/data/ann"))
    assert made == {"/srv/city/main", "/srv/city", "/data/ann"}
    assert "/srv" not in machine_folders(Path("/srv/main"), Path("/data/ann"))


def test_only_tracked_text_is_read(tmp_path: Path) -> None:
    """A cache may name what it likes; a picture has no lines."""
    for name, content in (("a.txt", b"one"), ("b.png", b"\0\1"), ("cache.txt", b"two")):
        (tmp_path / name).write_bytes(content)
    for command in (["init", "--quiet"], ["add", "a.txt", "b.png"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)  # noqa: S607 -- the machine's git
    assert list(tracked_texts(tmp_path)) == [("a.txt", "one")]


def test_this_work_tree_is_clean() -> None:
    """The check passes here and now."""
    hosts = registry_hosts({})
    assert find(tracked_texts(ROOT), hosts, machine_folders(ROOT, Path.home())) == []
