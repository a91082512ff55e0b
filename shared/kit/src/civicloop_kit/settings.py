"""Settings of a service, from the environment. A missing or wrong one stops the start."""

import base64
import json
import sys
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from joserfc.jwk import OKPKey
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from civicloop_kit.kafka import KafkaAccess
from civicloop_kit.replies import KEEP_REPLIES

PREFIX = "CIVICLOOP_"


def _from_base64(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


SecretKey = Annotated[bytes, BeforeValidator(_from_base64), Field(min_length=32)]


class ServiceSettings(BaseSettings):
    """What every service is told."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, hide_input_in_errors=True)

    kafka_bootstrap: str
    kafka_username: str
    kafka_password: SecretStr
    database_url: SecretStr
    idempotency_key: SecretKey
    token_public_key: str
    keyring_url: SecretStr | None = None
    keyring_key: SecretKey | None = None
    http_host: str = "127.0.0.1"
    http_port: Annotated[int, Field(ge=0, le=65535)] = 0
    data_dir: Path = Path()
    log_format: Literal["json", "text"] = "json"
    log_hops: Annotated[
        bool, Field(description="a log line per record applied, command decided and timer fired")
    ] = True
    topic_prefix: str = ""
    replica: str = "0"
    trace_ratio: Annotated[float, Field(ge=0, le=1)] = 0.01
    otlp_endpoint: str | None = None
    max_body_bytes: Annotated[int, Field(ge=1024)] = 1 << 20
    keep_replies_days: Annotated[int, Field(ge=1, le=3_650)] = KEEP_REPLIES.days
    relay_scan_s: Annotated[float, Field(gt=0)] = 1.0

    @property
    def kafka(self) -> KafkaAccess:
        """Address and credentials of the broker."""
        return KafkaAccess(
            bootstrap=self.kafka_bootstrap,
            username=self.kafka_username,
            password=self.kafka_password.get_secret_value(),
        )


SettingsT = TypeVar("SettingsT", bound=ServiceSettings)


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Return the settings, or end the process with one line per variable that is wrong."""
    try:
        settings = kind()
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False):
            _complain("_".join(str(part) for part in item["loc"]), item["msg"])
        sys.exit(2)
    if not _is_public_key(settings.token_public_key):
        _complain("token_public_key", "not the JWK of an Ed25519 key")
        sys.exit(2)
    return settings


def _complain(field: str, message: str) -> None:
    sys.stderr.write(f"{PREFIX}{field.upper()}: {message}\n")


def _is_public_key(text: str) -> bool:
    try:
        OKPKey.import_key(json.loads(text))
    except Exception:  # noqa: BLE001 - whatever the library says, it is not a key
        return False
    return True
