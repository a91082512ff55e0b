"""Migrations: what the release before has stored is carried over, and back."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.types.json import Json

from civicloop_local.testing import Backends, fresh_prefix
from intake.domain.model import Channel
from intake.domain.state import CaseState, Tally

MIGRATIONS = Path(__file__).parents[3] / "services/intake/src/intake/migrations"
CLOSED, OPEN, BEFORE = UUID(int=1), UUID(int=2), UUID(int=3)
REPORT = UUID(int=9)
AT = "2026-05-09T08:00:00Z"
FILING = {
    "filed_at": AT,
    "matter": {"standard_ref": "demo", "kind": "matter", "code": "00001", "condition": None},
    "division": "410105",
    "precision": "exact",
    "rejected": None,
}
END = {"round": 1, "outcome": "solved", "rejected": None}


def state_of(case_id: UUID, status: str, *, reports: bool = True) -> dict[str, Any]:
    """Return a state as the release before kept it."""
    over = status == "closed"
    return {
        "case_id": str(case_id),
        "filing": FILING,
        "progress": {"round": 1, "status": status, "since": AT, "outcome": None},
        "lead": None,
        "reports": [{"report_id": str(REPORT), "reachable": True}] if reports else [],
        "ends": [END] if over else [],
        "told": [1] if over else [],
        "replayed": False,
    }


STATES = (
    state_of(CLOSED, "closed"),
    state_of(OPEN, "handling"),
    state_of(BEFORE, "verifying", reports=False),
)


@pytest.fixture
def database(backends: Backends) -> Iterator[psycopg.Connection[Any]]:
    """Give intake's database as its owner, at the release before."""
    prefix = fresh_prefix()
    backends.create_databases(prefix)
    try:
        url = backends.databases.url("intake", role="intake_owner", prefix=prefix)
        with psycopg.connect(url, autocommit=True) as connection:
            run(connection, "0002.intake.rollback.sql")
            store(connection)
            yield connection
    finally:
        backends.drop_databases(prefix)


def run(connection: psycopg.Connection[Any], name: str) -> None:
    """Run a migration."""
    connection.execute((MIGRATIONS / name).read_text())


def store(connection: psycopg.Connection[Any]) -> None:
    """Store what the release before stored."""
    for state in STATES:
        connection.execute(
            "INSERT INTO case_rows (case_id, version, inbox, emitted, held_count, blocked, state)"
            " VALUES (%s, 1, '{}', '{}', 0, false, %s)",
            (state["case_id"], Json(state)),
        )
    connection.execute(
        "INSERT INTO reports VALUES (%s, %s, 'hotline', now(), 'filed', NULL)", (REPORT, CLOSED)
    )
    connection.execute("INSERT INTO notices VALUES (%s, 1, 'sent', now())", (REPORT,))


def test_states_and_notices_are_carried_over(database: psycopg.Connection[Any]) -> None:
    """Nobody is told again, each report has its channel, what was handled once is counted once."""
    run(database, "0002.intake.sql")
    rows = database.execute("SELECT state::text FROM case_rows ORDER BY case_id").fetchall()
    closed, opened, before = (msgspec.json.decode(row[0], type=CaseState) for row in rows)
    assert [(report.told, report.channel) for report in closed.reports] == [((1,), Channel.HOTLINE)]
    assert [report.told for report in opened.reports] == [()]
    assert before.reports == ()
    assert [state.handled for state in (closed, opened, before)] == [
        Tally(round=1, times=1),
        Tally(),
        Tally(round=1, times=1),
    ]
    assert closed.verifications == closed.handled
    notice = database.execute("SELECT notice_id, case_id FROM notices").fetchone()
    assert notice == (f"{REPORT}/1", CLOSED)
    assert database.execute("SELECT active, particulars FROM reports").fetchone() == (True, None)


def test_it_can_be_rolled_back(database: psycopg.Connection[Any]) -> None:
    """The release before finds who was told."""
    for name in ("0002.intake.sql", "0002.intake.rollback.sql"):
        run(database, name)
    told = database.execute("SELECT state -> 'told' FROM case_rows ORDER BY case_id").fetchall()
    assert [row[0] for row in told] == [[1], [], []]
    assert database.execute("SELECT round, outcome FROM notices").fetchone() == (1, "sent")
    run(database, "0002.intake.sql")
