"""The words beside each code are read as they stand."""

from enum import StrEnum

from civicloop_contracts import codes
from civicloop_contracts.meanings import meanings, meanings_in

SOURCE = '''"""Codes."""

from enum import StrEnum


class Colour(StrEnum):
    """What it looks like (颜色).

    More about it.
    """

    RED = "red"  # like fire
    HASH = "#1"  # a "#" in a value is no comment
    # Not beside it.
    PLAIN = "plain"
'''


def test_a_member_means_what_stands_beside_it() -> None:
    """The list means the first line of its docstring."""
    said = meanings_in(SOURCE)["Colour"]
    assert said.text == "What it looks like (颜色)."
    assert said.members == {"red": "like fire", "#1": 'a "#" in a value is no comment', "plain": ""}


def test_every_list_and_member_is_found() -> None:
    """None is lost on the way from the file to the document."""
    lists = {
        name: {member.value for member in kind}
        for name, kind in vars(codes).items()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
    }
    found = meanings()
    assert {name: set(said.members) for name, said in found.items()} == lists
    assert all(said.text for said in found.values())
