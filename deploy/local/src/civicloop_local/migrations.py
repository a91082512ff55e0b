"""Plain SQL migrations, applied in order by the owner of a database."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from yoyo import get_backend, read_migrations

from civicloop_local.errors import StackError

if TYPE_CHECKING:
    from pathlib import Path


def apply_migrations(url: str, folders: tuple[Path, ...]) -> int:
    """Apply what is missing, folder by folder; returns how many were applied.

    Raises:
        StackError: A migration fails, or two folders use the same name.
    """
    _refuse_same_names(folders)
    logging.getLogger("yoyo").setLevel(logging.WARNING)
    backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
    applied = 0
    try:
        with backend.lock():
            for folder in folders:
                missing = backend.to_apply(read_migrations(str(folder)))
                applied += len(missing)
                backend.apply_migrations(missing)
    except StackError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        database = url.rsplit("/", 1)[-1]
        raise StackError(
            f"a migration of {database} failed ({reason}): correct it and run `civicloop migrate`"
        ) from error
    finally:
        backend.connection.close()
    return applied


def _refuse_same_names(folders: tuple[Path, ...]) -> None:
    # The log of applied migrations knows only their names: a second one would never be applied.
    names = Counter(path.stem for folder in folders for path in folder.glob("*.sql"))
    for name, count in names.items():
        if count > 1:
            raise StackError(f"two migrations are named {name}: rename the newer one")
