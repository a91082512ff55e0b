"""What can keep a file from being imported."""

from __future__ import annotations

from typing import ClassVar, Final

FAILED: Final = 1
MISUSED: Final = 2


class ImporterError(Exception):
    """The file cannot be imported; the message names the fix."""

    exit_status: ClassVar[int] = FAILED


class UsageError(ImporterError):
    """The command was given something that it cannot use."""

    exit_status: ClassVar[int] = MISUSED


class MappingError(UsageError):
    """The mapping is wrong; the message has one line per place in it."""


class SourceError(UsageError):
    """The source file is not what the mapping says."""


class ServiceError(ImporterError):
    """A service did not do its part."""
