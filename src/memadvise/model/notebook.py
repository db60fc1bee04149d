"""The notebook's code as values: cells, and edits to cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Origin = Literal["front end", "file", "history"]


@dataclass(frozen=True)
class Cell:
    """One code cell. ``index`` counts code cells from 0; ``source`` is byte for byte what the person sees."""

    cell_id: str
    index: int
    source: str


@dataclass(frozen=True)
class NotebookSource:
    """All code cells in notebook order, and the id of the cell that was measured.

    ``origin`` says where the code was learned: from the front end (as it is on screen), from the saved file, or from
    the kernel's input history (only what was run). ``ran`` are the texts of the cells that this kernel has run, in the
    order in which it did; empty where that is the notebook's order by construction.
    """

    cells: tuple[Cell, ...]
    measured: str
    origin: Origin = "front end"
    ran: tuple[str, ...] = ()

    def cell(self, cell_id: str) -> Cell | None:
        """Return the cell of that id, or None."""
        return next((cell for cell in self.cells if cell.cell_id == cell_id), None)

    def with_edits(self, edits: tuple[Edit, ...]) -> NotebookSource:
        """Return the notebook with ``edits`` made.

        Raises:
            ValueError: an edit names a cell that is not there, or whose source is not the edit's ``before``.
        """
        after = {edit.cell_id: edit for edit in edits if not edit.insert}
        cells: list[Cell] = []
        for cell in self.cells:
            edit = after.pop(cell.cell_id, None)
            if edit is not None and edit.before != cell.source:
                raise ValueError(f"cell {cell.index} was edited since the advice was made")
            cells.append(cell if edit is None else replace(cell, source=edit.after))
        if after:
            raise ValueError(f"no cell with the id {next(iter(after))!r}")
        for edit in edits:
            if edit.insert:
                cells.insert(edit.index, Cell(edit.cell_id, edit.index, edit.after))
        renumbered = tuple(replace(cell, index=index) for index, cell in enumerate(cells))
        return replace(self, cells=renumbered)


@dataclass(frozen=True)
class Edit:
    """One cell's source before and after. With ``insert`` the cell is new and stands at ``index`` among code cells."""

    cell_id: str
    index: int
    before: str
    after: str
    insert: bool = False

    def reversed(self) -> Edit:
        """Return the edit that undoes this one (an inserted cell is emptied, not removed)."""
        return Edit(self.cell_id, self.index, self.after, self.before)
