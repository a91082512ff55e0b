"""Seal and open what reporters say of themselves: with a key per report, bound to its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from cryptography.exceptions import InvalidTag

from civicloop_kit.sealing import seal, unseal
from intake.domain.errors import IntakeError
from intake.domain.model import Sealed, SealedKind
from intake.ports import Contact

if TYPE_CHECKING:
    from uuid import UUID


class UnreadableError(IntakeError):
    """What the vault holds cannot be opened with its subject's key."""


def seal_narrative(key: bytes, report_id: UUID, narrative: str) -> Sealed:
    """Return the reporter's words, sealed."""
    return _seal(key, report_id, SealedKind.NARRATIVE, narrative.encode())


def seal_contact(key: bytes, report_id: UUID, contact: Contact) -> Sealed:
    """Return how to reach the reporter, sealed."""
    return _seal(key, report_id, SealedKind.CONTACT, msgspec.json.encode(contact))


def open_narrative(key: bytes, report_id: UUID, sealed: bytes) -> str:
    """Return the reporter's words.

    Raises:
        UnreadableError: Another key, another report, or changed bytes.
    """
    return _unseal(key, report_id, SealedKind.NARRATIVE, sealed).decode()


def open_contact(key: bytes, report_id: UUID, sealed: bytes) -> Contact:
    """Return how to reach the reporter.

    Raises:
        UnreadableError: Another key, another report, or changed bytes.
    """
    content = _unseal(key, report_id, SealedKind.CONTACT, sealed)
    try:
        return msgspec.json.decode(content, type=Contact)
    except msgspec.DecodeError:
        # The error quotes what it could not read: it must not travel on.
        raise UnreadableError from None


def seal_supplement(key: bytes, report_id: UUID, supplement_id: UUID, text: str) -> bytes:
    """Return what a reporter added, sealed."""
    return seal(key, text.encode(), _supplement_context(report_id, supplement_id))


def open_supplement(key: bytes, report_id: UUID, supplement_id: UUID, sealed: bytes) -> str:
    """Return what a reporter added.

    Raises:
        UnreadableError: Another key, another report or supplement, or changed bytes.
    """
    return _open(key, sealed, _supplement_context(report_id, supplement_id)).decode()


def _seal(key: bytes, report_id: UUID, kind: SealedKind, content: bytes) -> Sealed:
    return Sealed(kind=kind, content=seal(key, content, _context(report_id, kind)))


def _unseal(key: bytes, report_id: UUID, kind: SealedKind, sealed: bytes) -> bytes:
    return _open(key, sealed, _context(report_id, kind))


def _open(key: bytes, sealed: bytes, context: bytes) -> bytes:
    try:
        return unseal(key, sealed, context)
    except (InvalidTag, ValueError) as error:
        raise UnreadableError from error


def _context(report_id: UUID, kind: SealedKind) -> bytes:
    return f"{report_id}/{kind}".encode()


def _supplement_context(report_id: UUID, supplement_id: UUID) -> bytes:
    return f"{report_id}/supplement/{supplement_id}".encode()
