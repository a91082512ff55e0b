"""How this service reaches Kafka."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaAccess:
    """Address and credentials. The password appears in no representation."""

    bootstrap: str
    username: str
    password: str

    def __repr__(self) -> str:
        return f"KafkaAccess({self.username}@{self.bootstrap})"

    def client(self) -> dict[str, Any]:
        """Return the settings that every client shares."""
        return {
            "bootstrap_servers": self.bootstrap,
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }
