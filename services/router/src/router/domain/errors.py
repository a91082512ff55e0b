"""The errors of the router's rules. A class docstring is the default message."""


class RouterError(Exception):
    """The router cannot do this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class NaiveTimeError(RouterError):
    """A time came without a zone; every time in the router has one."""


class CalendarYearMissingError(RouterError):
    """The service calendar lacks a year before its newest one; add calendar-<year>.csv."""


class CalendarOutdatedError(RouterError):
    """The service calendar ends before the present year; add calendar-<year>.csv."""


class NoSuchDivisionError(RouterError):
    """The territory has no division with this code, nor one that contains it."""


class NoSuchMatterError(RouterError):
    """The catalog has no such entry."""


class NoDutyError(RouterError):
    """Nobody is responsible on paper; a joint conference must decide."""


class CaseNotFiledError(RouterError):
    """A case cannot be dispatched before it is filed."""


class RefusedError(RouterError):
    """Not allowed in the present state."""


class UnknownCaseError(RefusedError):
    """There is no such case."""


class UnknownTaskError(RefusedError):
    """There is no such task."""


class UnknownDisputeError(RefusedError):
    """There is no such dispute."""


class DisputeSettledError(RefusedError):
    """The dispute has ended."""


class TaskClosedError(RefusedError):
    """The task is closed; a next attempt of it is another task."""


class TaskDisputedError(RefusedError):
    """Who leads this task is in dispute; settle the dispute."""


class TaskWaitingError(RefusedError):
    """No department has this task yet: it waits for the lead."""


class NoPendingRequestError(RefusedError):
    """This task has no such request that waits for a decision."""


class NothingInHandError(RefusedError):
    """No department has a task of this case now."""
