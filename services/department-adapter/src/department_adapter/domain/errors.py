"""What the department adapter refuses. The docstring is the default message."""


class AdapterError(Exception):
    """The department adapter refused."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class NoSuchTaskError(AdapterError):
    """No such task; a task of another department is answered the same."""


class TaskClosedError(AdapterError):
    """The task is over; its state is in the message."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the task is {state}: nothing can be changed any more")
        self.state = state


class ReturnWindowClosedError(AdapterError):
    """The task cannot be returned, or no longer: its department has to handle it."""


class RequestPendingError(AdapterError):
    """A request of this kind waits for its decision: ask again when it is decided."""


class NotParkedError(AdapterError):
    """Nothing of this task is parked: it waits for its next attempt, or has arrived."""


class ImpossibleTimeError(AdapterError):
    """occurred_at must lie between the dispatch of the task and now."""


class ImpossiblePauseError(AdapterError):
    """A pause ends in the future, and at most 30 days from now."""
