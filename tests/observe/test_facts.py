"""Facts of columns: exact over all rows, or not told."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memadvise.model import TextFacts
from memadvise.observe import facts as facts_module
from memadvise.observe.dates import DATES, FORMATS
from memadvise.observe.facts import blocks_of, facts_of, kind_of


def _facts(column: pd.Series) -> dict[str, Any]:
    kind = kind_of(column)
    found = facts_of(kind)
    assert found is not None, kind
    for block in blocks_of(column, kind):
        found.add(block)
    return found.fields()


def _text(*values: str | None) -> TextFacts:
    found = _facts(pd.Series(values, dtype="str"))["text"]
    assert isinstance(found, TextFacts)
    return found


@pytest.fixture(params=[3, 1 << 16])
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut columns into blocks of three rows, and leave them whole."""
    monkeypatch.setattr(facts_module, "ROWS", request.param)
    monkeypatch.setattr(facts_module, "TEXT_ROWS", request.param)


BIG = 2**63
NUMBERS: dict[str, tuple[pd.Series, dict[str, Any]]] = {
    "ints beyond 2**53": (
        pd.Series([2**53 + 1, 0, -(2**62) - 1]),
        {
            "minimum": -(2**62) - 1,
            "maximum": 2**53 + 1,
            "zeros": 1,
            "nulls": 0,
            "cardinality": 3,
            "monotone": "decreasing",
        },
    ),
    "uint64": (
        pd.Series([BIG, BIG + 5], dtype="uint64"),
        {"minimum": BIG, "maximum": BIG + 5, "monotone": "increasing"},
    ),
    "whole floats with gaps": (
        pd.Series([1.0, np.nan, 3.0, 3.0, 0.0]),
        {"minimum": 0.0, "maximum": 3.0, "nulls": 1, "whole": True, "zeros": 1, "monotone": "", "cardinality": 3},
    ),
    "one fraction at the end": (pd.Series([1.0] * 9 + [0.5]), {"whole": False, "negative_zero": False}),
    "infinity is not whole": (pd.Series([1.0, np.inf]), {"whole": False, "maximum": math.inf}),
    "minus zero": (pd.Series([1.0] * 7 + [-0.0]), {"negative_zero": True, "zeros": 1, "whole": True}),
    "nothing but gaps": (
        pd.Series([np.nan, np.nan]),
        {"nulls": 2, "minimum": None, "whole": None, "cardinality": 0, "monotone": ""},
    ),
    "constant": (pd.Series([4, 4, 4, 4]), {"cardinality": 1, "monotone": "increasing"}),
    "falling": (pd.Series([5, 5, 4, 1, 1]), {"monotone": "decreasing", "cardinality": 3}),
    "order lost between blocks": (pd.Series([1, 2, 3, 0, 4, 5]), {"monotone": ""}),
    "booleans": (pd.Series([True, False, True, True]), {"zeros": 1, "nulls": 0, "cardinality": 2, "exact": True}),
    "float32": (pd.Series([1.5, -2.0], dtype="float32"), {"minimum": -2.0, "whole": False}),
    "nullable ints": (
        pd.Series([1, None, 2**60 + 1], dtype="Int64"),
        {"nulls": 1, "minimum": 1, "maximum": 2**60 + 1, "zeros": 0, "cardinality": 2},
    ),
    "nullable booleans": (pd.Series([True, None], dtype="boolean"), {"nulls": 1, "zeros": 0, "cardinality": 1}),
    "categories": (
        pd.Series(pd.Categorical(["b", None, "b"], ["a", "b"])),
        {"nulls": 1, "cardinality": 1, "exact": True},
    ),
    "dates": (pd.Series(pd.to_datetime(["2024", "2025", "2026", "2027"])), {"nulls": 0, "monotone": "increasing"}),
    "dates with a gap": (pd.Series(pd.to_datetime(["2024", None])), {"nulls": 1, "monotone": ""}),
    "dates of a place": (
        pd.Series(pd.to_datetime(["2024"]).tz_localize("UTC")),
        {"nulls": 0, "monotone": "increasing"},
    ),
    "durations": (pd.Series(pd.to_timedelta([2, 1])), {"nulls": 0, "monotone": "decreasing"}),
    "complex": (pd.Series([1j, np.nan]), {"nulls": 1}),
    "intervals": (pd.Series(pd.interval_range(0, 2)), {"nulls": 0}),
    "no rows": (pd.Series([], dtype="int64"), {"nulls": 0, "minimum": None, "cardinality": 0, "monotone": ""}),
}


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("name", NUMBERS)
def test_facts_of_numbers_and_times(name: str) -> None:
    """Exact, whatever the blocks."""
    column, expected = NUMBERS[name]

    found = _facts(column)

    assert {field: found.get(field) for field in expected} == expected


