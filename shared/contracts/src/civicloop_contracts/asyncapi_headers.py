"""What the Kafka headers of a record hold, as JSON Schema; on the wire each is UTF-8 text."""

from collections.abc import Mapping
from typing import Any, Final

from civicloop_contracts.envelope import CONTENT_TYPE, SPEC_VERSION
from civicloop_contracts.snapshot import SNAPSHOT_SOURCE, SNAPSHOT_TYPE

FACT_HEADERS: Final = "FactHeaders"
SNAPSHOT_HEADERS: Final = "SnapshotHeaders"
_CASE: Final = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NUMBER: Final = "[1-9][0-9]{0,8}"
_SHARED: Final[Mapping[str, Mapping[str, Any]]] = {
    "ce_specversion": {"const": SPEC_VERSION, "description": "Version of CloudEvents."},
    "ce_source": {
        "type": "string",
        "pattern": "^/[a-z0-9/-]{1,60}$",
        "description": "Who says it: stands for the topic.",
    },
    "ce_type": {
        "type": "string",
        "pattern": r"^civicloop(\.[a-z-]+){2}\.v[0-9]+$",
        "description": "What it is, ending in its version: what breaks readers is another type.",
    },
    "content-type": {"const": CONTENT_TYPE, "description": "Of the value."},
    "traceparent": {
        "type": "string",
        "pattern": "^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$",
        "description": "The trace that the case belongs to (W3C), where there is one.",
    },
}
_FACT_ONLY: Final[Mapping[str, Mapping[str, Any]]] = {
    "ce_id": {
        "type": "string",
        "pattern": f"^/[a-z0-9/-]{{1,60}}:{_CASE}:{_NUMBER}$",
        "description": "`<source>:<case id>:<sequence>`; the same fact always has the same.",
    },
    "ce_time": {
        "type": "string",
        "format": "date-time",
        "description": "When the fact was recorded.",
    },
    "ce_subject": {"type": "string", "format": "uuid", "description": "The case id."},
    "ce_sequence": {
        "type": "string",
        "pattern": f"^{_NUMBER}$",
        "description": "Counts 1, 2, 3 … per case and source, without a hole.",
    },
}
_SNAPSHOT_ONLY: Final[Mapping[str, Mapping[str, Any]]] = {
    "ce_id": {
        "type": "string",
        "pattern": f"^{SNAPSHOT_SOURCE}:{_CASE}:{_NUMBER}$",
        "description": "`<source>:<case id>:<version>`.",
    },
}


def _group(own: Mapping[str, Mapping[str, Any]], told: str) -> Mapping[str, Any]:
    properties = {**_SHARED, **own}
    return {
        "type": "object",
        "description": told,
        "properties": dict(sorted(properties.items())),
        "required": sorted(properties.keys() - {"traceparent"}),
    }


HEADER_SCHEMAS: Final[Mapping[str, Any]] = {
    FACT_HEADERS: _group(_FACT_ONLY, "Headers of a fact. Skip those that you do not know."),
    SNAPSHOT_HEADERS: _group(
        _SNAPSHOT_ONLY, "Headers of a snapshot, which is state and has no sequence."
    ),
}


def headers_schema(event_type: str, sources: list[str | None]) -> Mapping[str, Any]:
    """Return the headers of one type, which comes from one of *sources*."""
    group = SNAPSHOT_HEADERS if event_type == SNAPSHOT_TYPE else FACT_HEADERS
    own = {
        "ce_type": {"const": event_type},
        "ce_source": {"enum": [source or SNAPSHOT_SOURCE for source in sources]},
    }
    return {
        "type": "object",
        "allOf": [{"$ref": f"#/components/schemas/{group}"}, {"properties": own}],
    }
