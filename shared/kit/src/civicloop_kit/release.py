"""Which release this is: kept beside what it could not apply, so that a fixed one is told apart."""

from importlib.metadata import version
from typing import Final

RELEASE: Final = version("civicloop-kit")
