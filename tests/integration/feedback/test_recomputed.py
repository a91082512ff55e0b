"""What the read model counts is what anybody counts who has nothing but the facts."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.integration.feedback.histories import City
from tests.integration.feedback.reading import clear, count
from tests.integration.feedback.recount import ratios, recount
from tests.unit.feedback.telling import at

from civicloop.audit.findings import Findings
from civicloop.audit.lifecycle import Lifecycle
from civicloop_kit.postgres import Database
from feedback.domain.indicators import COUNTS, ratios_of
from feedback.ports import GroupBy
from feedback.store.postgres import write_effects

SEEDS = st.integers(0, 2**32 - 1)


def lived(seed: int, cases: int, steps: int) -> City:
    """Return a city after its history."""
    city = City(seed, cases)
    city.live(steps)
    return city


@given(seed=SEEDS, cases=st.integers(1, 5), steps=st.integers(0, 400), wait=st.integers(0, 30))
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_the_indicators_are_those_of_the_facts(
    database: Database, seed: int, cases: int, steps: int, wait: int
) -> None:
    """Every count and every ratio, of all and of each group, whatever happened in what order."""
    city = lived(seed, cases, steps)
    await clear(database)
    async with database.transaction() as connection:
        effects = [effect for case in city.cases for effect in case.bench.effects]
        await write_effects(connection, effects)
    now = at(city.hours) + timedelta(hours=wait)
    for by in GroupBy:
        wanted = recount([case.facts for case in city.cases], by.value, now)
        found = await count(database, by, now=now)
        assert {c.group for c in found if not c.total} == set(wanted.groups)
        for counts in found:
            expected = wanted.total if counts.total else wanted.groups[counts.group]
            assert counts.values == {name: expected[name] for name in COUNTS}
            shown = {
                key: (ratio.numerator, ratio.denominator)
                for key, ratio in ratios_of(counts).items()
            }
            assert shown == ratios(expected)


@given(seed=SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_histories_are_legal(seed: int) -> None:
    """The auditor finds nothing in them."""
    city = lived(seed, 2, 250)
    findings = Findings()
    for case in city.cases:
        lifecycle = Lifecycle(case_id=case.model.case_id)
        for source, facts in case.facts.items():
            for fact in facts:
                lifecycle.fold(fact, source, findings, settled=True)
        lifecycle.close(findings, must_be_ended=False)
        assert case.bench.held == []
    assert sorted(findings.violations) == []


def test_everything_that_is_counted_happens_in_them() -> None:
    """No number is equal only because it is never more than nothing."""
    seen: Counter[str] = Counter()
    for seed in range(40):
        # Some are left in the middle, some go on to their end.
        city = lived(seed, 3, 10 * seed)
        facts = [case.facts for case in city.cases]
        seen += recount(facts, "department", at(city.hours)).total
    assert {name for name in COUNTS if not seen[name]} == set()


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_is_the_same_history(seed: int) -> None:
    """A failure can be looked at again."""
    first, second = (lived(seed, 2, 150) for _ in range(2))
    assert [case.facts for case in first.cases] == [case.facts for case in second.cases]
