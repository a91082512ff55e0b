"""Servers whose addresses the environment gives: used like any other, and left clean."""

from __future__ import annotations

import os
import subprocess
import sys
from urllib.parse import quote

import psycopg
from confluent_kafka.admin import AdminClient

from civicloop_local.testing import running_backends

TIMEOUT_S = 60
RUN = """
from civicloop_local.testing import chosen_backends

with chosen_backends() as backends:
    backends.create_topics("given-")
    urls = backends.create_databases("given-")
    environment = backends.environment("intake", "given-")
    print(environment["CIVICLOOP_KAFKA_BOOTSTRAP"], len(urls))
    print(sorted(name for name in environment if name.startswith("CIVICLOOP_TEST_")))
"""


def test_two_runs_share_given_servers_and_leave_nothing() -> None:
    """The second finds the roles of the first; topics and databases are gone after each."""
    with running_backends() as servers:
        user, password = servers.admin
        secret = quote(servers.credentials.postgres["postgres"])
        postgres = f"postgresql://postgres:{secret}@{servers.servers.postgres}"
        given = {
            "CIVICLOOP_TEST_KAFKA": servers.bootstrap,
            "CIVICLOOP_TEST_KAFKA_USERNAME": user,
            "CIVICLOOP_TEST_KAFKA_PASSWORD": password,
            "CIVICLOOP_TEST_POSTGRES": postgres,
        }
        for _ in range(2):
            done = subprocess.run(
                [sys.executable, "-c", RUN],
                env={**os.environ, **given},
                capture_output=True,
                text=True,
                check=True,
                timeout=TIMEOUT_S,
            )
            assert done.stdout.splitlines() == [f"{servers.bootstrap} 5", "[]"]
        topics = AdminClient(servers.admin_settings).list_topics(timeout=TIMEOUT_S).topics
        with psycopg.connect(f"{postgres}/postgres") as connection:
            names = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
    assert not [name for name in (*topics, *names) if name.startswith("given-")]
