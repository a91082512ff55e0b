"""The tables show what differs, and say every number."""

import io
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from civicloop.context import StackContext
from civicloop.demo.display import Display, outcome_table, task_table
from civicloop.demo.generator import Outcome
from civicloop_kit.auth import TokenVerifier
from civicloop_local.credentials import load_credentials
from civicloop_local.layout import Layout
from civicloop_local.tokens import public_key

EXPECTED = Outcome(
    filed=3,
    rejected=Counter(unknown_matter=1),
    tasks=Counter({("water", "lead"): 3, ("fire", "assist"): 1}),
    closed=Counter(solved=3),
)
GOT = Outcome(
    filed=3,
    rejected=Counter(unknown_matter=1),
    tasks=Counter({("water", "lead"): 2, ("power", "assist"): 1, ("fire", "assist"): 1}),
    closed=Counter(solved=3),
)


def _text(table: object) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=100).print(table)
    return out.getvalue().splitlines()


def test_equal_outcomes_are_ok() -> None:
    """Nothing differs."""
    assert not any("differs" in line for line in _text(outcome_table(EXPECTED, EXPECTED)))
    assert not any("differs" in line for line in _text(task_table(EXPECTED, EXPECTED)))


def test_a_department_that_got_something_else_differs() -> None:
    """Too few, or somebody whom nobody expected."""
    differing = [line for line in _text(task_table(EXPECTED, GOT)) if "differs" in line]
    assert len(differing) == 2
    assert "power" in differing[0]
    assert "water" in differing[1]


def test_a_token_is_printed_for_every_role(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each is of a caller of its own: whoever tries them meets himself nowhere."""
    layout = Layout(home=tmp_path / "home", cache=tmp_path / "cache")
    layout.create()
    names = ("intake", "router", "department-adapter", "feedback", "kafka")
    ports = {name: 20_000 + number for number, name in enumerate(names)}
    credentials = load_credentials(layout)
    Display().addresses(StackContext(layout=layout, credentials=credentials, ports=ports))
    tokens = TokenVerifier(public_key(credentials))
    printed = [line.rpartition(": ")[2] for line in capsys.readouterr().out.splitlines()]
    assert [tokens.principal(text).name for text in printed if text.count(".") == 2] == [
        "app",
        "inspector-1",
        "superior-1",
        "operator",
        "department:urban-management",
    ]
