"""`civicloop integrator`: what is shown, where a password goes, what is refused."""

import json
import stat
from pathlib import Path

import pytest
from typer.testing import CliRunner

from civicloop.integrator_commands import Keeper, app, show_added
from civicloop.simulator.credentials import read_secrets
from civicloop_local.errors import StackError
from civicloop_local.integrators import Integrator

PERMITS = Integrator(name="permits", topics=("intake.cases", "feedback.case-snapshots"))


def shown(kept: Keeper, *, as_json: bool = False) -> list[str]:
    """Return the lines that `add` prints."""
    lines: list[str] = []
    show_added(PERMITS, kept, "127.0.0.1:9092", as_json=as_json, say=lines.append)
    return "\n".join(lines).splitlines()


def test_a_password_is_shown_once_with_what_to_do_next() -> None:
    """User, topics, address, groups, password; the last line names the page."""
    kept = Keeper(PERMITS.user, None)
    kept("secret-word")
    lines = shown(kept)
    assert lines[0] == (
        "integrator-permits may read intake.cases, feedback.case-snapshots at 127.0.0.1:9092"
    )
    assert "password: secret-word" in lines
    assert lines[-1].startswith("next: ")
    assert "docs/howto/subscribe.md" in lines[-1]


@pytest.mark.parametrize("as_json", [False, True])
def test_a_secret_file_takes_the_password_off_the_screen(tmp_path: Path, *, as_json: bool) -> None:
    """Only its owner may read it."""
    path = tmp_path / "secrets.json"
    kept = Keeper(PERMITS.user, path)
    kept("secret-word")
    assert read_secrets(path) == {"integrator-permits": "secret-word"}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = shown(kept, as_json=as_json)
    assert not any("secret-word" in line for line in lines)
    if not as_json:
        assert f"its password is in {path}" in lines


def test_a_password_that_stays_is_not_shown(tmp_path: Path) -> None:
    """Nor is the file touched."""
    path = tmp_path / "secrets.json"
    assert "its password stays: --new-password makes another one" in shown(Keeper("u", path))
    assert not path.exists()


def test_a_program_gets_json() -> None:
    """With the password only when it is new and goes into no file."""
    kept = Keeper(PERMITS.user, None)
    known = {
        "name": "permits",
        "user": "integrator-permits",
        "topics": ["intake.cases", "feedback.case-snapshots"],
        "group_prefix": "integrator-permits.",
        "bootstrap": "127.0.0.1:9092",
    }
    assert json.loads("".join(shown(kept, as_json=True))) == known
    kept("secret-word")
    assert json.loads("".join(shown(kept, as_json=True))) == {**known, "password": "secret-word"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "permits", "--topics", "router.dead-letters"), "is restricted"),
        (("add", "permits", "--topics", "weather"), "there is no topic weather"),
        (("add", "Permits!", "--topics", "intake.cases"), "is no name"),
    ],
)
def test_a_refusal_is_one_line_before_anything_is_asked(
    arguments: tuple[str, ...], said: str
) -> None:
    """No stack has to run for it."""
    with pytest.raises(StackError, match=said) as raised:
        CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "arguments", [("add", "permits", "--topics", "intake.cases"), ("list",), ("remove", "permits")]
)
def test_a_stack_that_is_down_is_named_with_the_fix(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All three need a broker."""
    monkeypatch.setenv("CIVICLOOP_HOME", str(tmp_path))
    with pytest.raises(StackError, match="civicloop up"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


@pytest.mark.parametrize("command", ["add", "list", "remove"])
def test_help_has_an_example(command: str) -> None:
    """Something to copy."""
    output = CliRunner().invoke(app, [command, "--help"]).output
    assert f"civicloop integrator {command}" in " ".join(output.replace("│", " ").split())
