"""The values of one run against those of another: the verdict that a person reads before trusting a rewrite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from memadvise.model import Difference, ResultClass, Verification
from memadvise.trial.approximate import approximately
from memadvise.trial.compare_columns import compare_column
from memadvise.trial.encode import text_digest
from memadvise.trial.model import Allowance, Column, Label, Snapshot
from memadvise.trial.peeked import fewer_columns
from memadvise.trial.verdict import BLIND, SAME, Verdict, different, together, verdict, worst

DIFFERENCES_PER_NAME = 5
NOTHING_ANNOUNCED = Allowance()
_KEYS = {"dict": "keys", "estimator": "attributes"}  # kinds whose elements have names, and what those are


def compare(
    before: Mapping[str, Snapshot], after: Mapping[str, Snapshot], allowance: Allowance = NOTHING_ANNOUNCED
) -> Verification:
    """Return the verdict on a rewrite's values: the worst class of all names of ``before``.

    A name or column that is missing and was not announced is a difference; names that only ``after`` has are fine.
    What could not be looked into is listed under ``not_compared`` (as "name" or "name['key']"), never called equal.
    """
    verdicts: dict[str, Verdict] = {}
    for name in before:
        if name in after:
            verdicts[name] = _compare_named(name, before[name], after[name], allowance)
        elif name not in allowance.gone:
            verdicts[name] = different("is missing after the change")
    result = worst(found.result for found in verdicts.values())
    return Verification(
        equal=result is not ResultClass.DIFFERENT,
        result=result,
        compared=tuple(name for name, found in verdicts.items() if "" not in found.blind),
        differences=tuple(_differences(verdicts)),
        not_compared=tuple(name + path for name, found in verdicts.items() for path in found.blind),
    )


def _differences(verdicts: Mapping[str, Verdict]) -> Iterable[Difference]:
    for name, found in verdicts.items():
        for _, text in found.found[:DIFFERENCES_PER_NAME]:
            yield Difference(name, text)
        if len(found.found) > DIFFERENCES_PER_NAME:
            yield Difference(name, f"and {len(found.found) - DIFFERENCES_PER_NAME} more differences")


def _compare_named(name: str, before: Snapshot, after: Snapshot, allowance: Allowance) -> Verdict:
    before, after, retyped = _without_retyped(name, before, after, allowance)
    found = together([_compare_allowed(name, before, after, allowance), *retyped])
    if allowance.approximate and found.result is ResultClass.DIFFERENT:
        return approximately(before, after) or found
    return found


def _without_retyped(
    name: str, before: Snapshot, after: Snapshot, allowance: Allowance
) -> tuple[Snapshot, Snapshot, list[Verdict]]:
    """Take out the columns that were announced to be of another kind and are, with a finding for each."""
    announced = set(allowance.retyped.get(name, ()))
    if name in allowance.peeks:
        announced |= {label for labels in allowance.retyped.values() for label in labels}
    if announced and before.kind == after.kind and before.kind.startswith("estimator "):
        return _without_attributes(before, after, {repr(label) for label in announced})
    if not announced or not before.kind == after.kind == "pandas.DataFrame":
        return before, after, []
    labels = {text_digest(label) for label in announced}
    dtypes = {column.label.value: column.dtype for column in after.columns}
    changed = {
        column.label.value
        for column in before.columns
        if column.label.value in labels and dtypes.get(column.label.value, column.dtype) != column.dtype
    }
    result = ResultClass.DISPLAY if name in allowance.peeks else ResultClass.SAME_VALUES
    found = [
        verdict(result, f"column {column.label.text}: {column.dtype} -> {dtypes[column.label.value]}, as announced")
        for column in before.columns
        if column.label.value in changed
    ]
    return _without(before, changed), _without(after, changed), found


def _without_attributes(
    before: Snapshot, after: Snapshot, announced: set[str]
) -> tuple[Snapshot, Snapshot, list[Verdict]]:
    """Take out an estimator's attributes that were announced to be others and are, with a finding for each."""
    names, (old,), (new,) = before.index[0].head, before.columns, after.columns
    if before.index[0].exact != after.index[0].exact or not len(names) == len(old.items) == len(new.items):
        return before, after, []
    changed = [
        row for row, name in enumerate(names) if name in announced and old.items[row].exact != new.items[row].exact
    ]
    items = tuple(old.items[row] if row in changed else item for row, item in enumerate(new.items))
    found = [verdict(ResultClass.SAME_VALUES, f".{names[row][1:-1]} is another one, as announced") for row in changed]
    return before, replace(after, columns=(replace(new, items=items),)), found


def _without(found: Snapshot, labels: set[bytes]) -> Snapshot:
    kept = tuple(column for column in found.columns if column.label.value not in labels)
    return replace(found, columns=kept) if labels else found


def _compare_allowed(name: str, before: Snapshot, after: Snapshot, allowance: Allowance) -> Verdict:
    if name in allowance.peeks and before.kind == after.kind == "pandas.DataFrame":
        narrowed = _narrowed(before, after, {column.label.value for column in before.columns})
        found = _compare(narrowed, after)
        fewer = len(before.columns) - len(narrowed.columns)
        if not fewer:
            return found
        return together([found, verdict(ResultClass.DISPLAY, f"shows {fewer} fewer columns")])
    if name in allowance.peeks and (peeked := fewer_columns(before, after)) is not None:
        return peeked
    may_lack = {text_digest(label) for label in allowance.fewer_columns.get(name, ())}
    return _compare(_narrowed(before, after, may_lack), after)


