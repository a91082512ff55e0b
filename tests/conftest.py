"""What all tests share."""

import os
from pathlib import Path

REFERENCE_DATA = Path(__file__).parents[2] / "shared" / "data"

# Tests that read the reference data skip where it is not; this is where it usually is.
if REFERENCE_DATA.is_dir():
    os.environ.setdefault("CIVICLOOP_DATA", str(REFERENCE_DATA))
