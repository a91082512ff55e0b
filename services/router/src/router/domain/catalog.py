"""The catalog of matters: what can be filed, how fast it must be answered, who leads by default."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from router.domain.errors import NoSuchMatterError
from router.domain.parts import MatterKey, Precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from router.domain.calendar import Limit
    from router.domain.territory import Tier


class PlaceClass(StrEnum):
    """Public space may be told exactly; premises are somebody's, so only coarsely."""

    PUBLIC_SPACE = "public_space"
    PREMISES = "premises"

    @property
    def precision(self) -> Precision:
        """The precision that facts may tell."""
        return Precision.EXACT if self is PlaceClass.PUBLIC_SPACE else Precision.COARSE


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingCondition:
    """A filing condition (立案条件) and its two limits: first answer, and resolution."""

    code: str
    name_zh: str
    name_en: str
    response: Limit
    resolution: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogEntry:
    """A matter or component. ``source`` marks how far its limits can be trusted."""

    key: MatterKey
    name_zh: str
    name_en: str
    place: PlaceClass
    source: str
    conditions: tuple[FilingCondition, ...]
    default: FilingCondition

    @property
    def class_code(self) -> str:
        """Its class (大类): the first two digits of its code."""
        return self.key.code[:2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalog:
    """One version of the catalog.

    ``return_window`` is how long after dispatch a task may be returned, ``dispute_limit`` how long
    a conference may take (continuous), ``unlisted`` stands in for a matter without an entry.
    ``default_lead`` names an owner for every tier. A department is reminded when
    ``reminder_share`` of a limit is left; ``major_reporters`` make a case a major one.
    """

    version: str
    entries: Mapping[MatterKey, CatalogEntry]
    return_window: Limit
    dispute_limit: Limit
    unlisted: FilingCondition
    default_lead: Mapping[Tier, str]
    reminder_share: float
    major_reporters: int


def find_entry(key: MatterKey, catalog: Catalog) -> CatalogEntry:
    """Return the entry under *key*.

    Raises:
        NoSuchMatterError: There is none.
    """
    entry = catalog.entries.get(key)
    if entry is None:
        message = f"the catalog {catalog.version} has no entry {key}"
        raise NoSuchMatterError(message)
    return entry


def choose_condition(entry: CatalogEntry, code: str | None) -> FilingCondition:
    """Return the filing condition *code*, or the default where none or an unknown one is named."""
    return next((c for c in entry.conditions if c.code == code), entry.default)