def _narrowed(before: Snapshot, after: Snapshot, may_lack: set[bytes]) -> Snapshot:
    """Return ``before`` without the columns that ``after`` lacks and may lack (digests of their labels)."""
    there = Counter(column.label.value for column in after.columns)
    kept = []
    for column in before.columns:
        there[column.label.value] -= 1
        if there[column.label.value] >= 0 or column.label.value not in may_lack:
            kept.append(column)
    if len(kept) == len(before.columns):
        return before
    return Snapshot(before.kind, before.type, tuple(kept), before.index, before.shape, before.axis)


def _compare(before: Snapshot, after: Snapshot) -> Verdict:
    """Return the verdict on two values."""
    if before.kind != after.kind or (before.kind == "opaque" and before.type != after.type):
        if before.sparse is not None and after.kind == before.sparse.kind:
            found = _compare(before.sparse, after)
            same = found.result is ResultClass.SAME_VALUES and not found.blind
            return verdict(ResultClass.SAME_VALUES, f"{before.type} -> {after.type}") if same else found
        return _other_kind(before, after)
    if before.kind == "opaque":
        return BLIND
    if before.shape != after.shape:
        return different(f"shape {before.shape} -> {after.shape}")
    if before.exact == after.exact and not before.opaque:
        return SAME
    return together([*_types(before, after), *_rows(before, after), *_columns(before, after)])


def _other_kind(before: Snapshot, after: Snapshot) -> Verdict:
    return different(f"{_shown(before)} -> {_shown(after)}")


def _shown(found: Snapshot) -> str:
    if found.kind == "scalar" and found.columns and found.columns[0].head:
        return f"{found.type} {found.columns[0].head[0]}"
    return found.type


def _types(before: Snapshot, after: Snapshot) -> Iterable[Verdict]:
    if before.type != after.type and before.kind != "scalar":  # a scalar's type is its column's dtype
        yield verdict(ResultClass.SAME_VALUES, f"{before.type} -> {after.type}")
    if before.axis is not None and after.axis is not None:
        yield _label(before.axis, after.axis, "the name of the columns")


def _label(before: Label, after: Label, place: str) -> Verdict:
    if before.opaque or after.opaque:
        return Verdict(ResultClass.IDENTICAL, (), (f": {place}",))
    if before.exact == after.exact:
        return SAME
    if before.value == after.value:
        return verdict(ResultClass.SAME_VALUES, f"{place}: another type")
    return different(f"{place}: {before.text} -> {after.text}")


def _rows(before: Snapshot, after: Snapshot) -> Iterable[Verdict]:
    """Yield the verdicts on row labels, or on a mapping's keys."""
    place = _KEYS.get(before.kind.partition(" ")[0], "row labels")
    if len(before.index) != len(after.index):
        yield different(f"{place}: {len(before.index)} levels -> {len(after.index)} levels")
        return
    for level, (left, right) in enumerate(zip(before.index, after.index, strict=True)):
        at = place if len(before.index) == 1 else f"{place}, level {level}"
        yield _label(left.label, right.label, f"{at}: name")
        yield _values(left, right, at)


def _columns(before: Snapshot, after: Snapshot) -> Iterable[Verdict]:
    """Yield the verdicts on columns by position, once it is certain that they are the same ones."""
    labels = [[column.label.value for column in found.columns] for found in (before, after)]
    if before.index and after.index and before.index[0].rows != after.index[0].rows:
        return  # said of the row labels already; every column would say it again
    if labels[0] != labels[1]:
        yield from _other_columns(before, after)
        return
    named = before.kind in ("pandas.DataFrame", "polars.DataFrame", "pyarrow.Table")
    for left, right in zip(before.columns, after.columns, strict=True):
        place = f"column {left.label.text}" if named else ""
        yield _label(left.label, right.label, f"label {left.label.text}")
        yield _values(left, right, place, before)


def _other_columns(before: Snapshot, after: Snapshot) -> Iterable[Verdict]:
    """Yield what is wrong with the columns: missing, added, in another order, or another name of a series."""
    if len(before.columns) == len(after.columns) == 1:
        yield different(f"name: {before.columns[0].label.text} -> {after.columns[0].label.text}")
        return
    counts = [Counter(column.label.value for column in found.columns) for found in (before, after)]
    if counts[0] == counts[1]:
        yield different("the columns stand in another order")
    for column in before.columns:
        if counts[1][column.label.value] < counts[0][column.label.value]:
            yield different(f"column {column.label.text} is missing")
    for column in after.columns:
        if counts[0][column.label.value] < counts[1][column.label.value]:
            yield different(f"column {column.label.text} is new")


def _values(before: Column, after: Column, place: str, whole: Snapshot | None = None) -> Verdict:
    """Return the verdict on two columns, element by element where elements were kept."""
    both = len(before.items) == len(after.items) > 0
    if before.rows == after.rows and both:
        parts = [_compare(left, right) for left, right in zip(before.items, after.items, strict=True)]
        return together(_within(part, _path(row, whole), place) for row, part in enumerate(parts))
    found = compare_column(before, after, place)
    if not (before.opaque or after.opaque):
        return found
    blind = f": {place}" if place else " (some elements)"
    return Verdict(found.result, found.found, (*found.blind, blind))


def _path(row: int, whole: Snapshot | None) -> str:
    """Return how an element is reached from the value that holds it: "['key']", ".attribute" or "[3]"."""
    named = whole is not None and whole.kind.partition(" ")[0] in _KEYS
    head = whole.index[0].head if named and whole is not None else ()
    if row >= len(head):
        return f"[{row}]"
    return f"[{head[row]}]" if whole is not None and whole.kind == "dict" else f".{head[row][1:-1]}"


def _within(part: Verdict, path: str, place: str) -> Verdict:
    at = f"{place} {path}" if place else path
    found = tuple((result, f"{at}{'' if text[0] in '[.' else ': '}{text}") for result, text in part.found)
    return Verdict(part.result, found, tuple(at + blind for blind in part.blind))
