"""`memadvise run` and `check` on small notebooks in real kernels: exit codes, reports, what is written where."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest
from made_notebooks import READ, WORK, Said, call, data, notebook

from memadvise.model import Difference, ResultClass, Verification

OLD_FORMATS = [0, 1, 2, 3, 4]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the data, not the working directory."""
    made = tmp_path_factory.mktemp("cli")
    data(made)
    return made


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Call from another folder than the notebook's; no process and no file is left behind by a run."""
    monkeypatch.chdir(tmp_path)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    _, alive = psutil.wait_procs(left, timeout=20)

    assert not alive


def test_default_cells(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cells that begin with the magic are measured, in the notebook's own folder; only the two files are written."""
    path = notebook(folder / "work.ipynb", [READ, WORK, "print(by.size)"], ids=["read", "work", "last"])
    before, there = path.read_bytes(), sorted(folder.iterdir())
    said = call(capsys, "run", path, "--out", tmp_path / "new.ipynb", report=tmp_path / "report.json")
    new = nbformat.read(tmp_path / "new.ipynb", as_version=4)

    (cell,) = said.cells
    assert said.code == 0
    assert (cell["index"], cell["cell_id"], cell["status"], cell["name"]) == (1, "work", "ok", None)
    assert cell["source"] == WORK
    assert cell["measurement"]["increment_bytes"] == (
        cell["measurement"]["peak_bytes"] - cell["measurement"]["start_bytes"]
    )
    assert cell["recommendations"][0]["rule"] == "unused-columns"
    assert [card["number"] for card in cell["recommendations"]] == list(range(1, len(cell["recommendations"]) + 1))
    assert cell["applied"] is None
    assert "memadvise: peak " in said.out
    assert path.read_bytes() == before
    assert sorted(folder.iterdir()) == there
    assert sorted(found.name for found in tmp_path.iterdir()) == ["new.ipynb", "report.json"]
    assert [found.source for found in new.cells] == [READ, WORK, "print(by.size)"]
    assert new.cells[2].outputs[0].text == "3\n"


@pytest.fixture(scope="module")
def old_notebook(folder: Path) -> Path:
    """A notebook of format 4.2: no cell ids, prose and raw cells between the code."""
    return notebook(folder / "old.ipynb", ["a = 1", "", "%%memadvise -n label\nb = 2", "c = 3"], minor=2, prose=True)


def test_chosen_cells_in_an_old_notebook(
    old_notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--cell` takes numbers that count code cells from 0, and may be repeated; those cells alone are measured."""
    said = call(capsys, "run", old_notebook, "--cell", "3", "--cell", "0", "--cell", "3", report=tmp_path / "r.json")

    assert said.code == 0
    assert [cell["index"] for cell in said.cells] == [0, 3]
    assert [cell["source"] for cell in said.cells] == ["a = 1", "c = 3"]


def test_all_cells_and_an_id(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--all` measures each cell with code in it; `--cell ID` the one of that id, and a number is a number first."""
    path = notebook(folder / "ids.ipynb", ["a = 1", "   ", "%%memadvise -n label\nb = 2"], ids=["2", "blank", "third"])
    every = call(capsys, "run", path, "--all", report=tmp_path / "every.json")
    chosen = call(capsys, "run", path, "--cell", "third", "--cell", "2", report=tmp_path / "chosen.json")

    assert [cell["cell_id"] for cell in every.cells] == ["2", "third"]
    assert [cell["name"] for cell in every.cells] == [None, "label"]
    assert [cell["cell_id"] for cell in chosen.cells] == ["third"]


@pytest.fixture(scope="module")
def work(folder: Path) -> Path:
    """The notebook whose read can be narrowed, with a cell after the measured one."""
    return notebook(folder / "apply.ipynb", [READ, WORK, "print(by.size)"], ids=["read", "work", "last"], prose=True)


@pytest.mark.parametrize("apply", ["best", "unused-columns", "1"])
def test_apply(apply: str, work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was asked for is applied, run in a fresh kernel and verified; only the new notebook has the new code."""
    before = work.read_bytes()
    out = tmp_path / "new.ipynb"
    said = call(capsys, "run", work, "--apply", apply, "--out", out, report=tmp_path / "report.json")
    code = [cell.source for cell in nbformat.read(out, as_version=4).cells if cell.cell_type == "code"]
    (cell,) = said.cells
    applied = cell["applied"]

    assert said.code == 0
    assert "unused-columns" in applied["rule"]
    assert applied["verification"]["equal"]
    assert {"by", "Out", "print[2]"} <= set(applied["verification"]["compared"])
    assert applied["verification"]["differences"] == []
    assert applied["measurement"]["peak_bytes"] < applied["before"]["peak_bytes"]
    assert 'usecols=["country", "amount"]' in code[0]
    assert [edit["cell_id"] for edit in applied["edits"]] == ["read"]
    assert applied["edits"][0]["before"] == READ
    assert applied["edits"][0]["after"] == code[0]
    assert "applied 1 unused-columns" in said.out
    assert work.read_bytes() == before


def test_apply_of_a_number_that_no_card_has(work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A number that no card has is said; nothing is applied and the report is written."""
    said = call(capsys, "run", work, "--apply", "77", report=tmp_path / "report.json")

    assert "77" in said.out
    assert "no recommendation 77" in said.out
    assert said.cells[0]["applied"] is None


def test_result_that_differs(
    work: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the verification fails the exit code is 1, the change is taken back, and the report says what differed."""
    found = Verification(False, ResultClass.DIFFERENT, ("by",), (Difference("by", "2 values differ"),))
    monkeypatch.setattr("memadvise.batch.notebook.verdict", lambda *runs: found)
    out = tmp_path / "new.ipynb"
    said = call(capsys, "run", work, "--apply", "unused-columns", "--out", out, report=tmp_path / "report.json")

    assert said.code == 1
    assert "unused-columns was taken back: the result differs" in said.out
    assert said.cells[0]["applied"]["verification"]["class"] == "different"
    assert READ in [cell.source for cell in nbformat.read(out, as_version=4).cells]


def run_that_raises(
    folder: Path, cells: list[str], capsys: pytest.CaptureFixture[str], *options: object, name: str = "raises"
) -> tuple[Said, Path]:
    """Run a notebook that stops; return what was said, and where the notebook as it was run stands."""
    path = notebook(folder / f"{name}.ipynb", cells)
    out = Path(f"{name}-out.ipynb")
    return call(capsys, "run", path, "--out", out, *options, report=Path(f"{name}.json")), out


def test_cell_that_raises(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell that raises ends the run with exit code 3; its report is written, later cells did not run."""
    cells = ["x = 1", "%%memadvise\nraise ValueError('<b>no</b>')", "%%memadvise\ny = 2"]
    said, out = run_that_raises(folder, cells, capsys)
    outputs = [cell.outputs for cell in nbformat.read(out, as_version=4).cells]

    assert said.code == 3
    assert [cell["status"] for cell in said.cells] == ["error"]
    assert said.cells[0]["error"] == {"type": "ValueError", "message": "<b>no</b>"}
    assert "the notebook stopped: ValueError: <b>no</b>" in said.err
    assert "Traceback" not in said.err
    assert [output.ename for output in outputs[1] if output.output_type == "error"] == ["ValueError"]
    assert outputs[2] == []


def test_kernel_that_dies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A kernel that dies in a cell is exit code 3, and the report has that cell and those before it."""
    cells = ["%%memadvise\nx = 1", "%%memadvise\nimport os\nos._exit(9)"]
    said, _ = run_that_raises(folder, cells, capsys, name="dies")

    assert said.code == 3
    assert [cell["status"] for cell in said.cells] == ["ok", "error"]
    assert said.cells[1]["error"]["type"] == "DeadKernelError"
    assert "the kernel died" in said.err


def test_timeout(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell that takes longer than `--timeout` ends the run with exit code 3, and its report says why."""
    cells = ["%%memadvise\nx = 1", "%%memadvise\nimport time\ntime.sleep(600)"]
    said, _ = run_that_raises(folder, cells, capsys, "--timeout", "1", name="sleeps")

    assert said.code == 3
    assert [cell["status"] for cell in said.cells] == ["ok", "error"]
    assert "longer than the timeout" in said.cells[1]["error"]["message"]
    assert "the cell took longer than the timeout" in said.err


def test_limit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A cell that grows past `--limit` is stopped before it, with exit code 3 and the status "stopped"."""
    grow = "import time\ng = []\nwhile len(g) < 500:\n    g.append(b'x' * 1_000_000)\n    time.sleep(0.002)"
    said, _ = run_that_raises(folder, [f"%%memadvise\n{grow}"], capsys, "--limit", "250MB", name="grows")

    assert said.code == 3
    assert [cell["status"] for cell in said.cells] == ["stopped"]
    assert said.cells[0]["measurement"]["peak_bytes"] <= 250 * 10**6
    assert said.report["machine"]["limit_bytes"] == 250 * 10**6


def test_empty_notebook(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook without code is done at once: no cell was measured, exit code 0, an empty report."""
    said = call(capsys, "run", notebook(folder / "empty.ipynb", []), report=tmp_path / "report.json")

    assert said.code == 0
    assert said.cells == []
    assert "No cell was measured" in said.out


def test_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` measures every cell: exit code 1 and the cells over the size, 0 when there are none."""
    path = notebook(folder / "check.ipynb", ["small = 1", "large = b'x' * 150_000_000\ndel large", "again = 1"])
    over, under = call(capsys, "check", path, "--max-peak", "150MB"), call(capsys, "check", path, "--max-peak", "2GB")

    assert [over.code, under.code] == [1, 0]
    assert "1 of 3 cells are over the limit" in over.out
    assert over.out.count("memadvise: peak ") == 1
    assert "0 of 3 cells are over the limit" in under.out


def test_check_of_a_notebook_that_raises(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` ends with exit code 3 when a cell raises."""
    said = call(capsys, "check", notebook(folder / "stops.ipynb", ["1 / 0"]), "--max-peak", "2GB")

    assert said.code == 3
    assert "ZeroDivisionError" in said.err


@pytest.mark.parametrize("minor", OLD_FORMATS)
def test_old_formats_are_read(minor: int, tmp_path: Path) -> None:
    """Notebooks of the formats 4.0 to 4.4 have no ids; their cells get ids of their own, all different."""
    from memadvise.batch import read_notebook

    read = read_notebook(notebook(tmp_path / "old.ipynb", ["a", "b", "c"], minor=minor, prose=True))
    ids = [cell.id for cell in read.cells]

    assert all(ids)
    assert len(set(ids)) == len(ids) == 9
