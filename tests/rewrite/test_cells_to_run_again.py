"""Which cells run again after an edit."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize(
    ("sources", "edited", "measured", "order"),
    [
        (("df = a()", "raw = b()", "df = df.merge(raw)"), 1, 2, ("c0", "c1", "c2")),
        (("df = a()", "df['n'] = 1", "raw = b()", "df['v'] = df['v'] * raw"), 2, 3, ("c0", "c1", "c2", "c3")),
        (("x = []", "raw = b()", "x.append(raw)"), 1, 2, ("c0", "c1", "c2")),
        (("df = a()", "raw = b()", "df.dropna(inplace=True)\ny = raw"), 1, 2, ("c0", "c1", "c2")),
        (("n = 0", "raw = b()", "n += len(raw)"), 1, 2, ("c0", "c1", "c2")),
        (("df = a()", "raw = b()", "y = df.merge(raw)"), 1, 2, ("c1", "c2")),
        (("df = 0", "raw = b()", "df = raw.head()\ndf = df.dropna()"), 1, 2, ("c1", "c2")),
        (("raw = b()", "raw = raw.dropna()", "y = raw.sum()"), 0, 2, ("c0", "c1", "c2")),
    ],
)
def test_what_a_cell_finds_and_changes_is_made_anew(
    sources: tuple[str, ...], edited: int, measured: int, order: tuple[str, ...]
) -> None:
    """A cell that would change the same value twice is preceded by the cells that make it; no others run."""
    notebook = _notebook(*sources, measured=measured)
    edit = Edit(f"c{edited}", edited, sources[edited], sources[edited] + "  # changed")

    assert to_run_again(notebook, (edit,)) == order
