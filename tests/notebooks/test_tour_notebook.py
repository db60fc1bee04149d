"""The tour notebook: a clean file, in which every technique has its section and no section hinders another."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from memadvise.batch import Request, read_notebook, run_notebook
from memadvise.batch.kernel import RunOptions
from memadvise.demo import make_data
from memadvise.demo.steps import REWRITES
from memadvise.demo.tour import SETUP, section, section_cells, tour_path
from memadvise.model import Technique


@pytest.fixture(scope="module")
def tour() -> Any:
    """The notebook."""
    return read_notebook(tour_path())


def test_it_is_valid_and_without_outputs() -> None:
    """The file is nbformat 4.5 with an id for each cell, and holds neither outputs nor execution counts."""
    stored = json.loads(tour_path().read_text(encoding="utf-8"))
    nbformat.validate(stored)
    code = [cell for cell in stored["cells"] if cell["cell_type"] == "code"]

    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in stored["cells"]}) == len(stored["cells"])
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


def test_every_code_cell_belongs_to_one_part(tour: Any) -> None:
    """Each code cell carries one tag: the set-up's or a technique's; each technique has one measured cell."""
    parts = {SETUP, "lines", *(technique.value for technique in Technique)}
    tags = [cell.metadata.get("tags", []) for cell in tour.cells if cell.cell_type == "code"]

    assert all(len(found) == 1 and found[0] in parts for found in tags)
    for technique in Technique:
        part = section(tour, technique.value)
        measured = [cell for cell in part.cells if cell.id in section_cells(part) and "%%memadvise" in cell.source]
        assert len(measured) == 1


def test_every_section_is_explained(tour: Any) -> None:
    """A section begins with text, which names each rule that is shown in it."""
    for technique, rules in REWRITES:
        first = next(cell for cell in tour.cells if technique.value in cell.metadata.get("tags", []))

        assert first.cell_type == "markdown"
        assert all(f"*{rule}*" in first.source for rule in rules)


def test_no_section_hinders_another(tour: Any, tmp_path: Path) -> None:
    """Run as a whole, the notebook raises nowhere, and each section's cell gets the cards of its rules."""
    make_data(tmp_path, 3_000_000)

    result = run_notebook(tour, Request(RunOptions(tmp_path)))

    assert not result.raised, result.problem
    offered = {report.cell_id: {card.rule for card in report.recommendations} for report in result.report.cells}
    for technique, rules in REWRITES:
        assert set(rules) <= offered[f"{technique.value}-read"], offered
