"""The router's parts, joined."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.router.conftest import NOW

from router.main import rules_of
from router.settings import RouterSettings

REQUIRED: dict[str, Any] = {
    "kafka_bootstrap": "localhost:9092",
    "kafka_username": "router",
    "kafka_password": "secret",
    "database_url": "postgresql://router:secret@localhost/router",
    "idempotency_key": b"k" * 32,
    "token_public_key": "{}",
}


def test_the_shipped_rules_are_the_default() -> None:
    """Nothing has to be set to plan by the data in the package."""
    assert rules_of(RouterSettings(**REQUIRED), NOW).catalog.entries


def test_rules_that_cannot_be_used_end_the_start(tmp_path: Path) -> None:
    """One line names the variable and the file."""
    settings = RouterSettings(**REQUIRED, rules_dir=tmp_path)
    with pytest.raises(SystemExit, match=r"CIVICLOOP_RULES_DIR cannot be used: catalog-") as end:
        rules_of(settings, NOW)
    assert "\n" not in str(end.value)
