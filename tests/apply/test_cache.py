"""The folder of derived files."""

from __future__ import annotations

from pathlib import Path

import pytest

from memadvise.apply.cache import cached, clear
from memadvise.cli import main
from memadvise.rewrite.sqlite_index import FOLDER

OURS = "orders-0123456789abcdef.sqlite"


def _filled(folder: Path, *names: str) -> Path:
    (folder / FOLDER).mkdir()
    for name in names:
        (folder / FOLDER / name).write_bytes(b"12345")
    return folder


def test_only_derived_files_are_listed(tmp_path: Path) -> None:
    """A file that the rewritten code did not name is never taken for one of its own."""
    folder = _filled(tmp_path, OURS, "notes.txt", "mine.sqlite")

    found = [(path.name, size) for path, size in cached(folder)]

    assert found == [(OURS, 5)]


def test_clear_leaves_other_files(tmp_path: Path) -> None:
    """Clearing removes the derived files and says how much; a folder with somebody's file in it stays."""
    folder = _filled(tmp_path, OURS, "orders-0123456789abcdef.77.partial", "notes.txt")

    freed = clear(folder)

    assert freed == 10
    assert [path.name for path in (folder / FOLDER).iterdir()] == ["notes.txt"]


def test_an_emptied_folder_goes(tmp_path: Path) -> None:
    """When nothing else is in it, the cache folder itself is removed."""
    folder = _filled(tmp_path, OURS)

    clear(folder)

    assert list(folder.iterdir()) == []


def test_command_lists_and_clears(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`memadvise cache` lists without touching; with `--clear` it removes."""
    folder = _filled(tmp_path, OURS)

    assert main(["cache", str(folder)]) == 0
    assert OURS in capsys.readouterr().out
    assert (folder / FOLDER / OURS).exists()
    assert main(["cache", str(folder), "--clear"]) == 0
    assert not (folder / FOLDER).exists()
