"""The benchmark of measuring: its own code path with a few cells, and that what does not hold is said."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import measurement  # noqa: E402 (found through the path above, as when it is run as a script)
from measuring import cells, cost, judge, outside, report, results, runs, tools, works  # noqa: E402

MB = cells.MB
KIND = cells.CellKind("a cell", "", "x = 1\ny = b'1' * n", 100 * MB, cells.Culprit(2, 100 * MB))


def result_of(reported: tools.Reported | None, failure: str | None = None, peak: int = 100 * MB) -> judge.CellResult:
    """Return the result of one run each, bare and ours, in which ``peak`` was seen from outside."""
    seen = outside.Outside(0, peak, sees_resets=True)
    bare = runs.Run(tools.BARE, KIND.name, tools.Reported(0), seen)
    ours = runs.Run(tools.OURS, KIND.name, reported, seen if reported else None, failure)
    return judge.CellResult(KIND, {tools.BARE: (bare,), tools.OURS: (ours,)})


def page_of(result: judge.CellResult) -> str:
    """Return the report on one cell."""
    return report.report(results.Results("command", 1, 1, cells=(result,), peers=("memray",)))


RIGHT = tools.Reported(100 * MB, lines=((1, 0), (2, 100 * MB)))


def test_some_cells_through_the_whole_benchmark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real cells in real processes are right, lines and children included, and page and plot are written."""
    names = ("function of an earlier cell", "subprocess")
    only = [word for name in names for word in ("--only", name)]

    status = measurement.main(["--quick", "--parts", "cells", *only, "--results", str(tmp_path)])
    page = (tmp_path / "measurement.md").read_text()

    assert status == 0, page
    assert "within 1 % or 1 MB of the reading from outside: 2 of 2" in page
    assert "children within 5 %: 1 of 1" in page
    assert "culprit line right and its bytes within 2 %: 1 of 1" in page
    assert page in capsys.readouterr().out
    assert (tmp_path / "measurement.svg").read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize(
    ("tool", "failure"), [("%%memit", "ValueError: 150000000 bytes are in a wrong format"), ("tracemalloc", None)]
)
def test_peers_run_the_cells(tmp_path: Path, tool: str, failure: str | None) -> None:
    """A peer gives a number of its own for a cell, or the reason why it has none."""
    good = runs.run_cell(tool, "10 ms cell", tmp_path)
    raising = runs.run_cell(tool, "exception with a big local", tmp_path)

    assert good.failure is None
    assert good.reported is not None
    assert good.reported.increment_bytes > 0
    assert raising.failure == failure


def test_a_tool_that_ends_its_process_is_a_result(tmp_path: Path) -> None:
    """A process that dies without an answer is told as a failure of that tool."""
    run = runs.run_cell("no such tool", "10 ms cell", tmp_path)

    assert run.failure == "KeyError: 'no such tool'"


def test_what_is_added_is_timed(tmp_path: Path) -> None:
    """The timed process answers for a real work: bare, bare again and measured."""
    found = cost.cost(works.work_named("10 ms cell"), 2, tmp_path)

    assert found.failure is None
    assert found.bare_s >= 0.01
    assert found.measured_s >= 0.01


def test_right_numbers_are_said_to_hold() -> None:
    """A cell that is measured right has no bold word in its tables."""
    page = page_of(result_of(RIGHT))

    assert "| a cell | 100.00 | 100.00 | +0.00 | 100 | 0.000 | yes |" in page
    assert "| a cell | `y = b'1' * n` | 2 | 2 | 100.0 | 100.0 | +0.0% | yes |" in page
    assert "| a cell | 100.0 | 1.00 | **no number** |" in page  # memray was not run


@pytest.mark.parametrize(
    ("wrong", "row"),
    [
        (replace(RIGHT, increment_bytes=98 * MB), "| a cell | 98.00 | 100.00 | -2.00 | 100 | 0.000 | **no** |"),
        (replace(RIGHT, lines=((1, 100 * MB),)), "| 2 | 1 | 100.0 | 100.0 | +0.0% | **no** |"),
        (replace(RIGHT, lines=((2, 97 * MB),)), "| 2 | 2 | 100.0 | 97.0 | -3.0% | **no** |"),
        (replace(RIGHT, lines=()), "| 2 | none | 100.0 | 0.0 | -100.0% | **no** |"),
    ],
)
def test_wrong_numbers_are_shown_in_bold(wrong: tools.Reported, row: str) -> None:
    """An increment, a line or a line's bytes that are off are said not to hold."""
    result = result_of(wrong)

    assert row in page_of(result)
    assert not all(all(holds) for holds in results.Results("", 1, 1, cells=(result,)).aims().values())


def test_a_failure_is_shown() -> None:
    """A cell that could not be measured is in the tables with its reason, and does not hold."""
    result = result_of(None, "ValueError: a | b")

    assert "**failed: ValueError: a \\| b**" in page_of(result)
    assert not result.holds


def test_agreement_with_a_wrong_look_is_not_enough() -> None:
    """Where the size is known, both readings must be it."""
    assert not result_of(replace(RIGHT, increment_bytes=90 * MB), peak=90 * MB).holds


def test_sums_of_children_must_last() -> None:
    """A sum that is seen once, in the middle of an exit, does not count."""
    assert outside.held([(0, 0), (5, 9), (5, 9), (8, 20), (5, 9), (0, 0)]) == (5, 9)


def test_the_cells_are_as_many_and_as_they_should_be() -> None:
    """There are at least 18 kinds of cell, of different names, and each culprit is a line of its cell."""
    names = [kind.name for kind in cells.CELLS]
    culprits = [(kind, kind.culprit) for kind in cells.CELLS if kind.culprit]

    assert len(names) >= 18
    assert len(set(names)) == len(names)
    assert all(kind.source.split("\n")[culprit.line - 1].strip() for kind, culprit in culprits)


def test_an_unknown_cell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """A name that is no cell's ends the program and lists those there are."""
    with pytest.raises(SystemExit):
        measurement.main(["--only", "no such cell"])

    assert "Hint: one of short spike" in capsys.readouterr().err
