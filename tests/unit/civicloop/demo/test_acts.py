"""The acts of the storm: complete as data, and each a scenario of its own."""

import pytest
import yaml

from civicloop.demo.acts import (
    MORNING,
    STORM,
    Act,
    acts_of,
    expected_facts,
    load_acts,
    scenarios,
)
from civicloop.demo.departments import PLAN
from civicloop.simulator.script import read_script
from civicloop_contracts.facts import FACTS
from civicloop_local.errors import StackError

NAMES = {fact.__name__ for fact in FACTS}


@pytest.mark.parametrize("act", load_acts(), ids=lambda act: act.name)
def test_every_act_speaks_of_facts_that_exist(act: Act) -> None:
    """A misspelt fact would be waited for until the demo gives up."""
    told = {reaction.when for reaction in act.reactions} | set(act.expect)
    assert told <= NAMES


@pytest.mark.parametrize("act", load_acts(), ids=lambda act: act.name)
def test_an_act_has_one_place_per_run(act: Act) -> None:
    """Its second report is a duplicate, and two runs do not meet."""
    here = act.report("a")["place"]
    assert act.report("a")["place"] == here
    assert act.report("b")["place"] != here


def test_each_scenario_is_everything_nothing_or_one_act() -> None:
    """A case that another one joins comes with it and is no scenario of its own."""
    assert acts_of(STORM) == load_acts()
    assert acts_of(MORNING) == ()
    assert [act.name for act in acts_of("dispute")] == ["dispute"]
    assert [act.name for act in acts_of("merge")] == ["merge", "survivor"]
    assert "survivor" not in scenarios()


def test_an_unknown_scenario_is_named_with_those_that_there_are() -> None:
    """Whoever mistypes one sees what can be played."""
    with pytest.raises(StackError, match=r"no scenario sunshine: choose from storm, morning, "):
        acts_of("sunshine")


def test_expected_facts_are_counted_by_act() -> None:
    """What must not come is expected, too: none of it."""
    wanted = expected_facts(acts_of("returned"))
    assert wanted["returned", "TaskReturned"] == 1
    assert ("returned", "DisputeOpened") in wanted
    assert wanted["returned", "DisputeOpened"] == 0
    assert ("returned", "TaskProgressed") not in wanted


def test_departments_have_a_plan_for_matters_of_the_storm_only() -> None:
    """The script reads, and no rule is for a matter that no act reports."""
    script = read_script(PLAN)
    reported = {act.matter for act in load_acts()}
    assert {rule.matter for rule in script.rules} <= reported
    assert yaml.safe_load(PLAN.read_text())["down"].keys() == {"flood-control"}
