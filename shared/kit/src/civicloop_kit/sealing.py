"""Authenticated encryption: AES-256-GCM, the nonce in front, the purpose bound in."""

import os
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES: Final = 12
KEY_BYTES: Final = 32


def new_key() -> bytes:
    """Return a fresh key."""
    return os.urandom(KEY_BYTES)


def seal(key: bytes, plaintext: bytes, context: bytes) -> bytes:
    """Encrypt; only `unseal` with the same key and context reads it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, context)


def unseal(key: bytes, sealed: bytes, context: bytes) -> bytes:
    """Decrypt.

    Raises:
        cryptography.exceptions.InvalidTag: Another key or context, or changed bytes.
    """
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)


class Sealer:
    """Seals a service's own rows with a key derived from its secret."""

    def __init__(self, secret: bytes, purpose: bytes) -> None:
        derived = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose)
        self._key = derived.derive(secret)

    def seal(self, plaintext: bytes, context: bytes) -> bytes:
        """Encrypt."""
        return seal(self._key, plaintext, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt."""
        return unseal(self._key, sealed, context)
