"""Sealed bytes open with the same key and context only."""

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from civicloop_kit.sealing import KEY_BYTES, NONCE_BYTES, Sealer, new_key, seal, unseal


@given(plaintext=st.binary(max_size=200), context=st.binary(max_size=20))
def test_what_is_sealed_opens(plaintext: bytes, context: bytes) -> None:
    """Whatever it was."""
    key = new_key()
    assert unseal(key, seal(key, plaintext, context), context) == plaintext


def test_the_same_words_are_never_sealed_alike() -> None:
    """A nonce of its own per seal, and a key of its own per subject."""
    key = new_key()
    first, second = (seal(key, b"words", b"") for _ in range(2))
    assert first[:NONCE_BYTES] != second[:NONCE_BYTES]
    assert first[NONCE_BYTES:] != second[NONCE_BYTES:]
    assert len(key) == KEY_BYTES
    assert new_key() != new_key()


@pytest.mark.parametrize("place", [0, NONCE_BYTES, -1])
def test_a_changed_byte_does_not_open(place: int) -> None:
    """Nonce, text or tag: any change is found out."""
    key = new_key()
    changed = bytearray(seal(key, b"words", b"context"))
    changed[place] ^= 1
    with pytest.raises(InvalidTag):
        unseal(key, bytes(changed), b"context")


def test_another_key_or_context_does_not_open() -> None:
    """Both are bound in."""
    key = new_key()
    sealed = seal(key, b"words", b"context")
    for other_key, context in ((new_key(), b"context"), (key, b"elsewhere")):
        with pytest.raises(InvalidTag):
            unseal(other_key, sealed, context)


def test_a_sealers_key_depends_on_secret_and_purpose() -> None:
    """The same for the same secret and purpose, another one otherwise."""
    secret = bytes(32)
    sealed = Sealer(secret, b"letters").seal(b"words", b"c")
    assert Sealer(secret, b"letters").unseal(sealed, b"c") == b"words"
    for other in (Sealer(secret, b"photos"), Sealer(bytes(31) + b"x", b"letters")):
        with pytest.raises(InvalidTag):
            other.unseal(sealed, b"c")
