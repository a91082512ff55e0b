"""The migrations after the first, forth and back."""

from pathlib import Path

import asyncpg

from civicloop_local.credentials import AUDITOR_ROLE
from civicloop_local.testing import Backends, fresh_prefix

from .conftest import DATABASE

FOLDER = Path(__file__).parents[3] / "services/department-adapter/src/department_adapter/migrations"
DEPARTMENTS = """
INSERT INTO departments (code, name_zh, name_en, transport, url, concurrency, state,
    paused_until, revoked_at, created_at, updated_at)
VALUES ('water', '水', 'Water', 'pull', NULL, 8, 'active', NULL, NULL, now(), now()),
    ('power', '电', 'Power', 'webhook', 'http://x/', 8, 'paused', now(), NULL, now(), now()),
    ('gas', '气', 'Gas', 'webhook', 'http://x/', 8, 'removed', NULL, now(), now(), now()),
    ('fire', '消防', 'Fire', 'webhook', 'http://x/', 8, 'active', NULL, NULL, now(), now())
"""


async def test_they_can_be_taken_back_and_applied_again(backends: Backends) -> None:
    """What the older release does not know is disabled there, and nobody is lost."""
    prefix = fresh_prefix()
    backends.create_databases(prefix)
    owner = backends.databases.url(DATABASE, role=f"{DATABASE}_owner", prefix=prefix)
    connection = await asyncpg.connect(owner)
    try:
        await connection.execute(DEPARTMENTS)
        names = ("0002.department-adapter", "0003.department-adapter")
        for name in reversed(names):
            await connection.execute((FOLDER / f"{name}.rollback.sql").read_text())
        rows = await connection.fetch("SELECT code, transport, state FROM departments ORDER BY 1")
        assert [tuple(row) for row in rows] == [
            ("fire", "webhook", "active"),
            ("gas", "webhook", "disabled"),
            ("power", "webhook", "disabled"),
            ("water", "replay", "disabled"),
        ]
        for name in names:
            await connection.execute((FOLDER / f"{name}.sql").read_text())
        auditor = backends.databases.url(DATABASE, role=AUDITOR_ROLE, prefix=prefix)
        reader = await asyncpg.connect(auditor)
        assert await reader.fetch("SELECT due_at FROM audit.jobs") == []
        await reader.close()
    finally:
        await connection.close()
        backends.drop_databases(prefix)
