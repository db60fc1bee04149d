"""What became of each name: new, rebound, grown, shrunk, deleted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from memadvise.measure.sizing.variables import MOST_VARIABLES, changes, sizes
from memadvise.model import Measurement, VariableUse
from memadvise.show.where import variables

MB = 10**6


def used(before: dict[str, Any], after: dict[str, Any]) -> dict[str, VariableUse]:
    """Return what changed between two namespaces, by name."""
    return {use.name: use for use in changes(sizes(before), sizes(after))}


def after_change(name: str, value: Any, change: Any) -> VariableUse | None:
    """Return what is told of one value that was changed in place."""
    before = sizes({name: value})
    change(value)
    return next(iter(changes(before, sizes({name: value}))), None)


class TestStates:
    """Each change has its word."""

    def test_new(self) -> None:
        """A name that was not there before is new."""
        assert used({}, {"x": b"1" * MB})["x"].state == "new"

    def test_rebound(self) -> None:
        """Another object under an old name is told as such, whether larger or not."""
        actual = used({"x": np.ones(1000)}, {"x": np.ones(2000)})["x"]

        assert (actual.state, actual.change_bytes) == ("rebound", 8000)

    def test_deleted(self) -> None:
        """A name that is gone is told with nothing left and its old size taken away."""
        actual = used({"x": np.ones(125_000)}, {})["x"]

        assert (actual.state, actual.type, actual.nbytes) == ("deleted", "ndarray", 0)
        assert actual.change_bytes == pytest.approx(-MB, rel=0.01)

    @pytest.mark.parametrize(
        ("value", "change", "state"),
        [
            ([1.5] * 1000, lambda value: value.extend([2.5] * 10_000), "grown"),
            ({1: "a"}, lambda value: value.update(dict.fromkeys(range(1000), 0.5)), "grown"),
            (dict.fromkeys(range(1000), "a"), lambda value: value.clear(), "shrunk"),
            ([b"1" * MB, 2], lambda value: value.pop(0), "shrunk"),
            (SimpleNamespace(), lambda value: setattr(value, "held", np.ones(1000)), "grown"),
            (bytearray(MB), lambda value: value.clear(), "shrunk"),
            (pd.DataFrame({"a": np.ones(1000)}), lambda frame: frame.insert(0, "b", np.ones(1000)), "grown"),
        ],
    )
    def test_changed_in_place(self, value: Any, change: Any, state: str) -> None:
        """The same object that became larger or smaller."""
        actual = after_change("x", value, change)

        assert actual is not None
        assert (actual.state, actual.change_bytes > 0) == (state, state == "grown")

    def test_what_a_deleted_name_shared_is_no_growth_of_another(self) -> None:
        """The frame stays when its second name goes: the name that is left is not told as changed much."""
        frame = pd.DataFrame({"a": np.ones(125_000)})

        actual = used({"first": frame, "second": frame}, {"first": frame})

        assert {name: (use.state, use.change_bytes) for name, use in actual.items()} == {"second": ("deleted", 0)}

    def test_largest_change_first(self) -> None:
        """A large deletion stands before a small new name."""
        before, after = {"old": b"1" * MB, "x": 1}, {"new": b"1" * 1000, "x": 1}

        assert list(used(before, after)) == ["old", "new"]

    def test_bounded_in_number(self) -> None:
        """A cell that binds a thousand names tells the largest changes."""
        after = {f"x{number}": bytes(number * 100) for number in range(1000)}
        actual = changes({}, sizes(after))

        assert len(actual) == MOST_VARIABLES
        assert actual[0].name == "x999"


class TestColumns:
    """Frames and tables of any library are broken down."""

    @pytest.mark.parametrize(
        "make",
        [pd.DataFrame, pl.DataFrame, pa.table, pa.RecordBatch.from_pydict],
        ids=["pandas", "polars", "table", "batch"],
    )
    def test_by_column(self, make: Any) -> None:
        """The largest column comes first, with its bytes."""
        wide, narrow = np.ones(1000), np.ones(1000, "int16")

        actual = used({}, {"x": make({"narrow": narrow, "wide": wide})})["x"]

        assert actual.columns == (("wide", 8000), ("narrow", 2000))
        assert actual.nbytes == pytest.approx(10_000, rel=0.15)

    def test_a_large_index_is_told_apart(self) -> None:
        """What the labels of the rows take is none of the columns'."""
        frame = pd.DataFrame({"a": np.ones(1000)}, index=np.arange(1000) * 2)

        assert [name for name, _ in used({}, {"x": frame})["x"].columns] == ["(index)", "a"]

    def test_a_range_index_is_not_told(self) -> None:
        """A range takes next to nothing."""
        assert [name for name, _ in used({}, {"x": pd.DataFrame({"a": np.ones(1000)})})["x"].columns] == ["a"]

    def test_distinct_dtypes(self) -> None:
        """Each of a thousand blocks is sized by its own."""
        kinds = ["float64", "int8", "Int64", "category", "datetime64[ns]", "string"]
        frame = pd.DataFrame({f"c{n}": pd.Series(np.ones(100)).astype(kinds[n % 6]) for n in range(1000)})
        found = sizes({"x": frame})["x"]

        assert found.is_complete
        assert found.error_bytes < 0.05 * found.nbytes
        assert found.nbytes == pytest.approx(int(frame.memory_usage(deep=True).sum()), rel=0.5)


class TestShown:
    """The table says what is not the usual."""

    def test_state_error_and_device(self) -> None:
        """State, error and device memory are told in words; a new name has no word."""
        uses = (
            VariableUse("gone", "list", 0, -MB, state="deleted"),
            VariableUse("kept", "list", 10 * MB, MB, state="grown", error_bytes=MB),
            VariableUse("net", "Tensor", 100, 0, state="rebound", device_bytes=2 * MB),
        )
        actual = variables(Measurement(0, 0, 0, "", 0, 0.0, variables=uses))

        assert all(word in actual for word in ("deleted", "grown", "rebound", "&plusmn;", "on a device"))

    def test_new_names_have_no_word(self) -> None:
        """What is the usual is not said."""
        uses = (VariableUse("x", "list", MB, MB, error_bytes=1),)
        actual = variables(Measurement(0, 0, 0, "", 0, 0.0, variables=uses))

        assert "new" not in actual
        assert "&plusmn;" not in actual
