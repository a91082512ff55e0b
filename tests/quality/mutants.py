"""Do the tests notice when a rule changes? Thirty mutants of domain and kit, drawn by a seed.

    python -m tests.quality.mutants --seed 7

Every mutant runs in a copy; the work tree is left as it is. Exit 1 when fewer than 27 die.
`equivalent_mutants.yaml` lists those that no test could notice, each with its reason.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import queue
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from civicloop_local.testing import running_backends

from .mutant_drawing import all_mutants, draw, read_equivalents
from .mutant_running import WorkCopy, stages_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from civicloop_local.testing import Backends

    from .mutant_drawing import Mutant
    from .mutant_running import Stage

ROOT: Final = Path(__file__).resolve().parents[2]
DRAWN: Final = 30
MIN_KILLED_SHARE: Final = 0.9
COPIES: Final = 2


def main() -> int:
    """Draw, run, print; returns the exit status."""
    options = _options()
    # Told to stop, it takes the tests that run with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    equivalents = read_equivalents(Path(__file__).with_name("equivalent_mutants.yaml"))
    mutants = all_mutants(ROOT, only=options.only)
    drawn = draw(mutants, equivalents, seed=options.seed, count=options.count)
    print(f"seed {options.seed}: {len(drawn)} of {len(mutants)} mutants", flush=True)
    with tempfile.TemporaryDirectory(prefix="civicloop-mutants-") as folder:
        killed = _run_all(drawn, Path(folder))
    needed = round(len(drawn) * MIN_KILLED_SHARE)
    print(f"{killed} of {len(drawn)} killed, at least {needed} have to be")
    return 0 if killed >= needed else 1


def _run_all(drawn: Sequence[Mutant], folder: Path) -> int:
    copies = [WorkCopy.make(ROOT, folder / str(number)) for number in range(COPIES)]
    stages = {stage for mutant in drawn for stage in stages_for(mutant.path)}
    with _servers(stages) as environment:
        for stage in sorted(stages, key=lambda stage: stage.folders):
            if not stage.is_part:
                copies[0].check(stage, environment)
        try:
            return _count_killed(drawn, copies, environment)
        finally:
            for copy in copies:
                copy.end()


def _count_killed(
    drawn: Sequence[Mutant], copies: Sequence[WorkCopy], environment: Mapping[str, str]
) -> int:
    free: queue.SimpleQueue[WorkCopy] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def run(mutant: Mutant) -> bool:
        copy = free.get()
        try:
            return copy.kills(mutant, environment)
        finally:
            free.put(copy)

    killed = 0
    pool = ThreadPoolExecutor(max_workers=len(copies))
    try:
        for number, (mutant, died) in enumerate(
            zip(drawn, pool.map(run, drawn), strict=True), start=1
        ):
            killed += died
            print(f"{number:3} {'killed  ' if died else 'SURVIVED'} {mutant}", flush=True)
            if not died:
                print(mutant.diff(), flush=True)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return killed


@contextlib.contextmanager
def _servers(stages: set[Stage]) -> Iterator[Mapping[str, str]]:
    """Start a Kafka and a Postgres for all runs, where some test needs them."""
    if not any(stage.needs_servers for stage in stages):
        yield {}
        return
    with running_backends() as backends:
        yield _addresses(backends)


def _addresses(backends: Backends) -> dict[str, str]:
    user, password = backends.admin
    superuser = backends.servers.superuser
    login = f"{superuser}:{backends.credentials.postgres[superuser]}"
    return {
        "CIVICLOOP_TEST_KAFKA": backends.bootstrap,
        "CIVICLOOP_TEST_KAFKA_USERNAME": user,
        "CIVICLOOP_TEST_KAFKA_PASSWORD": password,
        "CIVICLOOP_TEST_POSTGRES": f"postgresql://{login}@{backends.servers.postgres}",
    }


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Run the tests against drawn mutants.")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED", "1")))
    parser.add_argument("--count", type=int, default=DRAWN, help="how many to draw")
    parser.add_argument("--only", default="", help="only paths with this in them")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
