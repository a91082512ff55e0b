"""What may be set for feedback: environment variables with the prefix CIVICLOOP_."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from civicloop_kit.settings import ServiceSettings


class FeedbackSettings(ServiceSettings):
    """The kit's settings and the two periods of the closed loop, in seconds."""

    # Two days to look, three to answer: configuration, a city's own rules decide.
    verify_within_s: Annotated[float, Field(gt=0)] = timedelta(days=2).total_seconds()
    call_back_window_s: Annotated[float, Field(gt=0)] = timedelta(days=3).total_seconds()
