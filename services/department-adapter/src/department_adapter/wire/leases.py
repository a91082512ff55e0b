"""A lease as its department names it: the delivery and the claim, safe in a path. Pure."""

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from department_adapter.domain.commands import DeliveryKind

LEASE_PATTERN: Final = r"^[0-9a-f-]{36}\.[a-z]{1,16}\.[0-9]{1,9}\.[1-9][0-9]{0,17}$"
_KINDS: Final = frozenset(kind.value for kind in DeliveryKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseId:
    """Which delivery was handed out, and which time."""

    delivery_id: str
    claim_no: int

    def __str__(self) -> str:
        """Return it as it stands in a path."""
        return f"{self.delivery_id.replace('/', '.')}.{self.claim_no}"

    @property
    def task_id(self) -> UUID:
        """The task that the delivery is about."""
        return UUID(self.delivery_id.split("/")[0])

    @property
    def kind(self) -> DeliveryKind:
        """What the delivery tells."""
        return DeliveryKind(self.delivery_id.split("/")[1])


def read_lease(text: str) -> LeaseId | None:
    """Return the lease that a path names, or None when we never gave out such a one."""
    if not re.fullmatch(LEASE_PATTERN, text):
        return None
    task_id, kind, sequence, claim_no = text.split(".")
    try:
        UUID(task_id)
    except ValueError:
        return None
    if kind not in _KINDS:
        return None
    return LeaseId(delivery_id=f"{task_id}/{kind}/{sequence}", claim_no=int(claim_no))
