"""The terms under which a case was filed: what no later version of the rules changes."""

from dataclasses import dataclass
from datetime import datetime

from router.domain.calendar import Limit
from router.domain.parts import Matter, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The two limits of a filing condition (立案条件)."""

    response: Limit
    resolution: Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The policy of a case, frozen when it was planned at ``planned_at``.

    ``matter`` names the filing condition that counts, ``place`` is as exact as its class allows.
    ``limits`` None: the source system set the clock, ``external_due_at``, or None for no clock.
    ``returnable``: its departments may return tasks; those of an imported history do not answer.
    """

    channel: str
    matter: Matter
    place: Place
    limits: Limits | None
    external_due_at: datetime | None
    planned_at: datetime
    returnable: bool
    catalog_version: str
    calendar_version: str
