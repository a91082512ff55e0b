"""The acts of the storm: one case each, who does what when, and exactly what has to come. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import TYPE_CHECKING, Any, Final

import yaml

from civicloop.demo.morning import Name, load_morning
from civicloop_contracts.facts import FACTS
from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STORM: Final = "storm"
MORNING: Final = "morning"
STANDARD: Final = "demo"
# How often these come depends on the moment; all others are counted exactly, unlisted ones as none.
INDIFFERENT: Final = frozenset(
    {
        "TaskDelivered",
        "TaskAcknowledged",
        "TaskProgressed",
        "VerificationRequested",
        "CaseVerified",
        "SatisfactionRecorded",
        "Remarked",
    }
)
# About 2 km around the centre of the district: two runs on one stack do not meet.
SPREAD_DEGREES: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """When the ``nth`` fact of a kind is read, somebody does something."""

    when: str
    do: str
    nth: int = 1
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One case of the storm; ``expect`` counts its facts by kind."""

    name: str
    title: Name
    channel: str
    matter: str
    street: str
    reactions: tuple[Reaction, ...]
    expect: Mapping[str, int]

    def reaction(self, fact: str, nth: int) -> Reaction | None:
        """Return what somebody does about the *nth* fact of a kind, if anything."""
        found = (r for r in self.reactions if (r.when, r.nth) == (fact, nth))
        return next(found, None)

    def report(self, run: str) -> Mapping[str, Any]:
        """Return its first report, at a place of this run."""
        # Not for secrets: one run has one place, however often it asks.
        chance = Random(f"{run}/{self.name}")  # noqa: S311
        street = next(street for street in load_morning().streets if street.code == self.street)
        latitude, longitude = (
            round(degrees + chance.uniform(-SPREAD_DEGREES, SPREAD_DEGREES), 6)
            for degrees in street.at
        )
        return {
            "channel": self.channel,
            "matter": {"standard_ref": STANDARD, "kind": "matter", "code": self.matter},
            "place": {"division": street.code, "latitude": latitude, "longitude": longitude},
            "narrative": f"{self.title.zh}。",
            "contact": {"phone": f"+86 371 0000 {chance.randrange(10**4):04d}"},
        }


@cache
def load_acts() -> tuple[Act, ...]:
    """Return all acts that this version ships."""
    rows = yaml.safe_load((files(__package__) / "data" / "acts.yaml").read_text("utf-8"))
    return tuple(_act(row) for row in rows)


def scenarios() -> tuple[str, ...]:
    """Return what can be played: everything, the plain morning, or one act."""
    joined = _joined(load_acts())
    return (STORM, MORNING, *(act.name for act in load_acts() if act.name not in joined))


def acts_of(scenario: str) -> tuple[Act, ...]:
    """Return the acts of a scenario; a case that another one joins comes with it.

    Raises:
        StackError: There is no such scenario.
    """
    if scenario not in scenarios():
        raise StackError(f"no scenario {scenario}: choose from {', '.join(scenarios())}")
    if scenario == STORM:
        return load_acts()
    alone = tuple(act for act in load_acts() if act.name == scenario)
    return (*alone, *(act for act in load_acts() if act.name in _joined(alone)))


def expected_facts(acts: Iterable[Act]) -> Counter[tuple[str, str]]:
    """Return how many facts of each kind have to come, by act; what it does not list must not."""
    counted = [fact.__name__ for fact in FACTS if fact.__name__ not in INDIFFERENT]
    return Counter(
        {
            (act.name, fact): act.expect.get(fact, 0)
            for act in acts
            for fact in dict.fromkeys([*act.expect, *counted])
        }
    )


def _joined(acts: Iterable[Act]) -> frozenset[str]:
    """Return the acts whose case another one joins: they are nothing alone."""
    reactions = (reaction for act in acts for reaction in act.reactions)
    return frozenset(r.details["into"] for r in reactions if "into" in r.details)


def _act(row: Mapping[str, Any]) -> Act:
    return Act(
        name=row["name"],
        title=Name(**row["title"]),
        channel=row["channel"],
        matter=row["matter"],
        street=row["street"],
        reactions=tuple(_reaction(reaction) for reaction in row["reactions"]),
        expect=row["expect"],
    )


def _reaction(row: Mapping[str, Any]) -> Reaction:
    return Reaction(
        when=row["when"], do=row["do"], nth=row.get("nth", 1), details=row.get("with", {})
    )
