"""What an operator may set for intake."""

from typing import Annotated, Final

from pydantic import Field, SecretStr

from civicloop_kit.settings import SecretKey, ServiceSettings

DEFAULT_MATTERS_VERSION: Final = "2026.1"
# Zhengzhou (郑州市).
DEFAULT_JURISDICTION: Final = "4101"
# Room for a batch of 500 lines with narratives of full length in Chinese.
DEFAULT_MAX_BODY_BYTES: Final = 8 << 20


class IntakeSettings(ServiceSettings):
    """Intake's own variables beside those of every service."""

    keyring_url: SecretStr
    keyring_key: SecretKey
    max_body_bytes: Annotated[int, Field(ge=1024)] = DEFAULT_MAX_BODY_BYTES
    jurisdiction: Annotated[
        str,
        Field(pattern=r"^[0-9]{2,12}$", description="Divisions whose code begins so are ours."),
    ] = DEFAULT_JURISDICTION
    matters_version: Annotated[
        str,
        Field(pattern=r"^[0-9a-z][0-9a-z.-]{0,31}$", description="Which list of matters to use."),
    ] = DEFAULT_MATTERS_VERSION
