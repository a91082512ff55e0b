"""`civicloop department pause | resume | remove | release | parked`."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from civicloop.department_commands import app
from civicloop_local.errors import StackError

from .test_department_commands import WATER, Adapter, adapter, run

__all__ = ["adapter"]
TASK = "5f0e7c2a-1c86-5d0e-8f5b-2a9f6f0c7d13"
PAUSED = {**WATER, "state": "paused", "paused_until": "2026-05-09T10:00:00Z"}
PARKED = {
    "task_id": TASK,
    "case_id": TASK,
    "department": "water",
    "delivery_id": f"{TASK}/dispatch/1",
    "kind": "dispatch",
    "reason": "exhausted",
    "owner": "operator",
    "parked_at": "2026-05-09T06:00:00Z",
    "review_at": "2026-05-09T10:00:00Z",
}


def test_a_pause_has_an_end_of_its_own(adapter: Adapter) -> None:
    """Given as a time, or as hours from now."""
    adapter.answer = PAUSED
    _, output = run(adapter, "pause", "water", "--until", "2026-05-09T18:00:00+08:00")
    assert "civicloop department resume water" in output
    run(adapter, "pause", "water", "--hours", "2")
    (first, second) = adapter.asked
    assert first[:2] == ("POST", "/v1/departments/water/pause")
    assert first[3] == {"until": "2026-05-09T18:00:00+08:00"}
    until = datetime.fromisoformat(second[3]["until"])
    assert timedelta(hours=1.9) < until - datetime.now(UTC) < timedelta(hours=2.1)


@pytest.mark.parametrize(
    "given", [[], ["--hours", "2", "--until", "2026-05-09T18:00:00+08:00"], ["--hours", "1e300"]]
)
def test_a_pause_says_how_long_once(adapter: Adapter, given: list[str]) -> None:
    """Nobody is asked before that is clear."""
    with pytest.raises(StackError, match="--hours"):
        run(adapter, "pause", "water", *given)
    assert adapter.asked == []


def test_a_department_is_resumed(adapter: Adapter) -> None:
    """With what follows."""
    _, output = run(adapter, "resume", "water")
    assert adapter.asked[0][:2] == ("POST", "/v1/departments/water/resume")
    assert "3 deliveries wait" in output


def test_a_removal_is_asked_for_twice(adapter: Adapter) -> None:
    """Unless it was meant."""
    adapter.answer = {"code": "water", "open_tasks": 4}
    arguments = ["remove", "water", "--url", adapter.url, "--token", "op"]
    declined = CliRunner().invoke(app, arguments, input="n\n")
    assert (declined.exit_code, adapter.asked) == (1, [])
    _, output = run(adapter, "remove", "water", "--yes")
    assert adapter.asked[0][:2] == ("DELETE", "/v1/departments/water")
    assert "4 open tasks" in output
    assert "next:" in output


def test_a_task_is_released(adapter: Adapter) -> None:
    """By its id, which is checked before anybody is asked."""
    adapter.answer = {"task_id": TASK, "state": "parked"}
    _, output = run(adapter, "release", TASK)
    assert adapter.asked[0][:2] == ("POST", f"/v1/tasks/{TASK}/release")
    assert "next:" in output
    assert run(adapter, "release", "x")[0] == 2


def test_what_is_parked_is_listed_page_by_page(adapter: Adapter) -> None:
    """With its reason and its review, for people and for programs."""
    pages = [{"parked": [PARKED], "next": TASK}, {"parked": [PARKED], "next": None}]
    adapter.answers = [*pages, *pages]
    _, output = run(adapter, "parked")
    assert "exhausted" in output
    assert "civicloop department release" in output
    assert [asked[1] for asked in adapter.asked] == ["/v1/parked", f"/v1/parked?cursor={TASK}"]
    assert json.loads(run(adapter, "parked", "--json")[1]) == {"parked": [PARKED, PARKED]}


def test_an_empty_list_says_so(adapter: Adapter) -> None:
    """One line."""
    adapter.answer = {"parked": [], "next": None}
    assert run(adapter, "parked")[1] == "nothing is parked\n"


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("pause", "water", "--hours", "1"), PAUSED),
        (("resume", "water"), WATER),
        (("remove", "water", "--yes"), {"code": "water", "open_tasks": 0}),
        (("release", TASK), {"task_id": TASK, "state": "parked"}),
    ],
)
def test_programs_get_the_answer_as_it_is(
    adapter: Adapter, arguments: tuple[str, ...], answer: dict[str, object]
) -> None:
    """`--json`."""
    adapter.answer = answer
    assert json.loads(run(adapter, *arguments, "--json")[1]) == answer


@pytest.mark.parametrize("name", ["pause", "resume", "remove", "release", "parked", "add"])
def test_each_command_has_its_help_and_an_example(name: str) -> None:
    """Somebody who never used it can."""
    result = CliRunner().invoke(app, [name, "--help"])
    assert "Example: civicloop department" in " ".join(result.output.split())
