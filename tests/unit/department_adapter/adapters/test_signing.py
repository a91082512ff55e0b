"""Signatures, checked with the public library of Standard Webhooks."""

import base64
from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from department_adapter.adapters.signing import SECRET_BYTES, new_secret, signed_headers

BODY = '{"type":"task.dispatched","narrative":"水管"}'


def test_a_secret_is_fresh_and_in_the_standards_form() -> None:
    """`whsec_` and base64 of 32 random bytes."""
    secret = new_secret()
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == SECRET_BYTES
    assert secret != new_secret()


def test_the_public_library_accepts_our_signature() -> None:
    """Whoever follows the standard can read us."""
    secret = new_secret()
    headers = signed_headers([secret], "task/dispatch/1", datetime.now(UTC), BODY)
    Webhook(secret).verify(BODY, dict(headers))
    assert headers["webhook-id"] == "task/dispatch/1"


def test_during_a_rotation_both_secrets_verify() -> None:
    """A department may change its copy at any time within the day."""
    new, old = new_secret(), new_secret()
    headers = signed_headers([new, old], "id", datetime.now(UTC), BODY)
    for secret in (new, old):
        Webhook(secret).verify(BODY, dict(headers))


def test_another_secret_or_body_does_not_verify() -> None:
    """A forger is found out."""
    secret = new_secret()
    headers = dict(signed_headers([secret], "id", datetime.now(UTC), BODY))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + " ", headers)
