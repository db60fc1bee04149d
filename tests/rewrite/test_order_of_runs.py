"""The order in which cells were run, against the order in which they stand."""

from __future__ import annotations

import pytest

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.ran import disagreement

READ = "df = pd.read_csv('data.csv')"
CELLS = (READ, "df = df[df.a > 1]", "df['b'] = df.b * 2", "x = df.b.sum()")


@pytest.mark.parametrize(
    ("ran", "reason"),
    [
        ((), ""),
        (CELLS, ""),
        (CELLS[:2], ""),
        ((CELLS[1], *CELLS), ""),  # what was before the read's last run does not count
        ((CELLS[0], CELLS[3], CELLS[3], CELLS[1]), ""),
        ((CELLS[0], CELLS[2], CELLS[1]), "was run after cell 2"),
        ((CELLS[0], CELLS[1], CELLS[1]), "more than once"),
        ((CELLS[0], "df = df.head()", CELLS[1]), "no longer in the notebook"),
        ((CELLS[0], "df.dropna(inplace=True)"), "no longer in the notebook"),
        ((CELLS[0], "df.loc[0, 'a'] = 1"), "no longer in the notebook"),
        ((CELLS[0], "%%sql\nselect df"), "no longer in the notebook"),
        ((CELLS[0], "y = df.a.sum()"), ""),
        (("x = 1",), ""),
    ],
)
def test_where_history_and_notebook_disagree_on_a_binding(ran: tuple[str, ...], reason: str) -> None:
    """Cells that change the frame ran once, in the notebook's order, and are still there; else there is a reason."""
    made = tuple(Cell(str(index), index, text) for index, text in enumerate(CELLS))
    notebook = NotebookSource(made, "0", ran=ran)
    cells = parse_notebook(notebook)

    found = disagreement(notebook, cells, cells[0], "df")

    assert (reason in found) if reason else found == ""
