"""The command: what it prints, where, and with which exit status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
import yaml
from tests.unit.civicloop.importer.conftest import DOCUMENT
from typer.testing import CliRunner

from civicloop import import_commands

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Run the command with the made-up city's mapping."""
    app = typer.Typer()
    import_commands.register(app)
    app.command("other")(lambda: None)
    mapping = tmp_path / "made.yaml"
    mapping.write_text(yaml.safe_dump(DOCUMENT), encoding="utf-8")

    def call(path: Path, *options: str) -> Result:
        arguments = ["import", str(path), "--mapping", str(mapping), *options]
        return CliRunner().invoke(app, arguments)

    return call


def test_help_has_an_example(run: Callable[..., Result], tmp_path: Path) -> None:
    """As every command."""
    shown = run(tmp_path, "--help")
    assert shown.exit_code == 0
    assert "boston311 --replay" in " ".join(shown.stdout.split())


def test_a_check_prints_json_for_programs(
    run: Callable[..., Result], write_file: Callable[..., Path]
) -> None:
    """Nothing else is on standard output."""
    result = run(write_file({}, {"id": "A2", "via": "fax"}), "--check", "--json")
    told = json.loads(result.stdout)
    assert (told["filed"], told["rejected_lines"], told["overdue"]) == (1, 1, 0)
    assert result.exit_code == 0


def test_a_check_shows_tables_to_people(
    run: Callable[..., Result], write_file: Callable[..., Path]
) -> None:
    """Both judgements per department, and what to do about rejected lines."""
    path = write_file({}, {"id": "A2", "via": "fax"}, {"id": "A3", "ok": ""})
    result = run(path, "--check")
    text = " ".join(result.stdout.split())
    for part in ("2 lines can be imported", "made-roads", "channel_unknown", "rejects.csv",
                 "line 4, A3: ours on_time, source blank: source_left_flag_blank",
                 "our judgement does NOT agree with the source's: 1 of 2 rows differ"):  # fmt: skip
        assert part in text
    assert result.exit_code == 1
    assert path.with_name("made.csv.rejects.csv").exists()


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--as-of", "soon"], "--as-of 'soon' must be a time written as"),
        (["--rejects", "/proc/none/r.csv"], "give --rejects a file that can be written"),
    ],
)
def test_a_wrong_option_is_told_in_one_line(
    run: Callable[..., Result], write_file: Callable[..., Path], options: list[str], fault: str
) -> None:
    """On standard error, with status 2."""
    result = run(write_file({}), "--check", *options)
    assert result.exit_code == 2
    assert fault in result.stderr
    assert result.stderr.startswith("civicloop: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_missing_file_is_told_in_one_line(run: Callable[..., Result], tmp_path: Path) -> None:
    """Not as a stack trace."""
    result = run(tmp_path / "none.csv", "--check")
    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "No such file" in result.stderr


def test_as_of_on_the_command_line_goes_before_the_mappings(
    run: Callable[..., Result], write_file: Callable[..., Path]
) -> None:
    """So that tomorrow's file needs no new mapping."""
    row = {"out": "", "state": "new", "due": "2024-06-02 00:00:00"}
    path = write_file(row)
    late = ("--check", "--json", "--as-of", "2024-06-03 00:00:00")
    assert json.loads(run(path, "--check", "--json").stdout)["overdue"] == 0
    assert json.loads(run(path, *late).stdout)["overdue"] == 1
