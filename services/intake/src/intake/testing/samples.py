"""Rules and a report that fit together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from intake.domain.duplicates import OFF, Nearness
from intake.domain.filing import Entry, Jurisdiction, MatterRegistry
from intake.domain.model import MatterKind, PlaceClass
from intake.handlers import FilingRules

NOW: Final = datetime(2026, 5, 9, 8, 0, tzinfo=UTC)
STANDARD: Final = "gbt-47678.5-2026"
PUBLIC_CODE: Final = "01002"
PREMISES_CODE: Final = "06027"
SUBJECT_KEY: Final = b"k" * 32
NEAR: Final = Nearness(within_m=50, within=timedelta(days=1))


def sample_rules(nearness: Nearness = OFF) -> FilingRules:
    """Return rules that know one public matter, one on premises, and a foreign standard."""
    entries = {
        (STANDARD, MatterKind.MATTER, PUBLIC_CODE): Entry(place_class=PlaceClass.PUBLIC),
        (STANDARD, MatterKind.MATTER, PREMISES_CODE): Entry(place_class=PlaceClass.PREMISES),
        ("abroad", MatterKind.MATTER, "*"): Entry(place_class=PlaceClass.PUBLIC, within="99"),
        ("abroad", MatterKind.MATTER, "16*"): Entry(place_class=PlaceClass.PREMISES, within="99"),
    }
    return FilingRules(
        jurisdiction=Jurisdiction(prefix="4101"),
        matters=MatterRegistry(version="test", entries=entries),
        nearness=nearness,
    )


def sample_body(**changes: Any) -> dict[str, Any]:
    """Return the JSON of a report that is filed, with *changes* to its top level."""
    body = {
        "channel": "snap",
        "matter": {"standard_ref": STANDARD, "kind": "matter", "code": PUBLIC_CODE},
        "place": {"division": "410105001", "latitude": 34.7871, "longitude": 113.6812},
        "narrative": "井盖不见了",
        "contact": {"name": "王小明", "phone": "+86 371 0000 0000", "language": "zh-CN"},
    }
    return {**body, **changes}
