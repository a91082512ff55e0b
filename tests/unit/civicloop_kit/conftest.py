"""What the kit's unit tests share."""

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def _plain_logs() -> None:
    # The default renderer draws every traceback: seconds, where many cases fail on purpose.
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
