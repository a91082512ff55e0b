"""What a morning is drawn from: channels, hours, streets, matters and who gets them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

HERE: Final = "@subdistrict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """The same in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Somebody who gets tasks."""

    code: str
    name: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Street:
    """A subdistrict (街道); ``at`` is latitude and longitude of its district's centre."""

    code: str
    name: Name
    weight: int
    at: tuple[float, float]

    @property
    def department(self) -> Department:
        """Its government (街道办)."""
        name = Name(zh=f"{self.name.zh}办事处", en=f"{self.name.en} Subdistrict Office")
        return Department(code=f"subdistrict-{self.code}", name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What can be reported. ``lead`` and ``assists`` may be `@subdistrict`; assists: required?"""

    key: Mapping[str, str]
    name: Name
    lead: str
    assists: tuple[tuple[str, bool], ...]
    channels: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """Everything that reports are drawn from."""

    channels: Mapping[str, int]
    answers: Mapping[str, float]
    hours: Mapping[int, int]
    outside_per_mille: int
    unknown_per_mille: int
    outside_division: str
    unknown_matter: Mapping[str, str]
    line_departments: tuple[Department, ...]
    streets: tuple[Street, ...]
    matters: tuple[Matter, ...]

    @property
    def departments(self) -> tuple[Department, ...]:
        """Everybody who may get a task."""
        return (*self.line_departments, *(street.department for street in self.streets))


@cache
def load_morning() -> Morning:
    """Return the morning that this version ships."""
    data = yaml.safe_load((files(__package__) / "data" / "morning.yaml").read_text("utf-8"))
    return Morning(
        channels=data["channels"],
        answers=data["answers"],
        hours=data["hours"],
        outside_per_mille=data["outside_per_mille"],
        unknown_per_mille=data["unknown_per_mille"],
        outside_division=data["outside_division"],
        unknown_matter=data["unknown_matter"],
        line_departments=tuple(
            Department(code=row["code"], name=Name(**row["name"])) for row in data["departments"]
        ),
        streets=tuple(_street(row) for row in data["streets"]),
        matters=tuple(_matter(row) for row in data["matters"]),
    )


def owner_here(owner: str, street: Street) -> str:
    """Return the department that an owner stands for in a street."""
    return street.department.code if owner == HERE else owner


def _street(row: Mapping[str, Any]) -> Street:
    return Street(
        code=row["code"],
        name=Name(**row["name"]),
        weight=row["weight"],
        at=(row["at"][0], row["at"][1]),
    )


def _matter(row: Mapping[str, Any]) -> Matter:
    tasks = row["tasks"]
    return Matter(
        key=row["matter"],
        name=Name(**row["name"]),
        lead=tasks["lead"],
        assists=tuple((assist["department"], assist["required"]) for assist in tasks["assists"]),
        channels=row["channels"],
    )
