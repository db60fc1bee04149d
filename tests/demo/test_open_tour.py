"""Opening the tour: which command runs, what lies beside the data, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from memadvise.demo import open_tour, tour

SIZE = 300_000


class Lab:
    """Stands in for JupyterLab: notes how it was started, and ends as it is told."""

    def __init__(self, code: int = 0, interrupts: int = 0) -> None:
        self.code, self.interrupts = code, interrupts
        self.command: list[str] = []
        self.folder = Path()

    def __call__(self, command: list[str], cwd: Path) -> Lab:
        """Start."""
        self.command, self.folder = command, cwd
        return self

    def wait(self) -> int:
        """Return the exit code, after as many interrupts as there are to be."""
        if self.interrupts:
            self.interrupts -= 1
            raise KeyboardInterrupt
        return self.code


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A JupyterLab that is installed and ends at once."""
    made = Lab()
    monkeypatch.setattr(tour, "find_spec", lambda name: object())
    monkeypatch.setattr(subprocess, "Popen", made)
    return made


def test_the_tour_is_opened_beside_its_data(tmp_path: Path, lab: Lab) -> None:
    """JupyterLab of this very Python opens the copy of the tour in the folder that holds the data."""
    assert open_tour(tmp_path, SIZE) == 0

    assert lab.command[:4] == [sys.executable, "-m", "jupyterlab", "tour.ipynb"]
    assert lab.folder == tmp_path
    assert (tmp_path / "tour.ipynb").read_bytes() == tour.tour_path().read_bytes()
    assert (tmp_path / "orders.csv").exists()


def test_a_tour_that_is_there_is_not_overwritten(tmp_path: Path, lab: Lab) -> None:
    """A notebook that a person may have worked in stays as it is."""
    (tmp_path / "tour.ipynb").write_text("mine", encoding="utf-8")

    open_tour(tmp_path, SIZE)

    assert (tmp_path / "tour.ipynb").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("code", "interrupts", "expected"), [(0, 0, 0), (1, 0, 1), (0, 2, 0), (-2, 1, 0), (1, 1, 1), (-9, 0, 9)]
)
def test_the_exit_code(tmp_path: Path, lab: Lab, code: int, interrupts: int, expected: int) -> None:
    """The code is JupyterLab's own; ended by Ctrl-C it is 0, and Ctrl-C does not leave JupyterLab behind."""
    lab.code, lab.interrupts = code, interrupts

    assert open_tour(tmp_path, SIZE) == expected


def test_without_jupyterlab_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without JupyterLab the message names what to install, before any data is written."""
    monkeypatch.setattr(tour, "find_spec", lambda name: None)

    with pytest.raises(RuntimeError, match=r'pip install "memadvise\[lab\]"'):
        open_tour(tmp_path / "new", SIZE)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(("user", "allowed"), [(0, True), (1000, False)])
def test_root_is_allowed_only_where_it_is_root(monkeypatch: pytest.MonkeyPatch, user: int, allowed: bool) -> None:
    """JupyterLab is told to run as root only when it does."""
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)

    assert ("--allow-root" in tour.lab_command()) is allowed


def test_the_packaged_tour_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The notebook inside the package is taken before the checkout's; without either the message says so."""
    package = tmp_path / "src" / "memadvise" / "demo"
    package.mkdir(parents=True)
    monkeypatch.setattr(tour, "__file__", str(package / "tour.py"))
    with pytest.raises(FileNotFoundError, match="Hint"):
        tour.tour_path()
    found: list[Any] = []
    for folder in (tmp_path / "notebooks", package):
        folder.mkdir(exist_ok=True)
        (folder / "tour.ipynb").touch()
        found.append(tour.tour_path())

    assert found == [tmp_path / "notebooks" / "tour.ipynb", package / "tour.ipynb"]
