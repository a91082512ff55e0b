"""A journal that is on disk before anybody is answered."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from civicloop.simulator.journal import Journal, read_journal


async def test_what_was_appended_is_there(tmp_path: Path) -> None:
    """Lines come back in order, words in any script."""
    journal = Journal(tmp_path / "deep" / "journal.jsonl")
    await journal.append([{"n": 1, "name": "水利局"}, {"n": 2}])
    await journal.append([{"n": 3}])
    assert [entry["n"] for entry in read_journal(tmp_path / "deep" / "journal.jsonl")] == [1, 2, 3]
    await journal.close()


async def test_it_is_synced_before_the_caller_goes_on(tmp_path: Path) -> None:
    """Whoever is answered can count on it."""
    synced: list[int] = []
    journal = Journal(tmp_path / "journal.jsonl", synced.append)
    await journal.append([{"n": 1}])
    assert len(synced) == 1
    await journal.close()


async def test_what_comes_together_shares_a_sync(tmp_path: Path) -> None:
    """A storm costs a few syncs, not one per delivery; nobody's lines are torn apart."""
    synced: list[int] = []
    journal = Journal(tmp_path / "journal.jsonl", synced.append)
    await asyncio.gather(*(journal.append([{"n": n}, {"n": n}]) for n in range(100)))
    await journal.close()
    numbers = [entry["n"] for entry in read_journal(tmp_path / "journal.jsonl")]
    assert numbers == [n for n in range(100) for _ in range(2)]
    assert len(synced) < 10


async def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    """Nobody is told that it is there when it is not; the next one may go through."""
    faults = [OSError(28, "disk full")]

    def sync(_file: int) -> None:
        if faults:
            raise faults.pop()

    journal = Journal(tmp_path / "journal.jsonl", sync)
    with pytest.raises(OSError, match="full"):
        await journal.append([{"n": 1}])
    await journal.append([{"n": 2}])
    await journal.close()


async def test_a_line_that_a_crash_cut_off_is_left_out(tmp_path: Path) -> None:
    """It was never answered; the next line stands alone."""
    path = tmp_path / "journal.jsonl"
    path.write_text(json.dumps({"n": 1}) + '\n{"n": 2, "na')
    journal = Journal(path)
    await journal.append([{"n": 3}])
    await journal.close()
    assert [entry["n"] for entry in read_journal(path)] == [1, 3]


async def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    """It tells what happens in a city."""
    await Journal(tmp_path / "journal.jsonl").close()
    assert stat.S_IMODE((tmp_path / "journal.jsonl").stat().st_mode) == 0o600


def test_no_journal_is_an_empty_one(tmp_path: Path) -> None:
    """The first start."""
    assert read_journal(tmp_path / "none.jsonl") == []
