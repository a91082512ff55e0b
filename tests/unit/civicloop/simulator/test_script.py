"""Scripts of departments, as files."""

from pathlib import Path

import pytest

from civicloop.simulator.script import Move, Rule, Script, read_script
from civicloop_local.errors import StackError

WHOLE = """
down: {power: 6}
rules:
  - {department: water, matter: "00001", attempt: 1, steps: [{after_s: 1, return: not_our_duty}]}
  - role: assist
    steps:
      - {after_s: 0.5, acknowledge: true}
      - {after_s: 1, progress: on_site}
      - {after_s: 2, request_suspension: ledger, review_in_s: 60}
      - {after_s: 3, request_extension: true}
      - {after_s: 9, complete: repaired}
  - steps: []
"""


def read(folder: Path, text: str) -> Script:
    """Return the script that a text is."""
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return read_script(path)


def test_a_script_says_everything_that_a_department_can(tmp_path: Path) -> None:
    """Returns, requests, silence, and being down."""
    script = read(tmp_path, WHOLE)
    assert script.down == {"power": 6.0}
    returns, assists, silence = script.rules
    assert returns == Rule(
        steps=(Move(after_s=1, kind="return", details={"ground": "not_our_duty"}),),
        department="water",
        matter="00001",
        attempt=1,
    )
    assert (assists.role, silence) == ("assist", Rule(steps=()))
    assert assists.steps == (
        Move(after_s=0.5, kind="acknowledge"),
        Move(after_s=1, kind="progress", details={"progress": "on_site"}),
        Move(
            after_s=2,
            kind="request_suspension",
            details={"suspension": "ledger"},
            review_in_s=60,
        ),
        Move(after_s=3, kind="request_extension"),
        Move(after_s=9, kind="complete", details={"result": "repaired"}),
    )


def test_an_empty_script_leaves_everything_as_it_is(tmp_path: Path) -> None:
    """Departments do as they like."""
    assert read(tmp_path, "") == Script()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("rules: [", "no YAML"),
        ("rules: [{steps: [{after_s: 1}]}]", "one thing"),
        ("rules: [{steps: [{after_s: 1, acknowledge: true, complete: done}]}]", "one thing"),
        ("rules: [{steps: [{after_s: -1, acknowledge: true}]}]", "after_s"),
        ("rules: [{steps: [{after_s: 1, return: no_mood}]}]", "return"),
        ("rules: [{steps: [{after_s: 1, request_suspension: ledger}]}]", "review_in_s"),
        ("rules: [{steps: [{after_s: 1, acknowledge: true, review_in_s: 1}]}]", "review_in_s"),
        ("rules: [{matter: 1, steps: []}]", "matter"),
        ("rules: [{who: water, steps: []}]", "who"),
        ("down: {Water: 1}", "down"),
    ],
)
def test_a_fault_is_named_in_one_line(tmp_path: Path, text: str, named: str) -> None:
    """With its place in the file."""
    with pytest.raises(StackError, match=named) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)
