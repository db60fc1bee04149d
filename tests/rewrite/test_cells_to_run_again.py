"""Which cells run again after an edit."""

from __future__ import annotations

from memadvise.model import Cell, Edit, NotebookSource
from memadvise.rewrite.dependents import to_run_again


def _notebook(*sources: str, measured: int) -> NotebookSource:
    cells = tuple(Cell(f"c{index}", index, source) for index, source in enumerate(sources))
    return NotebookSource(cells, cells[measured].cell_id)


def test_the_measured_cell_runs_again_though_it_names_nothing_of_the_edit() -> None:
    """Memory that an earlier cell lets go of is missing from its start: its new peak is asked for."""
    notebook = _notebook("raw = 1", "df = raw", "y = 2", "x = 3", measured=3)
    edit = Edit("c1", 1, "df = raw", "df = raw\ndel raw")

    assert to_run_again(notebook, (edit,)) == ("c1", "c3")


def test_cells_through_which_the_change_flows_run_between() -> None:
    """A cell that names what an edited cell binds."""
    notebook = _notebook("raw = 1", "df = raw", "y = df", "z = 0", "x = y", "w = x", measured=4)
    edit = Edit("c1", 1, "df = raw", "df = raw\ndel raw")

    assert to_run_again(notebook, (edit,)) == ("c1", "c2", "c4")
