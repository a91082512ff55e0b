"""The bench's load: every report is a case of its own, also in the load after it."""

from itertools import combinations
from math import dist
from typing import Any

import orjson
from tests.bench.reports import DEPARTMENT_BY_CODE, batches, reports

COUNT = 600


def test_no_report_of_the_load_is_a_duplicate_of_another() -> None:
    """Intake takes what is within 50 m for the same; the warm-up goes into the same tables."""
    lines: list[dict[str, Any]] = [*reports(COUNT)]
    for body in batches(COUNT):
        lines += orjson.loads(body)["lines"]
    assert len(lines) == 2 * COUNT
    spots: dict[str, list[tuple[float, float]]] = {code: [] for code in DEPARTMENT_BY_CODE}
    for line in lines:
        place = line["report"]["place"]
        found = (place["latitude"] * 111_195, place["longitude"] * 91_000)
        spots[line["report"]["matter"]["code"]].append(found)
    nearest = min(
        dist(one, other) for found in spots.values() for one, other in combinations(found, 2)
    )
    assert nearest > 60
