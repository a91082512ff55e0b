"""Timers at the edges: a limit that nobody had time to keep."""

from datetime import timedelta

from tests.unit.router.domain.story import FileCase, Router, T, names

from router.domain.parts import ExternalClock


def test_a_deadline_that_had_passed_before_blames_no_department(
    router: Router, file_case: FileCase
) -> None:
    """Nobody could fetch the tasks in time: the case climbs, and nothing is disputed."""
    router.read(file_case(clock=ExternalClock(due_at=T - timedelta(hours=8))))
    assert set(names(router.wake_up(T))) == {"CaseEscalated"}


def test_a_deadline_at_the_very_moment_leaves_no_time_either(
    router: Router, file_case: FileCase
) -> None:
    """What is due when it is given out has not been left lying."""
    router.read(file_case(clock=ExternalClock(due_at=T)))
    assert set(names(router.wake_up(T))) == {"CaseEscalated"}
