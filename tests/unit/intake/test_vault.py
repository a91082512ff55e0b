"""The vault: only the subject's own key opens what it said, for the purpose it was sealed for."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.ports import Contact, Language
from intake.testing import SUBJECT_KEY
from intake.vault import (
    UnreadableError,
    open_contact,
    open_narrative,
    open_supplement,
    seal_contact,
    seal_narrative,
    seal_supplement,
)

REPORT_ID = UUID(int=1)
CONTACT = Contact(name="王小明", phone="+86 371 0000 0000", language=Language.ENGLISH)


@given(text=st.text(min_size=1))
def test_a_narrative_comes_back_as_it_was(text: str) -> None:
    """Whatever was said is read word for word."""
    sealed = seal_narrative(SUBJECT_KEY, REPORT_ID, text)
    assert text.encode() not in sealed.content or len(text.encode()) < 3
    assert open_narrative(SUBJECT_KEY, REPORT_ID, sealed.content) == text


def test_a_contact_comes_back_as_it_was() -> None:
    """Name, phone and language survive."""
    sealed = seal_contact(SUBJECT_KEY, REPORT_ID, CONTACT)
    assert open_contact(SUBJECT_KEY, REPORT_ID, sealed.content) == CONTACT


def test_nothing_else_opens_it() -> None:
    """Another key, another report, another kind or changed bytes: unreadable."""
    sealed = seal_contact(SUBJECT_KEY, REPORT_ID, CONTACT).content
    for key, report_id, content in (
        (b"x" * 32, REPORT_ID, sealed),
        (SUBJECT_KEY, UUID(int=2), sealed),
        (SUBJECT_KEY, REPORT_ID, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (SUBJECT_KEY, REPORT_ID, b""),
    ):
        with pytest.raises(UnreadableError):
            open_contact(key, report_id, content)
    with pytest.raises(UnreadableError):
        open_narrative(SUBJECT_KEY, REPORT_ID, sealed)


def test_a_contact_does_not_show_itself() -> None:
    """A contact that ends up in a message or a log tells neither name nor phone."""
    assert "王" not in repr(CONTACT)
    assert "371" not in repr(CONTACT)


def test_a_supplement_is_bound_to_its_report_and_id() -> None:
    """It comes back as it was, and stands for no other and for no narrative."""
    sealed = seal_supplement(SUBJECT_KEY, REPORT_ID, UUID(int=5), "就在车站旁")
    assert open_supplement(SUBJECT_KEY, REPORT_ID, UUID(int=5), sealed) == "就在车站旁"
    for key, report_id, supplement_id in (
        (b"x" * 32, REPORT_ID, UUID(int=5)),
        (SUBJECT_KEY, UUID(int=2), UUID(int=5)),
        (SUBJECT_KEY, REPORT_ID, UUID(int=6)),
    ):
        with pytest.raises(UnreadableError):
            open_supplement(key, report_id, supplement_id, sealed)
    with pytest.raises(UnreadableError):
        open_narrative(SUBJECT_KEY, REPORT_ID, sealed)
