"""What a log line per hop costs: `python -m tests.bench.hops`.

Lines of one transaction are built and written together, so the batch size matters: one line is a
quiet night, five hundred are a full batch. Beside it the same fields by the chain of other logs.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TextIO
from uuid import uuid4

import structlog

from civicloop_contracts.facts.intake import CaseFiled
from civicloop_kit.hops import APPLIED, Hop, hop_writer
from civicloop_kit.logs import configure_logs, get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

LINES: Final = 100_000
ROUNDS: Final = 5
BATCHES: Final = (1, 10, 100, 500)
INTAKE: Final = "/intake/cases"


def main() -> None:
    """Print microseconds of processor time per line, the best of some rounds."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - a device
        for size in BATCHES:
            hops = [_hop(number) for number in range(size)]
            for log_format in ("json", "text"):
                write = hop_writer("router", log_format, nowhere)
                now = datetime.now(UTC)
                cost = _best(lambda w=write, h=hops, n=now: w(h, n), size)  # type: ignore[misc]
                print(f"{log_format}, {size} lines per transaction: {cost:.2f} µs per line")
        print(f"making the hop itself: {_best(lambda: _hop(1, _CASE, _CAUSE), 1):.2f} µs")
        print(f"the chain of other logs: {_chain_cost(nowhere):.1f} µs per line")


_CASE: Final = uuid4()
_CAUSE: Final = f"command:{uuid4()}"
_TRACE: Final = f"00-{'a' * 32}-{'b' * 16}-01"


def _hop(number: int, case_id: object = None, cause: str | None = None) -> Hop:
    return Hop(
        APPLIED,
        case_id or uuid4(),  # type: ignore[arg-type]
        CaseFiled,
        INTAKE,
        number + 1,
        cause or f"command:{uuid4()}",
        _TRACE,
    )


def _best(work: Callable[[], object], lines: int) -> float:
    """Return microseconds of processor time per line."""
    calls = max(1, LINES // lines // ROUNDS)
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(calls):
            work()
        found.append((time.process_time() - began) / calls / lines * 1e6)
    return min(found)


def _chain_cost(nowhere: TextIO) -> float:
    kept, sys.stdout = sys.stdout, nowhere
    try:
        configure_logs("router", "json")
        log = get_logger("bench")
        return _best(
            lambda: log.info(
                APPLIED, case_id=str(_CASE), fact="CaseFiled", sequence=1, cause=_CAUSE
            ),
            1,
        )
    finally:
        sys.stdout = kept
        structlog.reset_defaults()
        logging.getLogger().handlers.clear()


if __name__ == "__main__":
    main()