@pytest.mark.usefixtures("_blocks")
@given(values=st.lists(st.one_of(st.none(), st.floats(-20, 20), st.integers(-5, 5).map(float)), max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[])
def test_facts_of_random_floats_are_those_of_pandas(values: list[float | None]) -> None:
    """Against pandas' own whole-column answers."""
    column = pd.Series(values, dtype="float64")
    held = column.dropna()

    found = _facts(column)

    assert found["nulls"] == column.isna().sum()
    assert found["cardinality"] == column.nunique()
    assert found["zeros"] == (held == 0).sum()
    assert (found["minimum"], found["maximum"]) == ((held.min(), held.max()) if len(held) else (None, None))
    assert found.get("whole") == ((held % 1 == 0).all() if len(held) else None)
    assert (found["monotone"] == "increasing") == (len(column) > 0 and column.is_monotonic_increasing)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    ("values", "facts"),
    [
        (("b", "a", None, "b"), TextFacts(values=("b", "a"), width=1)),
        (("7", "12", "-3", "0"), TextFacts(values=("7", "12", "-3", "0"), numbers=True, whole=True)),
        (("1.5", "2", "-0.25"), TextFacts(values=("1.5", "2", "-0.25"), numbers=True)),
        (("007", "123"), TextFacts(values=("007", "123"), width=3)),
        (("+1", "2"), TextFacts(values=("+1", "2"))),
        (("-0", "11"), TextFacts(values=("-0", "11"), width=2)),
        (("1e5", "2"), TextFacts(values=("1e5", "2"))),
        ((" 1", "2 "), TextFacts(values=(" 1", "2 "), width=2)),
        (("1\n", "2\n"), TextFacts(values=("1\n", "2\n"), width=2)),
        (("١", "٢"), TextFacts(values=("١", "٢"), width=1)),
        (("0.12345678901234567", "1"), TextFacts(values=("0.12345678901234567", "1"))),
        (("123456789012345678", "1"), TextFacts(values=("123456789012345678", "1"), numbers=True, whole=True)),
        (("123456789012345678", "1.5"), TextFacts(values=("123456789012345678", "1.5"))),
        (("9223372036854775808",), TextFacts(values=("9223372036854775808",), width=19)),
        (("é", "e\u0301"), TextFacts(values=("é", "e\u0301"))),
        (("日本", "ab"), TextFacts(values=("日本", "ab"), width=2)),
        (("", "a"), TextFacts(values=("", "a"))),
        ((None, None), TextFacts()),
        ((), TextFacts()),
        (("1", "2", "3", "4", "x"), TextFacts(values=("1", "2", "3", "4", "x"), width=1)),
    ],
)
def test_facts_of_text(values: tuple[str | None, ...], facts: TextFacts) -> None:
    """Numbers that give the same text back, one width in characters, the values in order of appearance."""
    assert _text(*values) == facts


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("layout", FORMATS)
def test_every_format_is_found_and_pandas_reads_it_back(layout: str) -> None:
    """Days above 12 and seconds of all kinds: one format fits, and gives the same texts."""
    times = pd.to_datetime(
        ["1999-12-31 23:59:58.123456", "2024-02-29 00:00:00.000001", "2001-05-13 12:01:40.5", "1970-10-30 13:14:15"],
        format="ISO8601",
    )
    texts = times.strftime(layout)

    found = _text(*texts)

    assert found.date_format == layout
    assert list(pd.to_datetime(pd.Series(texts), format=layout).dt.strftime(layout)) == list(texts)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    "values",
    [
        ("01/02/2024", "03/04/2024"),
        ("2024-02-30", "2024-01-01"),
        ("2023-02-29",),
        ("2024-1-01",),
        ("2024-01-01", "2024-01-01 10:00"),
        ("2024-01-01", "01.02.2024"),
        ("2024-01-01 24:00", "2024-01-02 00:00"),
        ("2024-01-01T10:00:60",),
        ("2024-01-01 10:00:00.123",),
        ("1500-01-01",),
        ("0000-01-01",),
        ("01-jan-2024",),
        ("12-Foo-2024",),
        ("01/02/03",),
        ("2024-01-01", "unknown123"),
        ("2024-01-01", "2024-01-0x"),
        ("12:00", "13:00"),
        ("２０２４-01-01",),
        ("13:00 PM", "01:00 AM"),
        ("2024-01-01+01:00",),
    ],
)
def test_what_is_no_date_or_could_be_two(values: tuple[str, ...]) -> None:
    """Days that do not exist, other spellings, mixed formats, and day/month that can't be told apart: no format."""
    assert _text(*values).date_format == ""


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_format_that_is_told_is_always_one_that_pandas_takes(data: st.DataObject) -> None:
    """Random near-dates: whatever is told, pandas reads with that format and writes the same texts."""
    random = Random(data.draw(st.integers(0, 2**32)))
    layout = random.choice(DATES)
    texts = []
    for _ in range(random.choice([1, 3, 20])):
        made = layout
        for code, most in (("Y", 2300), ("y", 99), ("m", 13), ("d", 31)):
            wide = 4 if code == "Y" else 2
            made = made.replace(f"%{code}", str(random.randint(1650 if code == "Y" else 0, most)).zfill(wide))
        texts.append(made.replace("%b", random.choice(["Jan", "Feb", "May", "Dec"])))

    found = _text(*texts).date_format

    if found:
        column = pd.Series(texts)
        assert list(pd.to_datetime(column, format=found).dt.strftime(found)) == texts


