"""What an operator may set for intake."""

from datetime import timedelta
from typing import Annotated, Final

from pydantic import Field, SecretStr

from civicloop_kit.settings import SecretKey, ServiceSettings
from intake.domain.duplicates import Nearness

DEFAULT_MATTERS_VERSION: Final = "2026.1"
# Zhengzhou (郑州市).
DEFAULT_JURISDICTION: Final = "4101"
# What the city itself uses. The list of matters has more: a sample to replay, and demonstrations,
# which would send real departments out with limits of seconds.
DEFAULT_STANDARDS: Final = "gbt-47678.5-2026,local-emergency,local-food-safety"
_STANDARD: Final = "[a-z0-9][a-z0-9.-]{1,31}"
# Room for a batch of 500 lines with narratives of full length in Chinese.
DEFAULT_MAX_BODY_BYTES: Final = 8 << 20
# Two reports of one matter so near are one case. Source: domain.md, rules of dispatch.
DEFAULT_DUPLICATE_WITHIN_M: Final = 50.0
DEFAULT_DUPLICATE_WITHIN_S: Final = 86_400


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
    standards: Annotated[
        str,
        Field(
            pattern=f"^{_STANDARD}(,{_STANDARD})*$",
            description="What reports may be about, with commas; an import may be about anything.",
        ),
    ] = DEFAULT_STANDARDS
    duplicate_within_m: Annotated[
        float,
        Field(
            ge=0,
            le=1_000,
            allow_inf_nan=False,
            description="Reports of one matter at most so many metres apart are one; 0: never.",
        ),
    ] = DEFAULT_DUPLICATE_WITHIN_M
    duplicate_within_s: Annotated[
        int,
        Field(ge=0, le=30 * 86_400, description="For so many seconds after the case was filed."),
    ] = DEFAULT_DUPLICATE_WITHIN_S

    @property
    def used_standards(self) -> frozenset[str]:
        """The standards that reports may be about."""
        return frozenset(self.standards.split(","))

    @property
    def nearness(self) -> Nearness:
        """When two reports are the same."""
        return Nearness(
            within_m=self.duplicate_within_m, within=timedelta(seconds=self.duplicate_within_s)
        )
