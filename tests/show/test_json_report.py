"""The JSON report and its schema."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import made_up
import numpy as np
import pytest
from jsonschema import Draft202012Validator

from memadvise.model import CellReport
from memadvise.show import cell_to_json, schema, to_json

VALIDATOR = Draft202012Validator(schema())
FULL = made_up.report(applied=made_up.applied(), tried=(made_up.applied(),))


def test_the_schema_is_a_schema() -> None:
    """It is valid draft 2020-12 itself."""
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "report", [FULL, made_up.small(), made_up.raised(), made_up.hostile()], ids=["full", "small", "raised", "hostile"]
)
def test_reports_fit_the_schema(report: CellReport) -> None:
    """Every kind of report validates after a round trip through text."""
    written = json.loads(json.dumps(to_json(made_up.run(report)), allow_nan=False))

    assert [error.message for error in VALIDATOR.iter_errors(written)] == []


def test_the_fields_are_those_of_the_contract() -> None:
    """Names that others read: result, not result_class; class, not result, in a verification."""
    cell = cell_to_json(FULL)

    assert cell["recommendations"][0]["result"] == "display"
    assert cell["measurement"]["increment_bytes"] == (1229 - 310) * made_up.MIB
    assert cell["applied"]["verification"] == {
        "equal": True,
        "class": "display",
        "compared": ["top", "Out"],
        "not_compared": ["fig"],
        "differences": [],
    }
    assert cell["held_back"][0]["rule"] == "repeated-strings"


def test_cards_stand_in_the_order_of_their_numbers() -> None:
    """The same cards in another order give the same report."""
    turned = replace(FULL, recommendations=FULL.recommendations[::-1])

    assert cell_to_json(turned) == cell_to_json(FULL)


def test_numbers_of_numpy_and_infinities_become_plain() -> None:
    """Bytes are integers, times are finite, whatever the measurement was made of."""
    measured = replace(
        made_up.measurement(),
        peak_bytes=np.int64(9),
        wall_s=float("nan"),
        samples=((np.float64(0.5), np.int64(7)), (float("inf"), 8)),
    )
    done = replace(made_up.applied(), speed_ratio=float("inf"))
    written = json.loads(json.dumps(cell_to_json(made_up.report(measurement=measured, applied=done)), allow_nan=False))

    assert written["measurement"]["peak_bytes"] == 9
    assert written["measurement"]["samples"] == [[0.5, 7]]
    assert written["applied"]["speed_ratio"] is None


def test_a_new_cell_says_that_it_is_one() -> None:
    """An edit that inserts is marked; one that replaces carries the contract's four fields only."""
    edits = [card["edits"][0] for card in cell_to_json(FULL)["recommendations"]]

    assert edits[3]["insert"] is True
    assert set(edits[0]) == {"cell_id", "index", "before", "after"}


def _path(*steps: str | int) -> Callable[[Any, Any], None]:
    def change(report: Any, value: Any) -> None:
        for step in steps[:-1]:
            report = report[step]
        report[steps[-1]] = value

    return change


WRONG = {
    "bytes as text": (_path("cells", 0, "measurement", "peak_bytes"), "9"),
    "bytes with a fraction": (_path("cells", 0, "measurement", "peak_bytes"), 9.5),
    "negative bytes": (_path("machine", "limit_bytes"), -1),
    "an unknown status": (_path("cells", 0, "status"), "fine"),
    "an unknown class": (_path("cells", 0, "recommendations", 0, "result"), "different"),
    "an unknown technique": (_path("cells", 0, "recommendations", 0, "technique"), "magic"),
    "an unknown basis": (_path("cells", 0, "recommendations", 0, "predicted_peak", "basis"), "guess"),
    "another version": (_path("schema"), 2),
    "a field of no contract": (_path("cells", 0, "surprise"), 1),
    "a sample of three": (_path("cells", 0, "measurement", "samples", 0), [0.1, 1, 2]),
    "equal as text": (_path("cells", 0, "applied", "verification", "equal"), "yes"),
    "cells that are no list": (_path("cells"), {}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_report_is_rejected(wrong: tuple[Callable[[Any, Any], None], Any]) -> None:
    """The schema holds types, values and the closed set of fields."""
    report = copy.deepcopy(to_json(made_up.run(FULL)))
    change, value = wrong
    change(report, value)

    assert not VALIDATOR.is_valid(report)


@pytest.mark.parametrize("part", ["measurement", "recommendations", "status", "error", "applied", "name", "source"])
def test_a_missing_field_is_rejected(part: str) -> None:
    """Fields of the contract are there even when they are null or empty."""
    report = to_json(made_up.run(FULL))
    del report["cells"][0][part]

    assert not VALIDATOR.is_valid(report)
