"""Where the notebook's code is learned from when no front end has sent it: the saved file, else the input history."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from memadvise.model import Cell, NotebookSource


def notebook_source(
    sent: tuple[Cell, ...], history: Sequence[str], cell_id: str | None, source: str, path: str | None
) -> NotebookSource:
    """Return the whole notebook around the cell that has just run.

    ``sent`` are the cells that the front end sent (empty: none did), ``history`` the kernel's raw inputs in order,
    ``cell_id`` and ``source`` the cell that was run, ``path`` the saved notebook where it is known.
    """
    cells, origin = sent, "front end"
    if not any(cell.cell_id == cell_id for cell in cells):
        cells, origin = (saved_cells(path), "file") if path else ((), "file")
    if any(cell.cell_id == cell_id for cell in cells):
        ran = tuple(Cell(cell.cell_id, cell.index, source) if cell.cell_id == cell_id else cell for cell in cells)
        return NotebookSource(ran, str(cell_id), "front end" if origin == "front end" else "file")
    # a cell run again stands once; the history leaves out the line ends behind a cell's last line
    inputs = list({text.rstrip("\n"): text for text in (*history, source) if text.strip()}.values())
    made = tuple(Cell(f"in-{number}", number, text) for number, text in enumerate(inputs or [source]))
    measured = next((cell for cell in made if cell.source == source), made[-1])
    return NotebookSource(made, measured.cell_id, "history")


def saved_path() -> str | None:
    """Return the notebook's file as the server told the kernel (JPY_SESSION_NAME), when it is there."""
    path = os.environ.get("JPY_SESSION_NAME", "")
    return path if path.endswith(".ipynb") and Path(path).is_file() else None


def saved_cells(path: str) -> tuple[Cell, ...]:
    """Return the code cells of a saved notebook; none when it can't be read."""
    try:
        stored = json.loads(Path(path).read_text(encoding="utf-8"))
        code = [cell for cell in stored["cells"] if cell.get("cell_type") == "code"]
        return tuple(Cell(str(cell.get("id", "")), index, _text(cell["source"])) for index, cell in enumerate(code))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def _text(source: object) -> str:
    return source if isinstance(source, str) else "".join(str(line) for line in source)  # type: ignore[attr-defined]
