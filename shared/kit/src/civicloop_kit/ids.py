"""Ids that sort by time."""

from uuid import UUID

import uuid_utils


def uuid7() -> UUID:
    """Return a new time-ordered id, so that tables and indexes grow at one end."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
