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
    """What one run took: bytes of the peak over the imports (or the first cell that counts), seconds, results."""

    growth_bytes: int
    wall_s: float
    results: dict[str, Any]


def measure(notebook: Any, folder: Path, names: tuple[str, ...] = (), cells: frozenset[str] = frozenset()) -> Taken:
    """Run every code cell as it is, without the magic; the first one holds the imports, and is where growth begins.

    ``names`` are read from the kernel when all is measured; one that is not there is missing from the results. With
    ``cells`` only these count (ids), and growth begins where the first of them does.

    Raises:
        StoppedError: a cell raised.
    """
    run = run_once(_prepared(notebook, names), frozenset(), RunOptions(folder), compare=False)
    if run.failed:
        raise StoppedError(f"{run.failed}: {run.problem}")
    taken = {cell_id: outcome.report.measurement for cell_id, outcome in run.outcomes.items() if cell_id != LAST}
    answer = folder / ANSWER
    results = pickle.loads(answer.read_bytes())
    answer.unlink()
    imports, *work = taken.values()
    start = imports.end_bytes
    if cells:
        work = [found for cell_id, found in taken.items() if cell_id in cells]
        start = work[0].start_bytes
    return Taken(max(cell.peak_bytes for cell in work) - start, sum(cell.wall_s for cell in work), results)


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
