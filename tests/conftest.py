"""What all tests share."""

import os
from pathlib import Path

from hypothesis import settings

REFERENCE_DATA = Path(__file__).parents[2] / "shared" / "data"

# How long an example takes says something of the machine only.
settings.register_profile("civicloop", deadline=None)
settings.load_profile("civicloop")

# Tests that read the reference data skip where it is not; this is where it usually is.
if REFERENCE_DATA.is_dir():
    os.environ.setdefault("CIVICLOOP_DATA", str(REFERENCE_DATA))
