"""What feedback refuses, and why."""


class FeedbackError(Exception):
    """Feedback does not allow this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or self.__doc__)


class UnknownCaseError(FeedbackError):
    """There is no such case."""


class HandlerMayNotVerifyError(FeedbackError):
    """Somebody who handled a task of this case may not verify it."""


class NotToVerifyError(FeedbackError):
    """The case does not wait for a verification."""


class HandlingUnreadError(FeedbackError):
    """Who handled the case is not known here yet; try again in a moment."""


class UnknownTaskError(FeedbackError):
    """Only tasks that the case needs can be done again; one of these is none of them."""


class NotToCallBackError(FeedbackError):
    """The case does not take an answer of its reporter now."""


class NotToReopenError(FeedbackError):
    """Only what was closed as solved in the last 15 days is reopened, and at most twice."""
