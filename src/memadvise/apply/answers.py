"""What the front end answered, in a person's words; and where new cells go."""

from __future__ import annotations

from memadvise.apply.front_end import Answer
from memadvise.model import Cell, Edit, NotebookSource

_WORDS = {
    "edited": "was edited since the advice was made and is left alone; run the measured cell again for new advice",
    "missing": "is not in the notebook any more",
    "no answer": "JupyterLab did not answer",
    "unknown": "JupyterLab's extension does not know this request; its version may differ from memadvise's",
}


def refusal(notebook: NotebookSource, answer: Answer) -> str:
    """Return why nothing was changed, cell by cell."""
    parts = []
    for problem, cell_id in zip(answer.problems, answer.cell_ids or ("",) * len(answer.problems), strict=False):
        cell = notebook.cell(cell_id)
        words = _WORDS.get(problem, problem)
        parts.append(f"{_named(cell)} {words}" if cell is not None else words)
    return "Nothing was changed: " + ("; ".join(parts) or "the front end refused") + "."


def _named(cell: Cell) -> str:
    """Name a cell as a person sees it: by its first line of code."""
    lines = [line.strip() for line in cell.source.split("\n")]
    first = next((line for line in lines if line and not line.startswith("%%memadvise")), "")
    return f"cell {cell.index} ({first[:57] + '…' if len(first) > 58 else first})"


def anchors(notebook: NotebookSource, edits: tuple[Edit, ...]) -> dict[str, str]:
    """Map each inserted cell's id to the id of the code cell above it."""
    ids = [cell.cell_id for cell in notebook.cells]
    return {edit.cell_id: ids[max(edit.index - 1, 0)] for edit in edits if edit.insert and ids}
