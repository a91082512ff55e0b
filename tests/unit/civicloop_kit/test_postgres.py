"""What a failure of the database means: try again, redo, hold, stop."""

from typing import Any

import asyncpg
import pytest

from civicloop_kit.postgres import (
    ConflictError,
    Database,
    DataError,
    MisconfiguredError,
    UnavailableError,
    load_queries,
    translate,
)

E = asyncpg.exceptions


def failure(kind: type[Any], **fields: str) -> Any:
    """Return an error as the server's."""
    error = kind("a value that somebody wrote")
    for name, value in fields.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (failure(E.ConnectionDoesNotExistError), UnavailableError),
        (failure(E.DeadlockDetectedError), UnavailableError),
        (failure(E.ReadOnlySQLTransactionError), UnavailableError),
        (failure(E.TooManyConnectionsError), UnavailableError),
        (failure(E.LockNotAvailableError), UnavailableError),
        (failure(E.AdminShutdownError), UnavailableError),
        (failure(E.CannotConnectNowError), UnavailableError),
        (E.InterfaceError("cut"), UnavailableError),
        (E.InternalClientError("cut"), UnavailableError),
        (ConnectionResetError(), UnavailableError),
        (TimeoutError(), UnavailableError),
        (failure(E.UniqueViolationError, table_name="case_rows"), ConflictError),
        (failure(E.UniqueViolationError, table_name="outbox"), ConflictError),
        (failure(E.UniqueViolationError, table_name="idempotency"), ConflictError),
        (failure(E.UniqueViolationError, table_name="photos"), DataError),
        # Another refusal of a contested table is no race.
        (failure(E.CheckViolationError, table_name="outbox"), DataError),
        (failure(E.NotNullViolationError, table_name="outbox"), DataError),
        # A state as it comes over the wire, not as a constant.
        (failure(E.PostgresError, sqlstate=str(23505), table_name="outbox"), ConflictError),
        (failure(E.UntranslatableCharacterError), DataError),
        (failure(E.CheckViolationError), DataError),
        (failure(E.ProgramLimitExceededError), DataError),
        (failure(E.InvalidCachedStatementError), DataError),
        (failure(E.RaiseError), DataError),
        (failure(E.InvalidPasswordError), MisconfiguredError),
        (failure(E.InvalidCatalogNameError), MisconfiguredError),
        (failure(E.InvalidSchemaNameError), MisconfiguredError),
        (failure(E.UndefinedTableError), MisconfiguredError),
        (failure(E.InsufficientPrivilegeError), MisconfiguredError),
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_each_failure_has_a_meaning(error: Exception, meaning: type[Exception]) -> None:
    """By its state, and without a word of what was refused."""
    found = translate(error)
    assert type(found) is meaning
    assert "somebody wrote" not in str(found)


def test_an_error_of_ours_is_itself() -> None:
    """What is not the database's is not renamed."""
    error = ZeroDivisionError()
    assert translate(error) is error


async def test_a_database_that_is_not_open_is_unavailable() -> None:
    """Asked before it is open or after it is closed."""
    database = Database("postgresql://nobody@localhost/none", application="test")
    with pytest.raises(UnavailableError):
        async with database.read():
            pass
    await database.close()


def test_queries_are_loaded_by_name() -> None:
    """Each `-- name:` starts one; its text is all up to the next."""
    queries = load_queries("civicloop_kit")
    assert "FOR UPDATE" in queries["lock_rows"]
    assert all(text and "-- name:" not in text for text in queries.values())
