"""Roles, databases and rights: one database per service, its serving role not its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import sql

from civicloop_local.credentials import AUDITOR_ROLE, SUPERUSER, database_roles
from civicloop_local.migrations import apply_migrations
from civicloop_local.postgres import superuser_url
from civicloop_local.services import KEYRING_DATABASE, SERVICES

if TYPE_CHECKING:
    from pathlib import Path
    from typing import LiteralString

    from civicloop_local.credentials import Credentials
    from civicloop_local.services import Record

KIT_MIGRATIONS: Final = "shared/kit/src/civicloop_kit/migrations"
KEYRING_MIGRATIONS: Final = "shared/kit/src/civicloop_kit/keyring_migrations"
RECORDS: Final = {service.database: service.records for service in SERVICES}
# Two starts on one server must not make the same role at once.
ROLES_LOCK: Final = 7_242_481
# A forgotten transaction would hold back vacuum and whoever waits for its rows (protocol.md, 2).
SERVING_SETTINGS: Final = {"idle_in_transaction_session_timeout": "5s", "lock_timeout": "2s"}
# An auditor folds what it has read before it reads on; a migration may wait for a serving role.
OTHER_SETTINGS: Final = {"idle_in_transaction_session_timeout": "30s"}
SERVING_RIGHTS: Final[tuple[LiteralString, ...]] = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}",
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} "
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role}"
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} "
        "GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role}"
    ),
)
AUDITOR_RIGHTS: Final[tuple[LiteralString, ...]] = (
    "GRANT USAGE ON SCHEMA audit TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA audit TO {role}",
    "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA audit GRANT SELECT ON TABLES TO {role}",
)


class Databases:
    """Brings a Postgres server in line with the service list; every call may be repeated."""

    def __init__(
        self,
        *,
        address: str,
        credentials: Credentials,
        work_tree: Path,
        superuser: str = SUPERUSER,
    ) -> None:
        self._address = address
        self._superuser = superuser
        self._credentials = credentials
        self._work_tree = work_tree

    def apply(self, *, prefix: str = "") -> dict[str, int]:
        """Make roles and databases and apply all migrations.

        Returns:
            How many migrations were applied, per database.

        Raises:
            StackError: A migration fails.
        """
        with self._connect() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", (ROLES_LOCK,))
            self._create_roles(connection)
            for database in self._folders():
                self._create_database(connection, database, prefix)
        return {
            database: self._migrate(database, folders, prefix)
            for database, folders in self._folders().items()
        }

    def url(self, database: str, *, role: str | None = None, prefix: str = "") -> str:
        """Return a database's address for a role, by default the serving role."""
        user = role or database
        password = self._credentials.postgres[user]
        return f"postgresql://{user}:{password}@{self._address}/{prefix}{database}"

    def drop(self, *, prefix: str) -> None:
        """Remove the databases of a prefix, also while they are in use."""
        with self._connect() as connection:
            for database in self._folders():
                name = sql.Identifier(prefix + database)
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _folders(self) -> dict[str, tuple[Path, ...]]:
        kit = self._work_tree / KIT_MIGRATIONS
        own = {s.database: (kit, self._work_tree / s.migrations) for s in SERVICES}
        return own | {KEYRING_DATABASE: (self._work_tree / KEYRING_MIGRATIONS,)}

    def _connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        url = superuser_url(self._address, self._credentials, database, user=self._superuser)
        return psycopg.connect(url, autocommit=True)

    def _create_roles(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        for role in database_roles():
            if role in known or role == SUPERUSER:
                continue
            # Hashed here: the password itself never reaches the server or its log.
            secret = connection.pgconn.encrypt_password(
                self._credentials.postgres[role].encode(), role.encode(), b"scram-sha-256"
            )
            make = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(make.format(sql.Identifier(role), sql.Literal(secret.decode())))
        self._set_roles(connection)

    def _set_roles(self, connection: psycopg.Connection[tuple[object, ...]]) -> None:
        """Give each role its settings, those of an older release too."""
        rows = connection.execute("SELECT rolname, coalesce(rolconfig, '{}') FROM pg_roles")
        known: dict[str, list[str]] = {str(name): list(config) for name, config in rows}  # type: ignore[call-overload]
        for role in (name for name in database_roles() if name != SUPERUSER):
            wanted = SERVING_SETTINGS if role in self._folders() else OTHER_SETTINGS
            for setting, value in wanted.items():
                if f"{setting}={value}" in known[role]:
                    continue
                change = sql.SQL("ALTER ROLE {} SET {} = {}")
                names = (sql.Identifier(role), sql.Identifier(setting), sql.Literal(value))
                connection.execute(change.format(*names))

    def _create_database(
        self, connection: psycopg.Connection[tuple[object, ...]], database: str, prefix: str
    ) -> None:
        name = prefix + database
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
        if found.fetchone() is None:
            make = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0")
            connection.execute(
                make.format(sql.Identifier(name), sql.Identifier(f"{database}_owner"))
            )
        wall = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        connection.execute(wall)
        for role in (database, AUDITOR_ROLE):
            enter = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
            connection.execute(enter.format(sql.Identifier(name), sql.Identifier(role)))

    def _migrate(self, database: str, folders: tuple[Path, ...], prefix: str) -> int:
        owner = f"{database}_owner"
        present = tuple(folder for folder in folders if folder.is_dir())
        applied = apply_migrations(self.url(database, role=owner, prefix=prefix), present)
        # In one transaction: at no time may a running service do more than it should.
        with self._connect(prefix + database) as connection, connection.transaction():
            self._grant(connection, role=database, owner=owner)
            for record in RECORDS.get(database, ()):
                self._close_record(connection, record, role=database)
        return applied

    def _grant(
        self, connection: psycopg.Connection[tuple[object, ...]], *, role: str, owner: str
    ) -> None:
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' "
            "AND nspname NOT IN ('information_schema', 'audit')"
        )
        for (schema,) in rows.fetchall():
            use = sql.SQL("GRANT USAGE ON SCHEMA {} TO {}")
            connection.execute(use.format(sql.Identifier(str(schema)), sql.Identifier(role)))
            for right in SERVING_RIGHTS:
                self._execute(connection, right, schema=str(schema), role=role, owner=owner)
        self._close_migration_log(connection, role)
        audit = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'audit'")
        if audit.fetchone() is not None:
            for right in AUDITOR_RIGHTS:
                self._execute(connection, right, role=AUDITOR_ROLE, owner=owner)

    def _close_migration_log(
        self, connection: psycopg.Connection[tuple[object, ...]], role: str
    ) -> None:
        """A serving role may read which migrations are applied, not change it."""
        rows = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE tablename ~ '^_?yoyo_'"
        )
        for schema, table in rows.fetchall():
            close = sql.SQL("REVOKE INSERT, UPDATE, DELETE ON {} FROM {}")
            named = sql.Identifier(str(schema), str(table))
            connection.execute(close.format(named, sql.Identifier(role)))

    @staticmethod
    def _close_record(
        connection: psycopg.Connection[tuple[object, ...]], record: Record, *, role: str
    ) -> None:
        """A serving role adds to its audit records, and changes nothing but their progress."""
        names = {"table": sql.Identifier("public", record.table), "role": sql.Identifier(role)}
        close = sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}")
        connection.execute(close.format(**names))
        if record.progress:
            columns = sql.SQL(", ").join(map(sql.Identifier, record.progress))
            go_on = sql.SQL("GRANT UPDATE ({columns}) ON {table} TO {role}")
            connection.execute(go_on.format(columns=columns, **names))

    @staticmethod
    def _execute(
        connection: psycopg.Connection[tuple[object, ...]],
        statement: LiteralString,
        **names: str,
    ) -> None:
        parts = {key: sql.Identifier(value) for key, value in names.items()}
        connection.execute(sql.SQL(statement).format(**parts))
