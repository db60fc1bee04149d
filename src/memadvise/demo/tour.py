"""The tour notebook: where it is, what its sections are, and how it is opened."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from memadvise.demo.data import make_data

NOTEBOOK = "tour.ipynb"
SETUP = "setup"  # the tag of the cells that every section needs


def tour_path() -> Path:
    """Return the tour notebook: the package's own, else the checkout's.

    Raises:
        FileNotFoundError: it is in neither place.
    """
    here = Path(__file__).resolve().parent
    for path in (here / NOTEBOOK, here.parents[2] / "notebooks" / NOTEBOOK):
        if path.is_file():
            return path
    raise FileNotFoundError(f"the tour notebook {NOTEBOOK} is not in {here}. Hint: install memadvise again")


def section(tour: Any, name: str) -> Any:
    """Return a notebook of the tour's set-up and one section, whose cells carry ``name`` as their tag."""
    import nbformat

    part = nbformat.from_dict(tour)
    part.cells = [cell for cell in part.cells if {SETUP, name} & set(cell.metadata.get("tags", []))]
    return part


def section_cells(part: Any) -> tuple[str, ...]:
    """Return the ids of a section's own code cells, in notebook order."""
    code = (cell for cell in part.cells if cell.cell_type == "code" and cell.source.strip())
    return tuple(cell.id for cell in code if SETUP not in cell.metadata.get("tags", []))


def open_tour(folder: Path, size_bytes: int) -> int:
    """Make the data, put the tour beside it unless one is there, and run JupyterLab on it until it ends.

    Returns JupyterLab's exit code; 0 when it was ended by Ctrl-C.

    Raises:
        RuntimeError: JupyterLab is not installed.
    """
    if find_spec("jupyterlab") is None:
        raise RuntimeError(
            'JupyterLab is not installed. Hint: pip install "memadvise[lab]", or memadvise demo --headless'
        )
    tour = tour_path()
    make_data(folder, size_bytes)
    mine = folder / NOTEBOOK
    if not mine.exists():  # one that is there may hold the person's work
        shutil.copyfile(tour, mine)
    print(f"memadvise: JupyterLab opens {mine}; Ctrl-C ends it", file=sys.stderr)
    return _wait(subprocess.Popen(lab_command(), cwd=folder))


def lab_command() -> list[str]:
    """Return the command that runs JupyterLab on the tour in the current folder."""
    command = [sys.executable, "-m", "jupyterlab", NOTEBOOK]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        print("memadvise: running as root, as in a container: JupyterLab is told to allow it", file=sys.stderr)
        command.append("--allow-root")
    return command


def _wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for JupyterLab; it gets the terminal's Ctrl-C itself, and asks before it ends."""
    interrupted = False
    while True:
        try:
            code = process.wait()
        except KeyboardInterrupt:
            interrupted = True
        else:
            return 0 if interrupted and code <= 0 else abs(code)
