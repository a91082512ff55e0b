"""Readiness: every check is asked, and what is wrong is told by name."""

from civicloop_kit.health import Check, Health


def says(answer: str | None) -> Check:
    """Return a check with that answer."""

    async def check() -> str | None:
        return answer

    return check


async def test_only_faults_are_told() -> None:
    """By the name of their check."""
    health = Health()
    health.add("database", says(None))
    health.add("stream", says("no partitions yet"))
    health.add("relay", says("MisconfiguredError"))
    assert await health.faults() == {"stream": "no partitions yet", "relay": "MisconfiguredError"}


async def test_a_later_check_replaces_one_of_its_name() -> None:
    """So that a part can be asked anew."""
    health = Health()
    health.add("database", says("no answer"))
    health.add("database", says(None))
    assert await health.faults() == {}
