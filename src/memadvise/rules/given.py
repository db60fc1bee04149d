"""Tests of how an operation was called: whether a word of an allow-list is harmless with these arguments."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from memadvise.model import ColumnEvidence
from memadvise.rewrite.follow.values import Use
from memadvise.rules.retyped import Column

Test = Callable[[Use, Column], bool]
_LITERAL = re.compile(r"[\w ,;:&/@#%='\"<>~!-]*")  # texts that mean themselves as a regular expression
_NUMBERS = frozenset({"number", "int", "float", "int64", "int32", "float64", "float32"})


def plainly(places: int = 0, **options: Collection[object]) -> Test:
    """Return a test of a call: so many arguments by place, and by name only these with one of these values."""

    def test(use: Use, column: Column) -> bool:
        given = use.given()
        if given is None or len(given[0]) != places:
            return False
        return all(name in options and value in options[name] for name, value in given[1].items())

    return test


def to_one_of(*types: str) -> Test:
    """Return a test of an `astype`: to one of these dtypes, and nothing more is said."""

    def test(use: Use, column: Column) -> bool:
        found = use.given()
        return found is not None and not found[1] and len(found[0]) == 1 and found[0][0] in types

    return test


def finds_text(use: Use, column: Column) -> bool:
    """Tell whether one text is looked for as it stands, missing values not found: `str.contains("x", na=False)`."""
    given = use.given()
    if given is None or len(given[0]) != 1 or not isinstance(given[0][0], str):
        return False
    literal = given[1].get("regex") is False or _LITERAL.fullmatch(given[0][0]) is not None
    return literal and set(given[1]) <= {"na", "regex"} and given[1].get("na", False) is False


def begins_with_text(use: Use, column: Column) -> bool:
    """Tell the same of `str.startswith` and `str.endswith`, which know no patterns."""
    given = use.given()
    if given is None or len(given[0]) != 1 or not isinstance(given[0][0], str):
        return False
    return set(given[1]) <= {"na"} and given[1].get("na", False) is False


def sorts_the_same(use: Use, column: Column | None = None) -> bool:
    """Tell whether rows of equal keys keep an order of their own: by several keys, or a stable sort."""
    given = use.given()
    if given is None or use.what != ".sort_values()" or not all(isinstance(one, str) for one in given[0]):
        return False
    several = len(given[0]) > 1 and set(given[1]) <= {"ascending", "ignore_index"}
    stable = len(given[0]) == 1 and given[1].get("kind") in {"stable", "mergesort"}
    return several or (stable and set(given[1]) <= {"kind", "ascending", "ignore_index"})


def describes_numbers(use: Use, column: Column) -> bool:
    """Tell whether `frame.describe()` leaves text out because there are numbers."""
    return use.given() == ((), {}) and bool(use.columns & column.numbers)


def of_numbers(use: Use, column: Column) -> bool:
    """Tell whether a reduction of the whole frame is told `numeric_only=True`."""
    given = use.given()
    return given is not None and not given[0] and given[1].get("numeric_only") is True


def chooses_numbers(use: Use, column: Column) -> bool:
    """Tell whether `select_dtypes` chooses columns of numbers only."""
    values = use.values or ()
    return bool(values) and set(use.options) <= {"include"} and all(value in _NUMBERS for value in values)


def as_records(use: Use, column: Column) -> bool:
    """Tell whether `to_dict` makes Python values, not series."""
    return use.given() in (((), {}), (("records",), {}), ((), {"orient": "records"}))


def one_label(use: Use, column: Column) -> bool:
    """Tell whether constants are looked up, no slice and no condition."""
    return bool(use.values)


def only_text(use: Use, column: Column) -> bool:
    """Tell whether all that is given are texts: `fillna("none")`, `+ "!"`."""
    return bool(use.values) and all(isinstance(value, str) for value in use.values or ())


def ascii_only(use: Use, column: Column) -> bool:
    """Tell whether all texts are known to be ASCII: of others two engines make upper case in two ways."""
    text = column.found.text
    return text is not None and bool(text.values) and all(value.isascii() for value in text.values)


def is_number(column: ColumnEvidence | None) -> bool:
    """Tell whether a column is one of numbers."""
    return column is not None and column.dtype.rstrip("0123456789").lower() in {"int", "uint", "float"}
