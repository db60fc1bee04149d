"""The twelve cases: notebook and expert give the same results, and the benchmark says what it finds."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import cases  # noqa: E402 (found through the path above, as when it is run as a script)
from casework import catalogue, report, result, same  # noqa: E402
from casework.data import make  # noqa: E402

TINY = 0.001
MIB = 2**20


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder under which each kind of data is made once."""
    return tmp_path_factory.mktemp("cases")


def sources(path: Path) -> list[str]:
    """Return the code cells of a notebook without the magic."""
    code = [cell.source for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return [source.removeprefix("%%memadvise\n") for source in code]


def outcome(case: catalogue.Case, code: str) -> dict[str, Any]:
    """Run code in the current folder; return the case's results and the texts of the files that it writes."""
    namespace: dict[str, Any] = {}
    with pd.option_context("display.max_columns", 20):  # put back whatever a notebook sets
        exec(compile(code, case.number, "exec"), namespace)
    found = {name: namespace[name] for name in case.results}
    for name in case.writes:
        found[name] = Path(name).read_text()
        Path(name).unlink()
    return found


@pytest.mark.parametrize("case", catalogue.CASES, ids=lambda case: case.number)
def test_the_expert_gets_the_same(case: catalogue.Case, made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On small data the notebook and what an expert wrote by hand have equal results, floats at rounding."""
    folder = made / case.data
    if not folder.exists():
        make(case.data, folder, TINY)
    monkeypatch.chdir(folder)

    notebook = outcome(case, "\n".join(sources(case.notebook)))
    expert = outcome(case, case.expert.read_text())

    assert same.differences(notebook, expert) == []
    assert notebook


def test_data_are_the_same_each_time(tmp_path: Path) -> None:
    """The same seed makes the same bytes, and a larger scale more of them."""
    for name, scale in (("one", TINY), ("two", TINY), ("large", 4 * TINY)):
        make("flats", tmp_path / name, scale)
    one, two, large = ((tmp_path / name / "flats.csv").read_bytes() for name in ("one", "two", "large"))

    assert one == two
    assert len(large) > 2 * len(one)


def test_sizes_are_those_of_the_survey(tmp_path: Path) -> None:
    """The text of a row times the rows at scale 1 is the size that is said, within a tenth."""
    make("orders", tmp_path, 0.01)

    assert (tmp_path / "orders.csv").stat().st_size / 0.01 == pytest.approx(81e6, rel=0.1)


@pytest.mark.parametrize("case", catalogue.CASES, ids=lambda case: case.number)
def test_notebooks_are_measured_where_a_person_would(case: catalogue.Case) -> None:
    """Imports come first and alone, one or two cells are measured, and the cells parse."""
    code = [cell.source for cell in nbformat.read(case.notebook, as_version=4).cells if cell.cell_type == "code"]

    assert "read_csv" not in code[0]
    assert 1 <= sum(source.startswith("%%memadvise\n") for source in code) <= 2
    assert all(compile(source, case.number, "exec") for source in sources(case.notebook))
    assert not any(cell.get("outputs") for cell in nbformat.read(case.notebook, as_version=4).cells)


FRAME = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]})


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (FRAME, FRAME.astype({"a": "category", "b": "float32"}), True),
        (FRAME, FRAME.assign(b=[1.0, 2.0 + 1e-6]), False),
        (FRAME, FRAME.iloc[::-1], False),
        (FRAME["b"], FRAME["b"].rename("c"), False),
        (FRAME["b"], FRAME["b"] * (1 + 1e-12), True),
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.1, False),
        (float("nan"), float("nan"), True),
        ([1, "a"], [1, "a"], True),
        ([1, "a"], [1, "b"], False),
        ([1], [1, 2], False),
        (np.array([1.0]), np.array([1.0 + 1e-12]), True),
        ({"a": 1.0, "b": (2, 3)}, {"b": (2, 3), "a": 1.0}, True),
        ({"a": 1.0}, {"a": 2.0}, False),
    ],
)
def test_what_counts_as_the_same(left: Any, right: Any, equal: bool) -> None:
    """Equal values in other containers are the same; other values, orders and names are not."""
    assert (same.differences({"name": left}, {"name": right}) == []) is equal


def test_a_result_that_is_missing_differs() -> None:
    """A name that the other side does not have is said."""
    assert same.differences({"a": 1}, {}) == ["a: missing"]


def test_a_case_through_the_whole_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A real case in real kernels: original, rewritten and expert are run, compared, and written down."""
    cases.main(["--only", "5", "--scale", "0.01", "--data", str(tmp_path / "data"), "--results", str(tmp_path)])
    page = (tmp_path / "cases.md").read_text()

    assert "Results as in the notebook as it is, compared outside of memadvise: 1 of 1." in page
    assert "| unused-columns" in page
    assert page in capsys.readouterr().out
    assert (tmp_path / "cases.svg").read_text().rstrip().endswith("</svg>")
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["flats-0.01"]  # nothing else is left


OURS = result.Ours(50 * MIB, 1.0, ("unused-columns",), ("display",), ("same",))
RESULT = result.CaseResult(catalogue.CASES[0], 400 * MIB, 2.0, 20 * MIB, 0.5, (), OURS)


@pytest.mark.parametrize(
    ("ours", "reaches"),
    [
        (replace(OURS, growth_bytes=40 * MIB), True),
        (replace(OURS, growth_bytes=41 * MIB), False),
        (replace(OURS, growth_bytes=10 * MIB, differs=("best: 1 and 2",)), False),
        (replace(OURS, growth_bytes=10 * MIB, problem="KeyError: 'a'"), False),
    ],
)
def test_half_of_the_experts_ratio_with_the_same_result(ours: result.Ours, reaches: bool) -> None:
    """A case is reached by a ratio of half the expert's, and never with another result."""
    found = replace(RESULT, ours=ours)

    assert found.reaches is reaches
    assert ("| **no** |" in report.page([found], 1.0)) is not reaches


def test_what_went_wrong_is_on_the_page() -> None:
    """A result that differs, a stop and a reason to hold back are all said."""
    ours = replace(OURS, held_back=("rule (cell 1): why",), differs=("best: 1 and 2",), problem="KeyError: 'a'")

    page = report.page([replace(RESULT, ours=ours, expert_differs=("stats: missing",))], 1.0)

    assert "- **the result differs: best: 1 and 2**" in page
    assert "- **stopped: KeyError: 'a'**" in page
    assert "- **the expert's result differs: stats: missing**" in page
    assert "- rule (cell 1): why" in page


def test_an_unknown_case_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A number that is no case's ends the program and lists those there are."""
    with pytest.raises(SystemExit):
        cases.main(["--only", "13"])

    assert "Hint: one of 01, 02" in capsys.readouterr().err
