"""The grid: coarse, and the same for neighbours."""

import re

from pydantic import TypeAdapter

from civicloop_contracts.fact import H3Cell
from intake.grid import H3Grid


def test_a_cell_is_one_of_the_contracts() -> None:
    """Facts take the cell as it is."""
    cell = H3Grid().cell_of(34.7871, 113.6812)
    assert TypeAdapter(H3Cell).validate_python(cell) == cell
    assert re.match(r"^88", cell)


def test_neighbours_share_a_cell_and_strangers_do_not() -> None:
    """Ten metres apart is the same cell, ten kilometres is another."""
    grid = H3Grid()
    here = grid.cell_of(34.7871, 113.6812)
    assert grid.cell_of(34.78711, 113.68121) == here
    assert grid.cell_of(34.88, 113.6812) != here
