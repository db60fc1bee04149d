"""One column of the one run against the same column of the other."""

from __future__ import annotations

import re
from unicodedata import normalize

from memadvise.model import ResultClass
from memadvise.trial.model import Column
from memadvise.trial.rounding import gap
from memadvise.trial.verdict import SAME, Verdict, different, verdict


def compare_column(before: Column, after: Column, place: str) -> Verdict:
    """Return the verdict on two columns; ``place`` names them in what is found ("column 'a'").

    Of columns with opaque elements only a difference is ever certain; the caller says what was not compared.
    """
    if before.rows != after.rows:
        return different(_at(place, f"{before.rows} rows -> {after.rows} rows"))
    if before.exact == after.exact:
        return SAME
    if before.order is not None and after.order is not None and before.order != after.order:
        return different(_at(place, "the order of the categories differs"))
    if before.value == after.value:
        return verdict(ResultClass.SAME_VALUES, _at(place, _form(before, after)))
    return _unequal(before, after, place)


def _at(place: str, text: str) -> str:
    return f"{place}: {text}" if place else text


def _form(before: Column, after: Column) -> str:
    if before.dtype != after.dtype:
        return f"{before.dtype} -> {after.dtype}"
    return f"{before.dtype} in another form ({_forms(before)})"


def _forms(column: Column) -> str:
    """Return in what columns of one dtype can differ whose values are equal."""
    if column.dtype == "category":
        return "categories, their order, or whether they are ordered"
    if column.dtype.startswith(("datetime64", "timedelta64")):
        return "frequency or storage"
    if column.floating:
        return "sign of zero, kind of missing value or storage"
    return "types of elements, sign of zero, kind of missing value, storage"


def _unequal(before: Column, after: Column, place: str) -> Verdict:
    """Return the verdict on columns whose values are not all equal: rounding, or the first difference."""
    if before.kept is not None and after.kept is not None and len(before.kept) == len(after.kept):
        found = gap(before.kept, after.kept, before.floating or after.floating)
        if found.row is None and found.largest:
            return verdict(ResultClass.ROUNDING, _at(place, _rounding(before, after, found.largest)))
        if found.row is not None:
            more = f" (and {found.rows - 1} more)" if found.rows > 1 else ""
            values = _shown(before, after, found.row) or f"{found.before} -> {found.after}"
            return different(_at(place, f"{_row(before, found.row)}{values}{more}"))
    if before.floating and after.floating and (before.kept is None or after.kept is None):
        return different(_at(place, f"differs; too large to say by how much{_block(before, after)}"))
    return different(_at(place, _first_difference(before, after)))


def _rounding(before: Column, after: Column, largest: float) -> str:
    dtypes = "" if before.dtype == after.dtype else f" ({before.dtype} -> {after.dtype})"
    return f"largest relative difference {largest:.2g}{dtypes}"


def _row(column: Column, row: int) -> str:
    if column.rows == 1:
        return ""
    return f"row {row}: " if column.label.text else f"element {row}: "  # only what has no rows has no label


def _shown(before: Column, after: Column, row: int) -> str:
    """Return the two values of a row as they were shown, "" where that does not tell them apart."""
    if row >= min(len(before.head), len(after.head)) or before.head[row] == after.head[row]:
        return ""
    return _apart(before.head[row], after.head[row])


def _apart(left: str, right: str) -> str:
    """Return two short texts, with escapes where they would look the same on a screen."""
    if normalize("NFKC", left) == normalize("NFKC", right):
        left, right = (text.encode("ascii", "backslashreplace").decode() for text in (left, right))
    return f"{left} -> {right}"


def _may_differ(before: Column, after: Column, row: int) -> bool:
    """Return whether the blocks of a row differ: where they don't, its two texts are of equal values."""
    if before.step != after.step or not before.step:
        return True
    block = row // before.step
    return before.blocks[block : block + 1] != after.blocks[block : block + 1]


_OF_NUMPY = re.compile(r"^np\.\w+\((.*)\)$")


def _one_number(left: str, right: str) -> bool:
    """Return whether two short texts are one number in two types: 1 and 1.0."""
    try:
        return float(_OF_NUMPY.sub(r"\1", left)) == float(_OF_NUMPY.sub(r"\1", right))
    except ValueError:
        return False


def _first_difference(before: Column, after: Column) -> str:
    """Return the first difference that the short texts show, else the block in which it stands."""
    for row, (left, right) in enumerate(zip(before.head, after.head, strict=False)):
        if left != right and not _one_number(left, right) and _may_differ(before, after, row):
            return f"{_row(before, row)}{_apart(left, right)}"
    if before.dtype != after.dtype:
        return f"{before.dtype} -> {after.dtype}, and the values differ{_block(before, after)}"
    return f"the values differ{_block(before, after)}"


def _block(before: Column, after: Column) -> str:
    count = max(len(before.blocks), len(after.blocks))
    if count < 2 or len(before.blocks) != len(after.blocks) or before.step != after.step:
        return ""
    differing = [index for index in range(count) if before.blocks[index] != after.blocks[index]]
    if not differing:
        return ""
    start = differing[0] * before.step
    return f", first in rows {start} to {min(start + before.step, before.rows) - 1}"
