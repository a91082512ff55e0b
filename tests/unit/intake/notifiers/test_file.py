"""The file notifier: one line per notice, once, readable by its owner only, without a contact."""

import asyncio
import json
from pathlib import Path
from uuid import UUID

import pytest

from intake.domain.notices import TextKey
from intake.notifiers.file import FILE_NAME, FileNotifier
from intake.ports import Contact, Language, Notice, NotifierError


def notice(number: int = 1, language: Language = Language.CHINESE) -> Notice:
    """Return a notice."""
    report_id = UUID(int=number)
    return Notice(
        notice_id=f"{report_id}/1",
        report_id=report_id,
        case_id=UUID(int=7),
        text=TextKey.CLOSED_SOLVED,
        contact=Contact(name="王小明", phone="+86 371 0000 0000", language=language),
    )


def lines(folder: Path) -> list[dict[str, str]]:
    """Return what stands in the file."""
    return [json.loads(line) for line in (folder / FILE_NAME).read_text("utf-8").splitlines()]


async def test_a_notice_becomes_a_line(tmp_path: Path) -> None:
    """The line has ids, language and words; whom it went to stays in the vault."""
    await FileNotifier(tmp_path).send(notice(language=Language.ENGLISH))
    [line] = lines(tmp_path)
    assert line["notice_id"] == f"{UUID(int=1)}/1"
    assert (line["language"], line["text_key"]) == ("en", "closed_solved")
    assert str(UUID(int=7)) in line["text"]
    assert "王" not in (tmp_path / FILE_NAME).read_text("utf-8")
    assert "+86" not in (tmp_path / FILE_NAME).read_text("utf-8")


async def test_the_file_is_its_owner_s(tmp_path: Path) -> None:
    """Nobody else on the machine reads it; a missing folder is made."""
    folder = tmp_path / "made"
    await FileNotifier(folder).send(notice())
    assert (folder / FILE_NAME).stat().st_mode & 0o777 == 0o600


async def test_the_same_notice_is_written_once(tmp_path: Path) -> None:
    """Neither a repeat, nor two at once, nor a restart writes it again."""
    notifier = FileNotifier(tmp_path)
    await asyncio.gather(*(notifier.send(notice()) for _ in range(5)))
    await FileNotifier(tmp_path).send(notice())
    await notifier.send(notice(2))
    assert len(lines(tmp_path)) == 2


async def test_a_torn_line_does_not_swallow_the_next(tmp_path: Path) -> None:
    """After a crash in the middle of a line the notice is written again, on a line of its own."""
    await FileNotifier(tmp_path).send(notice())
    path = tmp_path / FILE_NAME
    path.write_text(path.read_text("utf-8")[:-20], "utf-8")
    await FileNotifier(tmp_path).send(notice())
    torn, whole = path.read_text("utf-8").splitlines()
    assert json.loads(whole)["notice_id"] == f"{UUID(int=1)}/1"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(torn)


async def test_a_file_that_cannot_be_written_is_a_failure_to_try_again(tmp_path: Path) -> None:
    """The worker is told that it may try later."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(NotifierError):
        await FileNotifier(blocked).send(notice())
