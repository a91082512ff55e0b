"""What intake refuses."""


class IntakeError(Exception):
    """Intake refuses this."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or type(self).__doc__)


class AlreadyFiledError(IntakeError):
    """The case was filed or rejected before; a new report needs a case of its own."""
