"""Each wait is longer than the last, up to a bound."""

from tests.unit.civicloop_kit.hurried import hurried, seconds

from civicloop_kit.backoff import Backoff


def waits(backoff: Backoff, count: int) -> list[float]:
    """Return how long the next waits last."""

    async def wait() -> list[float]:
        found = []
        for _ in range(count):
            before = seconds()
            await backoff.wait()
            found.append(round(seconds() - before, 6))
        return found

    return hurried(wait())


def test_waits_double_up_to_the_longest() -> None:
    """From a twentieth of a second to two seconds."""
    assert waits(Backoff(), 8) == [0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 2, 2]


def test_after_a_success_it_starts_over() -> None:
    """The next failure is another one."""
    backoff = Backoff(1, 3)
    assert waits(backoff, 3) == [1, 2, 3]
    backoff.reset()
    assert waits(backoff, 2) == [1, 2]
