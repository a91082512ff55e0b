"""What is checked before a start."""

from pathlib import Path

import civicloop_kit
from civicloop_kit.startup import shipped_migrations


def test_every_migration_is_asked_for() -> None:
    """The names are those of the files, without their way back."""
    folder = Path(civicloop_kit.__file__).parent / "migrations"
    files = {path.stem for path in folder.glob("*.sql")}
    assert shipped_migrations() == {name for name in files if not name.endswith(".rollback")}
    assert "0001.kit" in shipped_migrations()
