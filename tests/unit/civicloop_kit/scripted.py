"""A database that answers by a script, and keeps what it was asked."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from civicloop_kit.postgres import load_queries

_NAMES = {text: name for name, text in load_queries("civicloop_kit").items()}
# What a query finds: rows, or something that a test does with its arguments.
Answer = Sequence[Mapping[str, Any]] | Callable[..., Sequence[Mapping[str, Any]]]


class Scripted:
    """Database and connection in one. A query without an answer finds nothing."""

    def __init__(self, **answers: Answer) -> None:
        self.answers: dict[str, Answer] = answers
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        # Raised by the next who wants a connection, one after another.
        self.fails: list[Exception] = []

    @property
    def names(self) -> list[str]:
        """The names of what was asked, in order."""
        return [name for name, _ in self.asked]

    def arguments(self, name: str) -> tuple[Any, ...]:
        """Return what the one query of a name was given."""
        (found,) = [arguments for asked, arguments in self.asked if asked == name]
        return found

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Any]:
        """Give a connection for reading."""
        if self.fails:
            raise self.fails.pop(0)
        yield self

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Give a connection in a transaction."""
        async with self.read() as connection:
            yield connection

    async def fetch(self, query: str, *arguments: Any) -> list[Mapping[str, Any]]:
        """Return the rows of an answer."""
        name = _NAMES.get(query, query)
        self.asked.append((name, arguments))
        answer = self.answers.get(name, ())
        return list(answer(*arguments) if callable(answer) else answer)

    async def fetchrow(self, query: str, *arguments: Any) -> Mapping[str, Any] | None:
        """Return the first row of an answer."""
        return next(iter(await self.fetch(query, *arguments)), None)

    async def execute(self, query: str, *arguments: Any) -> None:
        """Do what an answer does."""
        await self.fetch(query, *arguments)