class _Hostile:
    """Says something, and fails the test, whenever it is asked anything."""

    def _fail(self, *_: object) -> bool:
        raise AssertionError("the person's code was run")

    __eq__ = __ne__ = __hash__ = __len__ = __bool__ = __repr__ = __str__ = __sizeof__ = _fail  # type: ignore[assignment]


class _Text(str):
    """A text of the person's own."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise AssertionError("the person's code was run")

    __hash__ = str.__hash__


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", None, "b"], {"nulls": 1, "element": "str", "cardinality": 2}),
        (["a", np.nan, pd.NA], {"nulls": 2, "element": "str"}),
        ([True, None, False], {"nulls": 1, "element": "bool"}),
        ([True, 1], {"nulls": 0, "element": ""}),
        ([1, None, 2**70], {"nulls": 1, "element": "int"}),
        ([1.5, np.nan], {"nulls": 1, "element": "float"}),
        ([b"a", b"b"], {"nulls": 0, "element": "bytes"}),
        ([None, None], {"nulls": 2, "element": ""}),
        (["a", "\ud800"], {"nulls": 0, "element": "str"}),
        (["a", _Hostile()], {}),
        ([_Text("a"), "b"], {}),
        ([[1], {}], {}),
    ],
)
def test_objects_are_looked_at_only_where_they_are_of_pythons_own_types(
    values: list[object], expected: dict[str, Any]
) -> None:
    """One type is named; of a class of the person's no code is run, and nothing is told."""
    column = pd.Series(values, dtype=object)

    found = _facts(column)

    assert {name: found.get(name) for name in expected} == expected
    assert bool(found) == bool(expected)


def test_objects_of_text_have_the_facts_of_text() -> None:
    """As a column of `str` has them; lone surrogates can't be looked at."""
    assert _facts(pd.Series(["2024-01-31", None], dtype=object))["text"].date_format == "%Y-%m-%d"
    assert "text" not in _facts(pd.Series(["\ud800"], dtype=object))


@pytest.mark.parametrize(
    "make", [lambda rows: [f"k{row}" for row in rows], lambda rows: [row * 7 % 100_003 for row in rows]]
)
def test_too_many_distinct_values_are_not_counted(make: Callable[[range], list[object]]) -> None:
    """Above the cap there is no number, below it there is the exact one."""
    many, few = _facts(pd.Series(make(range(50_000)))), _facts(pd.Series(make(range(5_000)) * 3))

    assert "cardinality" not in many
    assert (few["cardinality"], few["exact"]) == (5_000, True)


def test_a_counter_is_known_to_differ_in_every_row() -> None:
    """Strictly in order: all rows differ, however many there are."""
    assert _facts(pd.Series(range(300_000)))["cardinality"] == 300_000


def test_a_thousand_texts_are_kept_and_no_more() -> None:
    """In order of appearance; long ones are not kept at all."""
    assert len(_text(*map(str, range(1000))).values) == 1000
    assert _text(*map(str, range(1001))).values == ()
    assert _text(*(str(row) + "x" * 10_000 for row in range(100))).values == ()


def test_sorted_text_is_in_order_of_its_characters() -> None:
    """Across blocks and chunks of Arrow."""
    column = pd.concat([pd.Series(["a", "b"]), pd.Series(["b", "é"])], ignore_index=True)

    assert _facts(column)["monotone"] == "increasing"
    assert _facts(column[::-1])["monotone"] == "decreasing"
    assert _facts(pd.concat([column, pd.Series(["z"])]))["monotone"] == ""
