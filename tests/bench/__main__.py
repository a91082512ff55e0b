"""Measure against the limits that the project promises: `python -m tests.bench`.

The stream: closed cases a second of the four services, beside a bare aiokafka and asyncpg loop of
the same facts, hops and row updates, in interleaved pairs. Memory per service. The start.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from civicloop_local.testing import running_backends

from .legs import run_bare, run_ours
from .profiling import profiler_into
from .starting import measure_starts

if TYPE_CHECKING:
    from .facts import Seen
    from .legs import Leg

MIN_RATIO: Final = 0.30
MAX_SERVICE_MB: Final = 160.0
MAX_START_S: Final = 20.0


def main() -> int:
    """Measure, print, and return 1 when a limit is missed."""
    options = _options()
    starts = {} if options.no_start or options.profile else measure_starts()
    with running_backends() as backends:
        if options.profile:
            profiler = profiler_into(options.profile)
            run_ours(backends, options.reports, _progress("profile"), profiler)
            _say(f"profiles are in {options.profile}\n")
            return 0
        pairs = []
        for number in range(1, options.pairs + 1):
            ours, seen = run_ours(backends, options.reports, _progress(f"pair {number}, ours"))
            bare = run_bare(backends, options.reports, _progress(f"pair {number}, bare"), seen)
            pairs.append((ours, bare))
            _say(f"\r{_pair_line(number, ours, bare)}\n")
    result = _result(pairs, seen, starts)
    misses = missed_limits(result)
    print(json.dumps(result | {"misses": misses}) if options.json else _text(result))
    for miss in misses:
        _say(f"missed: {miss}\n")
    return int(bool(misses))


def missed_limits(result: dict[str, Any]) -> list[str]:
    """Return one line per limit that was missed."""
    misses = []
    if result["ratio"] < MIN_RATIO:
        misses.append(f"ratio {result['ratio']:.2f} is below {MIN_RATIO:.2f} of the bare loop")
    for name, resident in result["peak_mb"].items():
        if resident > MAX_SERVICE_MB:
            misses.append(f"{name} has {resident:.0f} MB, more than {MAX_SERVICE_MB:.0f} MB")
    for name, seconds in result["up_s"].items():
        if seconds > MAX_START_S:
            limit = f"more than {MAX_START_S:.0f} s"
            misses.append(f"`civicloop up` ({name}) took {seconds} s, {limit}")
    return misses


def _result(pairs: list[tuple[Leg, Leg]], seen: Seen, starts: dict[str, float]) -> dict[str, Any]:
    ours = [leg for leg, _ in pairs]
    return {
        "pairs": [{"ours": asdict(leg), "bare": asdict(bare)} for leg, bare in pairs],
        "ratio": round(statistics.median(leg.cases_per_s / b.cases_per_s for leg, b in pairs), 3),
        "facts_per_case": len(seen.samples),
        "bytes_per_case": seen.bytes_per_case,
        "reads_per_case": seen.reads_per_case,
        "peak_mb": {name: max(leg.peak_mb[name] for leg in ours) for name in ours[0].peak_mb},
        "up_s": starts,
    }


def _text(result: dict[str, Any]) -> str:
    lines = [
        (
            f"per case: {result['facts_per_case']} facts, {result['bytes_per_case']} bytes, "
            f"{result['reads_per_case']} reads"
        ),
        f"ratio to the bare loop, median: {result['ratio']:.2f} (at least {MIN_RATIO:.2f})",
        *(
            f"memory, {name}: {resident:.0f} MB (at most {MAX_SERVICE_MB:.0f})"
            for name, resident in result["peak_mb"].items()
        ),
        *(
            f"civicloop up, {name}: {seconds} s (at most {MAX_START_S:.0f})"
            for name, seconds in result["up_s"].items()
        ),
    ]
    return "\n".join(lines)


def _pair_line(number: int, ours: Leg, bare: Leg) -> str:
    return (
        f"pair {number}: ours {ours.cases_per_s:.0f} cases/s, bare {bare.cases_per_s:.0f}, "
        f"ratio {ours.cases_per_s / bare.cases_per_s:.2f}; "
        f"row updates a case {ours.row_updates}, {bare.row_updates}; "
        f"CPU ms a case {sum(ours.cpu_ms.values()):.2f}, {sum(bare.cpu_ms.values()):.2f}"
    )


def _progress(label: str) -> Any:
    def say(text: str) -> None:
        if sys.stderr.isatty():
            _say(f"\r{label}: {text}    ")

    return say


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=__doc__,
        epilog="Example: python -m tests.bench --pairs 1 --reports 2000",
    )
    parser.add_argument("--reports", type=int, default=6_000, help="cases per leg (%(default)s)")
    parser.add_argument("--pairs", type=int, default=3, help="interleaved pairs (%(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON for a program")
    parser.add_argument("--no-start", action="store_true", help="leave `civicloop up` out")
    parser.add_argument("--profile", type=Path, help="profile the services into this folder only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
