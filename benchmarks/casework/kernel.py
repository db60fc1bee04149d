"""A notebook run in a fresh kernel without advice: what all its cells took over the imports, and its results."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from memadvise.batch.kernel import RunOptions, code_cells, run_once

ANSWER = ".casework-results.pickle"
MAGIC = "%%memadvise"
LAST = "casework-results"  # id of the cell that writes the results down


class StoppedError(RuntimeError):
    """A cell raised, or its kernel died; the message says which and why."""


@dataclass(frozen=True)
class Taken:
    """What one run took: bytes of the peak over the imported libraries, seconds of all other cells; and its results."""

    growth_bytes: int
    wall_s: float
    results: dict[str, Any]


def measure(notebook: Any, folder: Path, names: tuple[str, ...] = ()) -> Taken:
    """Run every code cell as it is, without the magic; the first one holds the imports, and is where growth begins.

    ``names`` are read from the kernel when all is measured; one that is not there is missing from the results.

    Raises:
        StoppedError: a cell raised.
    """
    run = run_once(_prepared(notebook, names), frozenset(), RunOptions(folder), compare=False)
    if run.failed:
        raise StoppedError(f"{run.failed}: {run.problem}")
    imports, *work = [outcome.report.measurement for cell_id, outcome in run.outcomes.items() if cell_id != LAST]
    answer = folder / ANSWER
    results = pickle.loads(answer.read_bytes())
    answer.unlink()
    growth = max(cell.peak_bytes for cell in work) - imports.end_bytes
    return Taken(growth, sum(cell.wall_s for cell in work), results)


def _prepared(notebook: Any, names: tuple[str, ...]) -> Any:
    """Return a copy without the magic and with a last cell that writes the results down."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code" and cell.source.startswith(MAGIC):
            cell.source = cell.source.split("\n", 1)[-1] if "\n" in cell.source else ""
    found = f"{{name: globals()[name] for name in {list(names)!r} if name in globals()}}"
    write = f"__import__('pickle').dump({found}, open({ANSWER!r}, 'wb'))"
    copy.cells.append(nbformat.v4.new_code_cell(write, id=LAST))
    assert len(code_cells(copy)) > 2, "a notebook has imports and work"
    return copy
