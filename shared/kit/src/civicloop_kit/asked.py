"""What a command needs of the request that it came with, beside the body."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from civicloop_kit.auth import Principal
from civicloop_kit.command import CaseCommand, KeyedRequest
from civicloop_kit.http import IdempotencyKey, digest_of, traceparent_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that may be repeated under its idempotency key."""

    request: Request
    idempotency_key: IdempotencyKey = None

    def command(
        self, case_id: UUID, body: object, principal: Principal, sent: BaseModel | None = None
    ) -> CaseCommand:
        """Return the command that the request stands for; *sent* None: it has no body."""
        return CaseCommand(
            case_id=case_id,
            body=body,
            principal=principal.name,
            request=self._keyed(sent),
            traceparent=traceparent_of(self.request),
        )

    def _keyed(self, sent: BaseModel | None) -> KeyedRequest | None:
        if self.idempotency_key is None:
            return None
        # What the path names is what the request is about: no door has to think of it.
        target = "/".join(map(str, self.request.path_params.values()))
        digest = digest_of(sent) if sent is not None else b""
        return KeyedRequest(key=self.idempotency_key, target=target, digest=digest)


AskedHere = Annotated[Asked, Depends()]
