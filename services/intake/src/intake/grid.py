"""H3 cells for positions, so that a place can be told coarsely."""

from typing import Final

import h3  # type: ignore[import-untyped]  # it ships none

# Cells of about 0.7 km²: a few hundred households in a city.
RESOLUTION: Final = 8


class H3Grid:
    """The world in hexagons."""

    def cell_of(self, latitude: float, longitude: float) -> str:
        """Return the cell that a WGS 84 position lies in."""
        cell: str = h3.latlng_to_cell(latitude, longitude, RESOLUTION)
        return cell
