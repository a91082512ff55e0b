"""What can keep the stack from doing what was asked."""

from __future__ import annotations


class StackError(Exception):
    """The stack cannot do it; the message is one line that names the fix."""
