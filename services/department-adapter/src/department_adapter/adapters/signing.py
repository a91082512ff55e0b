"""Signatures as Standard Webhooks has them.

Source: https://www.standardwebhooks.com, specification 1.0.
"""

import base64
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

# The specification asks for 24 to 64.
SECRET_BYTES: Final = 32
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the public prefix, not a secret


def new_secret() -> str:
    """Return a fresh secret in the form in which both sides keep it."""
    return SECRET_PREFIX + base64.b64encode(os.urandom(SECRET_BYTES)).decode()


def signed_headers(
    secrets: Sequence[str], message_id: str, now: datetime, body: str
) -> Mapping[str, str]:
    """Return the headers of a message, with a signature per secret: a rotation breaks nothing."""
    sent_at = now.astimezone(UTC).replace(microsecond=0)
    signatures = (Webhook(secret).sign(message_id, sent_at, body) for secret in secrets)
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
