"""Where a secret shall be kept is looked at before there is one."""

from pathlib import Path

import pytest

from civicloop.simulator.credentials import keep_secret, require_place
from civicloop_local.errors import StackError


def test_a_new_file_and_an_own_one_will_do(tmp_path: Path) -> None:
    """A second secret goes beside the first."""
    path = tmp_path / "secrets.json"
    require_place(path)
    keep_secret(path, "water", "whsec_1")
    require_place(path)


def test_a_place_that_would_lose_the_secret_is_refused(tmp_path: Path) -> None:
    """Each is told with what to name instead, and stays as it was."""
    strange = tmp_path / "env.sh"
    strange.write_text("export A=1\n")
    for path, said in (
        (strange, "is no JSON of secrets: name another file"),
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "secrets.json", "is no folder"),
    ):
        with pytest.raises(StackError, match=said):
            require_place(path)
    assert strange.read_text() == "export A=1\n"
    assert not (tmp_path / "none").exists()
