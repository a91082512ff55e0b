"""A TCP proxy between a service and its database: it cuts, refuses, freezes on demand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit

# What a client sees before asyncpg's COMMIT reaches the server.
_COMMIT = b"COMMIT;"


class Proxy:
    """Forwards connections until told otherwise."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flows = asyncio.Event()
        self._flows.set()
        self._refuses = False
        # Called once with the bytes of the next COMMIT; answers whether the server may see it.
        self._on_commit: Callable[[], bool] | None = None

    @property
    def url(self) -> str:
        """The same database, through here."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        user = f"{self._target.username}:{self._target.password}"
        return urlunsplit(self._target._replace(netloc=f"{user}@{host}:{port}"))

    def go_away(self) -> None:
        """Cut every connection and refuse new ones."""
        self._refuses = True
        self.cut()

    def come_back(self) -> None:
        """Accept and forward again."""
        self._refuses = False
        self._flows.set()

    def freeze(self) -> None:
        """Keep connections, forward nothing."""
        self._flows.clear()

    def cut(self) -> None:
        """Break every connection."""
        for writer in list(self._writers):
            writer.transport.abort()

    def cut_next_commit(self, *, reaches_server: bool) -> asyncio.Event:
        """Break the connection of the next COMMIT, after or before the server got it."""
        seen = asyncio.Event()

        def cut() -> bool:
            seen.set()
            return reaches_server

        self._on_commit = cut
        return seen

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refuses:
            writer.transport.abort()
            return
        up_reader, up_writer = await asyncio.open_connection(
            self._target.hostname, self._target.port
        )
        self._writers |= {writer, up_writer}
        try:
            await asyncio.gather(
                self._pump(reader, up_writer, writer), self._pump(up_reader, writer, None)
            )
        except OSError:
            pass
        finally:
            self._writers -= {writer, up_writer}
            for end in (writer, up_writer):
                end.transport.abort()

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        client: asyncio.StreamWriter | None,
    ) -> None:
        while data := await reader.read(1 << 16):
            await self._flows.wait()
            if client is not None and self._on_commit is not None and _COMMIT in data:
                await self._break(data, writer, client)
                return
            writer.write(data)
            await writer.drain()
        with suppress(OSError):
            writer.close()

    async def _break(
        self, data: bytes, writer: asyncio.StreamWriter, client: asyncio.StreamWriter
    ) -> None:
        on_commit, self._on_commit = self._on_commit, None
        assert on_commit is not None
        # The client goes first: no answer may reach it.
        client.transport.abort()
        if on_commit():
            writer.write(data)
            await writer.drain()
            writer.close()
        else:
            writer.transport.abort()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)

    async def stop(self) -> None:
        """Cut everything."""
        assert self._server is not None
        self._server.close()
        self._flows.set()
        self.cut()


@asynccontextmanager
async def proxied(url: str) -> AsyncIterator[Proxy]:
    """Stand between somebody and the database at *url*."""
    proxy = Proxy(url)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
