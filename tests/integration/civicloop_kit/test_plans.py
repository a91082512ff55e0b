"""A queue is emptied row by row, also where the planner takes it for empty."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.integration.civicloop_kit.world import World

from civicloop_kit.postgres import load_queries

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
ROWS = 400
# What a statement may look at per row: itself, its index entry, its lock, its way up the plan.
LOOKS_PER_ROW = 12
QUERIES = load_queries("civicloop_kit")
IDS = [uuid4() for _ in range(ROWS)]
FILLED = {
    "outbox": """
        INSERT INTO outbox (source, case_id, seq, shard, topic, type, value, recorded_at)
        SELECT '/x', id, 1, 0, 't', 'y', repeat('x', 700)::bytea, now()
        FROM unnest($1::uuid[]) AS id
    """,
    "snapshots": """
        INSERT INTO snapshots (case_id, version) SELECT id, 1 FROM unnest($1::uuid[]) AS id
    """,
    "jobs": """
        INSERT INTO jobs (
            job_id, queue, lane, ordinal, case_id, payload, due_at, attempts, claim_no
        )
        SELECT id::text, 'water', id, 1, id, '{}', '2026-03-01', 0, 0 FROM unnest($1::uuid[]) AS id
    """,
}
STATEMENTS: dict[str, tuple[str, tuple[Any, ...]]] = {
    "delete_sent": ("outbox", (IDS, ["/x"] * ROWS, [1] * ROWS)),
    "delete_snapshots": ("snapshots", (IDS, [1] * ROWS)),
    "finish_jobs": ("jobs", ([str(id_) for id_ in IDS], [0] * ROWS)),
    "claim_jobs": ("jobs", (["water"], [ROWS], NOW, "me", NOW + timedelta(minutes=1))),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_each_row_is_found_by_its_key(world: World, name: str) -> None:
    """Analysed while it was empty, then filled: no statement compares all rows with all."""
    table, arguments = STATEMENTS[name]
    await world.execute_as_owner(f"ANALYZE {table}")
    await world.execute(FILLED[table], IDS)
    (row,) = await world.rows(
        f"EXPLAIN (ANALYZE, TIMING off, FORMAT json) {QUERIES[name]}", *arguments
    )
    (plan,) = json.loads(row[0])
    looks = sum(_looks(node) for node in _nodes(plan["Plan"]))
    assert ROWS <= looks <= ROWS * LOOKS_PER_ROW
    (left,) = await world.rows(f"SELECT count(*) FROM {table}")  # noqa: S608 -- a name from above
    assert left["count"] == (ROWS if name == "claim_jobs" else 0)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _looks(node: dict[str, Any]) -> float:
    removed = ("Rows Removed by Filter", "Rows Removed by Join Filter")
    seen = node["Actual Rows"] + sum(node.get(key, 0) for key in removed)
    return float(seen * node["Actual Loops"])
