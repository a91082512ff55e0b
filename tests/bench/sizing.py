"""What a case takes on disk: `python -m tests.bench.sizing`.

Plays the demo's morning on a stack of its own and looks at it before and after: the segments of
each topic in Kafka, every table of each database with its indexes. Prints the tables of
docs/reference/sizing.md.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import psycopg

from civicloop.demo.run import SHORT_WINDOWS
from civicloop_local import control
from civicloop_local.assembly import databases_of
from civicloop_local.credentials import SUPERUSER, load_credentials
from civicloop_local.layout import Layout, default_layout
from civicloop_local.ports import recorded_ports
from civicloop_local.servers import local_servers
from civicloop_local.services import DATABASES, KEYRING_DATABASE

# At most so much per case is summed up in one row.
SMALL_BYTES: Final = 8
DEMO_WITHIN_S: Final = 900
KAFKA_OWN: Final = "__"
TABLES: Final = """
SELECT relname, pg_total_relation_size(c.oid), pg_indexes_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND n.nspname = 'public' AND relname !~ 'yoyo'
"""

# Bytes by place and name; the second number is that of indexes.
Sizes = dict[tuple[str, str], tuple[int, int]]


class DemoFailedError(Exception):
    """The demo did not end, or its audit is not clean; what it left is not measured."""


def main() -> None:
    """Measure and print."""
    options = _options()
    home = Path(tempfile.mkdtemp(prefix="civicloop-"))
    layout = Layout(home=home, cache=default_layout().cache)
    try:
        os.environ.update(SHORT_WINDOWS)
        control.up(layout)
        before = _sizes(layout)
        result = _play(layout, options.reports)
        # What was deleted from tables is free for reuse: it is part of what a running city needs.
        after = _sizes(layout)
    finally:
        control.down(layout)
        shutil.rmtree(home, ignore_errors=True)
    print(_text(before, after, result))


def _play(layout: Layout, reports: int) -> dict[str, Any]:
    """Play the morning on the running stack.

    On a slow machine limits of seconds pass that would not elsewhere: a fact more here and there
    changes no size, so its outcome is not judged.

    Raises:
        DemoFailedError: It does not end, or something was lost.
    """
    environment = os.environ | {
        "CIVICLOOP_HOME": str(layout.home),
        "CIVICLOOP_CACHE": str(layout.cache),
    }
    command = [sys.executable, "-m", "civicloop", "demo", "--reports", str(reports), "--json"]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=DEMO_WITHIN_S,
    )
    found: dict[str, Any] = json.loads((done.stdout.splitlines() or ["{}"])[-1])
    if not found.get("audit", {}).get("clean"):
        raise DemoFailedError(f"{DemoFailedError.__doc__} {done.stderr[-2_000:]}")
    return found


def _sizes(layout: Layout) -> Sizes:
    return _topic_sizes(layout.data("kafka")) | _table_sizes(layout)


def _topic_sizes(folder: Path) -> Sizes:
    """Return the bytes of each topic's segments; indexes are made for more than they hold."""
    found: Sizes = {}
    for segment in folder.glob("**/*.log"):
        topic = segment.parent.name.rpartition("-")[0]
        if topic and not topic.startswith(KAFKA_OWN):
            bytes_, _ = found.get(("kafka", topic), (0, 0))
            found["kafka", topic] = (bytes_ + segment.stat().st_size, 0)
    return found


def _table_sizes(layout: Layout) -> Sizes:
    databases = databases_of(load_credentials(layout), local_servers(recorded_ports(layout)))
    found: Sizes = {}
    for database in (*DATABASES, KEYRING_DATABASE):
        with psycopg.connect(databases.url(database, role=SUPERUSER)) as connection:
            for table, whole, indexes in connection.execute(TABLES):
                found[database, table] = (whole, indexes)
    return found


def _text(before: Sizes, after: Sizes, result: dict[str, Any]) -> str:
    cases, facts = result["cases"], result["facts"]
    grown = {
        key: (whole - before.get(key, (0, 0))[0], indexes - before.get(key, (0, 0))[1])
        for key, (whole, indexes) in after.items()
    }
    lines = [
        f"{result['reports']} reports, {cases} cases, {result['tasks']} tasks, {facts} facts.",
        "",
    ]
    for place in dict.fromkeys(place for place, _ in after):
        rows = {name: size for (where, name), size in grown.items() if where == place}
        lines += [*_table(place, rows, cases), ""]
    return "\n".join(lines)


def _table(place: str, rows: dict[str, tuple[int, int]], cases: int) -> list[str]:
    is_kafka = place == "kafka"
    head = "| topic | bytes a case |" if is_kafka else "| table | bytes a case | of that indexes |"
    lines = [f"## {place}", "", head, "|---" * (head.count("|") - 1) + "|"]
    small = 0
    for name, (whole, indexes) in sorted(rows.items(), key=lambda row: -row[1][0]):
        if whole / cases < SMALL_BYTES:
            small += whole
            continue
        shown = [f"`{name}`", f"{whole / cases:,.0f}"]
        lines.append(_row(shown if is_kafka else [*shown, f"{indexes / cases:,.0f}"]))
    if small > 0:
        lines.append(_row(["the others", f"{small / cases:,.0f}", *([] if is_kafka else [""])]))
    total, of_indexes = (sum(size[part] for size in rows.values()) for part in (0, 1))
    shown = ["**all**", f"**{total / cases:,.0f}**"]
    return [*lines, _row(shown if is_kafka else [*shown, f"{of_indexes / cases:,.0f}"])]


def _row(words: list[str]) -> str:
    return f"| {' | '.join(words)} |"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.sizing",
        description=__doc__,
        epilog="Example: python -m tests.bench.sizing --reports 1000",
    )
    parser.add_argument("--reports", type=int, default=1_000, help="how many (%(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
