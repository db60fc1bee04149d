"""What is no longer kept, through the command line: names that are gone, results that are shown and not kept."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from made_notebooks import call, notebook

from memadvise.batch.kernel import NotebookRun
from memadvise.batch.outcome import verdict
from memadvise.model import Difference, PredictedPeak, Recommendation, ResultClass, Technique

CELLS = (
    "import pandas as pd\nimport numpy as np\nraw = pd.DataFrame({'v': np.arange(3e6)})",
    "df = raw * 2",
    "df[df['v'] > 1e6]",
    "%%memadvise\ntotal = float((df['v'] + 1).sum())\ntotal",
)
CARD = Recommendation(
    "made-up", Technique.COMPRESSION, "", "", ResultClass.IDENTICAL, PredictedPeak(1, 1, 1), (), unkept=("c",)
)


def test_a_run_lets_go_of_what_is_not_needed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The peak falls by the frame and the output; what is shown is compared with what was shown."""
    path = notebook(tmp_path / "n.ipynb", CELLS)

    said = call(capsys, "run", path, "--apply", "kept-intermediate", report=tmp_path / "report.json")

    applied = said.cells[0]["applied"]
    assert [edit["after"] for edit in applied["edits"]] == ["df = raw * 2\ndel raw", "display(df[df['v'] > 1e6])"]
    assert applied["verification"]["class"] == "identical"
    assert {"df", "total", "Out", "shown[2]"} <= set(applied["verification"]["compared"])
    (card,) = [card for card in said.cells[0]["recommendations"] if card["rule"] == "kept-intermediate"]
    fall = said.cells[0]["measurement"]["peak_bytes"] - card["predicted_peak"]["low_bytes"]
    assert fall == pytest.approx(24e6 + 20e6, rel=0.1)


def test_a_run_leaves_out_a_copy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line with the copy takes nothing, and the cell's peak is lower by it."""
    cells = (CELLS[0], "%%memadvise\nwork = raw.copy()\nwork['z'] = 1\ntotal = float(work['v'].sum())\ntotal")
    path = notebook(tmp_path / "n.ipynb", cells)

    said = call(capsys, "run", path, "--apply", "redundant-copy", report=tmp_path / "report.json")

    applied = said.cells[0]["applied"]
    assert applied["edits"][0]["after"] == cells[1].replace("copy()", "copy(deep=False)")
    assert applied["verification"]["class"] == "identical"
    before = said.cells[0]["measurement"]
    assert before["peak_bytes"] - applied["measurement"]["peak_bytes"] > 15e6


def _run(kind: str, text: str) -> NotebookRun:
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", id="c")])
    number = {"execution_count": 1} if kind == "execute_result" else {}
    made.cells[0].outputs = [nbformat.v4.new_output(kind, {"text/plain": text}, **number)]
    return NotebookRun({}, made)


def test_another_picture_is_a_difference() -> None:
    """What a card says to be shown as before is compared text for text; nothing shown at all is no picture."""
    kept = _run("execute_result", "a  b")

    same = verdict(kept, _run("display_data", "a  b"), [CARD], "m")
    other = verdict(kept, _run("display_data", "a  c"), [CARD], "m")
    nothing = verdict(kept, NotebookRun({}, nbformat.v4.new_notebook()), [CARD], "m")

    assert (same.equal, same.result, same.compared) == (True, ResultClass.IDENTICAL, ("shown",))
    assert (other.equal, other.differences) == (False, (Difference("shown", "another picture is shown"),))
    assert not nothing.equal
