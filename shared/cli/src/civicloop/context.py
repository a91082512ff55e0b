"""Where the running stack is and how to be let in: addresses, tokens, credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from civicloop_local import control
from civicloop_local.assembly import databases_of
from civicloop_local.credentials import AUDITOR_ROLE, AUDITOR_USER, load_credentials
from civicloop_local.errors import StackError
from civicloop_local.kafka import admin_settings, client_settings
from civicloop_local.layout import default_layout
from civicloop_local.ports import HOST, recorded_ports
from civicloop_local.servers import local_servers
from civicloop_local.services import SERVICES
from civicloop_local.tokens import make_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from civicloop_local.credentials import Credentials
    from civicloop_local.layout import Layout

TOKEN_HOURS: Final = 12.0
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class StackContext:
    """A running stack, seen by somebody who holds its secrets file."""

    layout: Layout
    credentials: Credentials
    ports: Mapping[str, int]

    @property
    def intake_url(self) -> str:
        """Where reports go."""
        return self._url("intake")

    @property
    def router_url(self) -> str:
        """Where plans and the catalog are."""
        return self._url("router")

    @property
    def adapter_url(self) -> str:
        """Where departments answer."""
        return self._url("department-adapter")

    @property
    def feedback_url(self) -> str:
        """Where cases are verified and indicators are."""
        return self._url("feedback")

    @property
    def kafka_bootstrap(self) -> str:
        """Kafka's address."""
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def kafka_settings(self) -> dict[str, str | int | float | bool]:
        """Librdkafka's settings for the auditor, who may read facts and change nothing."""
        password = self.credentials.kafka[AUDITOR_USER]
        return client_settings(self.kafka_bootstrap, AUDITOR_USER, password)

    @property
    def kafka_admin_settings(self) -> dict[str, str | int | float | bool]:
        """Librdkafka's settings for whoever changes users and rights."""
        return admin_settings(self.kafka_bootstrap, self.credentials)

    @property
    def auditor_urls(self) -> dict[str, str]:
        """The database of each service, for the role that sees invariants only."""
        databases = databases_of(self.credentials, local_servers(self.ports))
        return {s.name: databases.url(s.database, role=AUDITOR_ROLE) for s in SERVICES}

    def token(self, role: str, subject: str | None = None, hours: float = TOKEN_HOURS) -> str:
        """Return a bearer token.

        Raises:
            StackError: There is no such role, or it needs a name.
        """
        return make_token(self.credentials, role=role, subject=subject, hours=hours)

    def operator_token(self) -> str:
        """Return a token for an operator."""
        return self.token(OPERATOR)

    def _url(self, service: str) -> str:
        return f"http://{HOST}:{self.ports[service]}"


def stack_context() -> StackContext:
    """Return the running stack of this work tree.

    Raises:
        StackError: It does not run.
    """
    layout = default_layout()
    if not control.is_up(layout):
        raise StackError("the stack is not running: run `civicloop up`")
    return StackContext(
        layout=layout, credentials=load_credentials(layout), ports=recorded_ports(layout)
    )
