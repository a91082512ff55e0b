"""What can happen to a case at the same time, and who wins: data, which tests are held to."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml


@cache
def load_races() -> Mapping[str, str]:
    """Return, per race, the rule that decides it."""
    table: Mapping[str, str] = yaml.safe_load((files(__package__) / "races.yaml").read_text())
    return table
