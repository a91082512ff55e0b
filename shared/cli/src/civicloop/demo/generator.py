"""The reports of a morning, drawn with a seed, and exactly what has to come of them. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import time
from itertools import count as count_up
from itertools import product
from math import floor
from random import Random
from typing import TYPE_CHECKING, Any, Final

from civicloop.demo.morning import owner_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from civicloop.demo.morning import Matter, Morning, Street

OUTSIDE: Final = "outside_jurisdiction"
UNKNOWN: Final = "unknown_matter"
LEAD: Final = "lead"
ASSIST: Final = "assist"
# About 2 km around the centre of the district.
SPREAD_DEGREES: Final = 0.02
# The sides of a cell, both more than 60 m at this latitude. Two reports of one matter have at least
# a whole cell between them, so that intake takes none for a duplicate of another.
CELL_DEGREES: Final = (0.0006, 0.00072)
# So many places in vain: the district is full of this matter, look a little farther.
TRIES_PER_SPREAD: Final = 50
# Shares of reporters. Source: assumption.
NARRATIVE_SHARE: Final = 0.8
CONTACT_SHARE: Final = 0.5
ENGLISH_SHARE: Final = 0.1
SATISFIED_SHARE: Final = 0.9
WORDS: Final = ("看到{name}，请处理。", "{street}这里有{name}，已经两天了。", "{name}，影响通行。")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeReport:
    """A report to send, and what has to come of it.

    ``reason`` is why it must be rejected, None when it must become a case with these ``tasks``
    (department, role). ``satisfied`` None: the reporter will not answer when called back.
    """

    number: int
    at: time
    body: Mapping[str, Any]
    title: str
    reason: str | None
    tasks: tuple[tuple[str, str], ...]
    satisfied: bool | None

    @property
    def channel(self) -> str:
        """How it comes in."""
        return str(self.body["channel"])


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What came, or has to come, of a morning; tasks are counted by department and role."""

    filed: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    tasks: Counter[tuple[str, str]] = field(default_factory=Counter)
    closed: Counter[str] = field(default_factory=Counter)


def make_reports(morning: Morning, count: int, seed: int) -> tuple[MadeReport, ...]:
    """Return the reports of a morning in the order of its minutes: the same for the same seed."""
    # Not for secrets: a seed has to give the same morning everywhere.
    chance = Random(seed)  # noqa: S311
    minutes = sorted(_minute(morning, chance) for _ in range(count))
    places = _Places(chance)
    return tuple(
        _report(morning, chance, places, number, at) for number, at in enumerate(minutes, start=1)
    )


def expected_outcome(reports: Iterable[MadeReport]) -> Outcome:
    """Return what has to come of *reports* once all is over."""
    outcome = Outcome()
    for report in reports:
        if report.reason is not None:
            outcome.rejected[report.reason] += 1
            continue
        outcome.filed += 1
        outcome.closed["solved"] += 1
        outcome.tasks.update(report.tasks)
    return outcome


def _minute(morning: Morning, chance: Random) -> time:
    hour = chance.choices(tuple(morning.hours), tuple(morning.hours.values()))[0]
    return time(hour, chance.randrange(60))


class _Places:
    """Draws places, none near one that the same matter has already."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._taken: set[tuple[str, int, int]] = set()

    def draw(self, matter: Mapping[str, Any], at: Sequence[float]) -> tuple[float, float]:
        """Return latitude and longitude somewhere around *at*."""
        key = f"{matter['standard_ref']}/{matter['kind']}/{matter['code']}"
        for tried in count_up():
            spread = SPREAD_DEGREES * (1 + tried // TRIES_PER_SPREAD)
            latitude, longitude = (
                round(degrees + self._chance.uniform(-spread, spread), 6) for degrees in at
            )
            row, column = floor(latitude / CELL_DEGREES[0]), floor(longitude / CELL_DEGREES[1])
            if self._is_free(key, row, column):
                break
        self._taken.add((key, row, column))
        return latitude, longitude

    def _is_free(self, key: str, row: int, column: int) -> bool:
        around = product((row - 1, row, row + 1), (column - 1, column, column + 1))
        return not any((key, *cell) in self._taken for cell in around)


def _report(morning: Morning, chance: Random, places: _Places, number: int, at: time) -> MadeReport:
    channel = chance.choices(tuple(morning.channels), tuple(morning.channels.values()))[0]
    street = chance.choices(morning.streets, [street.weight for street in morning.streets])[0]
    matter = _matter(morning, chance, channel)
    reason = _reason(morning, chance)
    about = morning.unknown_matter if reason == UNKNOWN else matter.key
    latitude, longitude = places.draw(about, street.at)
    here = {"division": street.code, "latitude": latitude, "longitude": longitude}
    body = {
        "channel": channel,
        "matter": dict(about),
        "place": {"division": morning.outside_division} if reason == OUTSIDE else here,
        **_words(chance, street, matter),
    }
    return MadeReport(
        number=number,
        at=at,
        body=body,
        title=f"{matter.name.zh} {matter.name.en} · {street.name.zh}",
        reason=reason,
        tasks=() if reason else _tasks(matter, street),
        satisfied=_satisfied(morning, chance, channel),
    )


def _matter(morning: Morning, chance: Random, channel: str) -> Matter:
    known = [matter for matter in morning.matters if channel in matter.channels]
    return chance.choices(known, [matter.channels[channel] for matter in known])[0]


def _reason(morning: Morning, chance: Random) -> str | None:
    drawn = chance.randrange(1000)
    if drawn < morning.outside_per_mille:
        return OUTSIDE
    return UNKNOWN if drawn < morning.outside_per_mille + morning.unknown_per_mille else None


def _words(chance: Random, street: Street, matter: Matter) -> dict[str, Any]:
    words: dict[str, Any] = {}
    text = chance.choice(WORDS).format(name=matter.name.zh, street=street.name.zh)
    if chance.random() < NARRATIVE_SHARE:
        words["narrative"] = text
    # Numbers that nobody can have: the exchange code begins with 0.
    phone = f"+86 371 0{chance.randrange(10**3):03d} {chance.randrange(10**4):04d}"
    language = "en" if chance.random() < ENGLISH_SHARE else "zh-CN"
    if chance.random() < CONTACT_SHARE:
        words["contact"] = {"phone": phone, "language": language}
    return words


def _tasks(matter: Matter, street: Street) -> tuple[tuple[str, str], ...]:
    lead = owner_here(matter.lead, street)
    assists = {owner_here(owner, street): None for owner, _ in matter.assists}
    return ((lead, LEAD), *((owner, ASSIST) for owner in assists if owner != lead))


def _satisfied(morning: Morning, chance: Random, channel: str) -> bool | None:
    answers, satisfied = chance.random(), chance.random()
    return satisfied < SATISFIED_SHARE if answers < morning.answers[channel] else None
