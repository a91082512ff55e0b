"""What an operator may set for the department adapter."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field, FilePath, SecretStr

from civicloop_kit.settings import SecretKey, ServiceSettings
from department_adapter.domain.schedule import RetryPolicy

PositiveSeconds = Annotated[float, Field(gt=0)]


class AdapterSettings(ServiceSettings):
    """The adapter's own variables beside those of every service."""

    keyring_url: SecretStr
    keyring_key: SecretKey
    service_token_file: Annotated[
        FilePath,
        Field(description="Holds a token of ours with the role `service`; read at each call."),
    ]
    intake_url: Annotated[str, Field(pattern=r"^https?://")]
    allow_private_webhooks: Annotated[
        bool, Field(description="Whether webhooks may go to loopback and private networks.")
    ] = False
    retry_base_s: Annotated[
        PositiveSeconds, Field(description="The first wait after a failed delivery.")
    ] = 1.0
    delivery_max_attempts: Annotated[
        int, Field(ge=1, description="After so many failures a delivery is parked.")
    ] = 10
    review_after_s: Annotated[
        PositiveSeconds, Field(description="When a parked delivery is tried again.")
    ] = 4 * 3600.0
    breaker_threshold: Annotated[
        int, Field(ge=1, description="Failures in a row that open a department's breaker.")
    ] = 5
    breaker_open_s: Annotated[
        PositiveSeconds, Field(description="How long a department is then left alone.")
    ] = 30.0

    @property
    def retry_policy(self) -> RetryPolicy:
        """How long departments are tried."""
        return RetryPolicy(
            base=timedelta(seconds=self.retry_base_s),
            max_attempts=self.delivery_max_attempts,
            review_after=timedelta(seconds=self.review_after_s),
        )
