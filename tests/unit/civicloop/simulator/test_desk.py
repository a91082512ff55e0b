"""Deliveries are applied once."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from civicloop.simulator.desk import Desk, Took

TASK = UUID(int=1)
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def desk() -> Desk:
    """Return an empty desk."""
    return Desk(lambda: NOW)


def delivery(kind: str = "dispatched", number: int = 1) -> dict[str, Any]:
    """Return what a department gets."""
    noun = "dispatch" if kind == "dispatched" else "cancellation"
    return {
        "type": f"task.{kind}",
        "delivery_id": f"{TASK}/{noun}/{number}",
        "task_id": str(TASK),
        "department": "water",
        "role": "lead",
        "narrative": {"state": "text", "text": "王小明 13800000000"},
    }


def events(entries: Any) -> list[str]:
    """Return what is written down."""
    return [entry["event"] for entry in entries]


def test_a_new_delivery_is_received_and_applied() -> None:
    """And there is work to do."""
    city = desk()
    took, entries = city.take(delivery(), "d")
    assert (took, events(entries)) == (Took.NEW, ["received", "applied"])
    work = city.work(TASK)
    assert work is not None
    assert (work.department, work.role) == ("water", "lead")


def test_a_repeat_is_received_only() -> None:
    """At least once, applied once."""
    city = desk()
    city.take(delivery(), "d")
    assert events(city.take(delivery(), "d")[1]) == ["received"]


def test_a_cancellation_ends_the_work() -> None:
    """It is applied itself, once."""
    city = desk()
    city.take(delivery(), "d")
    took, entries = city.take(delivery("cancelled", 2), "d")
    assert (took, events(entries)) == (Took.NEW, ["received", "applied"])
    assert city.work(TASK) is None


def test_after_a_cancellation_the_task_is_ignored() -> None:
    """A dispatch that was overtaken begins no work."""
    city = desk()
    city.take(delivery("cancelled", 2), "d")
    took, entries = city.take(delivery(), "d")
    assert (took, events(entries)) == (Took.LATE, ["ignored"])
    assert city.work(TASK) is None


def test_a_sample_is_no_delivery() -> None:
    """The test of a webhook leaves no work and no application."""
    sample = {"type": "task.test", "delivery_id": "x/test/1", "department": "water"}
    took, entries = desk().take(sample, "d")
    assert (took, events(entries)) == (Took.SAMPLE, ["sample"])


def test_no_persons_words_are_written_down() -> None:
    """A narrative never enters the journal."""
    city = desk()
    _, entries = city.take(delivery(), "d")
    assert "王小明" not in str(entries)


def test_a_restart_goes_on_where_the_journal_ends() -> None:
    """Known deliveries stay known, open work open, done work done."""
    city = desk()
    _, entries = city.take(delivery(), "d")
    again = desk()
    again.recall(entries)
    assert [work.task_id for work in again.open_work()] == [TASK]
    assert again.take(delivery(), "d")[0] is Took.REPEAT
    done = {"event": "answered", "task_id": str(TASK), "final": True}
    finished = desk()
    finished.recall([*entries, done])
    assert finished.open_work() == ()


def test_what_did_not_reach_the_disk_did_not_happen() -> None:
    """The sender tries again and is new again."""
    city = desk()
    for kind in ("dispatched", "cancelled"):
        city.take(delivery(kind), "d")
        city.undo(delivery(kind))
    assert city.take(delivery(), "d")[0] is Took.NEW


def notice(kind: str = "reminded", number: int = 5) -> dict[str, Any]:
    """Return something that is told about the task."""
    return {
        "type": f"task.{kind}",
        "delivery_id": f"{TASK}/reminder/{number}",
        "task_id": str(TASK),
        "department": "water",
        "narrative": {"state": "text", "text": "王小明 13800000000"},
    }


def test_a_notice_is_applied_once_and_changes_nothing_to_do() -> None:
    """Before its task, it makes none."""
    city = desk()
    assert events(city.take(notice(), "d")[1]) == ["received", "applied"]
    assert city.work(TASK) is None
    city.take(delivery(), "d")
    took, entries = city.take(notice(), "d")
    assert (took, events(entries)) == (Took.REPEAT, ["received"])
    assert city.work(TASK) is not None
    assert "王小明" not in str(entries)


def test_a_notice_of_a_cancelled_task_is_ignored() -> None:
    """Whatever it says."""
    city = desk()
    city.take(delivery("cancelled", 2), "d")
    assert events(city.take(notice(), "d")[1]) == ["ignored"]


def test_a_notice_that_did_not_reach_the_disk_leaves_the_work() -> None:
    """It is new again when it comes again."""
    city = desk()
    city.take(delivery(), "d")
    city.take(notice(), "d")
    city.undo(notice())
    assert city.work(TASK) is not None
    assert city.take(notice(), "d")[0] is Took.NEW


def test_what_a_plan_needs_survives_a_restart() -> None:
    """Matter, attempt, and when it came; a journal of an older release says less."""
    city, again, old = desk(), desk(), desk()
    body = {**delivery(), "matter": {"standard_ref": "demo", "code": "00002"}, "attempt": 3}
    _, entries = city.take(body, "d")
    again.recall(entries)
    assert again.work(TASK) == city.work(TASK)
    work = again.work(TASK)
    assert work is not None
    assert (work.matter, work.attempt, work.came_at) == ("00002", 3, NOW)
    newer = ("matter", "attempt")
    old.recall({k: v for k, v in entry.items() if k not in newer} for entry in entries)
    older = old.work(TASK)
    assert older is not None
    assert (older.matter, older.attempt) == ("", 1)


def test_a_notice_recalled_makes_no_work() -> None:
    """Nor does it end any."""
    city, again = desk(), desk()
    entries = [*city.take(delivery(), "d")[1], *city.take(notice(), "d")[1]]
    again.recall(entries)
    assert [work.task_id for work in again.open_work()] == [TASK]
    assert again.take(notice(), "d")[0] is Took.REPEAT
