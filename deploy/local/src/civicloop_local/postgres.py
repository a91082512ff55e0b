"""One Postgres server: the machine's own binaries or the wheel's, on loopback, SCRAM only."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import psycopg

from civicloop_local.credentials import SUPERUSER
from civicloop_local.errors import StackError
from civicloop_local.parts import LOOK_AT_SERVER_EVERY_S, Command
from civicloop_local.ports import HOST
from civicloop_local.postgres_binaries import server_user
from civicloop_local.processes import as_user, find, identify, running_in

if TYPE_CHECKING:
    from civicloop_local.credentials import Credentials
    from civicloop_local.layout import Layout
    from civicloop_local.postgres_binaries import Binaries

INITDB_TIMEOUT_S: Final = 120
SETTINGS: Final = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    # An inbox and an outbox live on small, quick transactions: compiling them never pays.
    "jit": "off",
    "autovacuum_naptime": "10s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresPart:
    """The database server."""

    layout: Layout
    credentials: Credentials
    binaries: Binaries
    port: int
    name: str = "postgres"
    needs: tuple[str, ...] = ()
    # SIGINT is Postgres's fast shutdown: it ends sessions and writes a checkpoint.
    stop_signal: signal.Signals = signal.SIGINT
    look_every_s: float = LOOK_AT_SERVER_EVERY_S

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{HOST}:{self.port}"

    def prepare(self) -> None:
        """Make the data folder at the first start.

        Raises:
            StackError: It cannot be made.
        """
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        self._clear_lock_of_the_dead()

    def command(self) -> Command:
        """Run the server."""
        settings = SETTINGS | {"port": str(self.port)}
        flags = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        return Command(
            argv=(str(self.binaries.folder / "postgres"), "-D", str(self._data), *flags),
            folder=self._data,
            environment=_environment(),
            user=server_user(),
        )

    def is_ready(self) -> bool:
        """Whether the superuser can log in."""
        try:
            psycopg.connect(
                superuser_url(self.address, self.credentials), connect_timeout=2
            ).close()
        except psycopg.Error:
            return False
        return True

    @property
    def _data(self) -> Path:
        return self.layout.data("postgres")

    def _clear_lock_of_the_dead(self) -> None:
        """Remove the lock file of a killed server.

        Postgres does so itself, but takes a dead process that nobody reaped (a container without
        an init) for a living server.
        """
        lock = self._data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return
        if find(identify(pid)) is None and not running_in(self._data):
            lock.unlink()

    def _initialise(self) -> None:
        user = server_user()
        # Made aside and renamed when whole: an interrupted first start leaves nothing half-made.
        fresh = self._data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password = _password_file(self.credentials.postgres[SUPERUSER], user)
        if user is not None:
            os.chown(fresh, user, pwd.getpwuid(user).pw_gid)
        try:
            self._initdb(fresh, password, user)
        finally:
            password.unlink()
        fresh.rename(self._data)

    def _initdb(self, folder: Path, password: Path, user: int | None) -> None:
        options = ["--auth=scram-sha-256", f"--pwfile={password}", "--encoding=UTF8", "--no-locale"]
        done = subprocess.run(
            [str(self.binaries.folder / "initdb"), "-D", str(folder), "-U", SUPERUSER, *options],
            capture_output=True,
            text=True,
            check=False,
            timeout=INITDB_TIMEOUT_S,
            env=_environment(),
            cwd="/",
            **as_user(user),
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise StackError(f"Postgres cannot make its folder ({last}): fix that and run again")


def superuser_url(
    address: str, credentials: Credentials, database: str = "postgres", *, user: str = SUPERUSER
) -> str:
    """Return the administrator's database address."""
    login = f"{quote(user, safe='')}:{quote(credentials.postgres[user], safe='')}"
    return f"postgresql://{login}@{address}/{database}"


def _password_file(password: str, user: int | None) -> Path:
    descriptor, name = tempfile.mkstemp()
    with os.fdopen(descriptor, "w") as handle:
        handle.write(password)
    if user is not None:
        os.chown(name, user, -1)
    return Path(name)


def _environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {"LC_ALL": "C.UTF-8"}
