"""What the rules on types share: a card for columns that become smaller by being told their type."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from memadvise.model import (
    ColumnEvidence,
    Evidence,
    FrameChange,
    HeldBack,
    Recommendation,
    ResultClass,
    Technique,
)
from memadvise.rewrite.follow.values import PEEK, Usage, Use
from memadvise.rewrite.read_call import mapped
from memadvise.rules.common import KnownFrame, KnownRead, NotWritableError, smaller_frame

WORTH = 0.02  # of the frame's bytes: a card for less is noise
SHOW_TYPES = frozenset({".info()", ".dtypes"})  # peeks that print the dtype
SHOW_NO_VALUES = frozenset({".shape", ".columns"})


@dataclass(frozen=True)
class Column:
    """One column that can be smaller: its evidence, the new dtype as pandas spells it, and its bytes then.

    ``date_format`` instead of ``dtype`` for text that becomes dates. ``numbers`` are the frame's columns of numbers.
    ``against``: why the read itself forbids it.
    """

    found: ColumnEvidence
    nbytes: int
    dtype: str = ""
    date_format: str = ""
    numbers: frozenset[str] = frozenset()
    against: str = ""


Wanted = Callable[[KnownFrame, ColumnEvidence], Column | None]
Objection = Callable[[Usage, Column], str]
When = Mapping[str, Callable[[Use, Column], bool]]  # operation -> whether it is harmless as it is called here


@dataclass(frozen=True)
class TypeRule:
    """What one rule on types is made of.

    ``wanted`` says from the evidence what a column could be; ``objection`` why the notebook's use forbids it (empty:
    it does not). ``title`` is filled with the columns' names, ``why`` says the first column's case.
    ``instead`` gives another type for a column whose use forbids the first one.
    ``always_shown``: values look otherwise wherever a peek shows them, not only where dtypes are printed. ``shows``
    are operations that show a column so that it looks otherwise, but not behind one of ``ends``. ``lowers_read``: the
    read's own peak falls as the frame does, not only what is held after it. ``told`` gives further arguments of the
    read (keyword, its code) that the columns need.
    """

    rule: str
    wanted: Wanted
    objection: Objection
    title: str
    why: Callable[[KnownFrame, list[Column]], str]
    result: ResultClass = ResultClass.SAME_VALUES
    always_shown: bool = False
    other_values: bool = False
    shows: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    lowers_read: bool = True
    told: Callable[[KnownFrame, list[Column]], tuple[tuple[str, str], ...]] = lambda known, chosen: ()
    instead: Callable[[Column], Column | None] | None = None


def advise_types(
    rule: TypeRule, frames: Iterable[KnownFrame], evidence: Evidence
) -> Iterator[Recommendation | HeldBack]:
    """Ask one rule on types about every frame."""
    for known in frames:
        cell = known.cell.cell
        if known.problem:
            yield HeldBack(rule.rule, cell.cell_id, cell.index, known.problem)
            continue
        if not known.rows:
            yield HeldBack(rule.rule, cell.cell_id, cell.index, f"the values of {known.name} were not looked at")
            continue
        yield from _of_frame(rule, known, evidence)


def _of_frame(rule: TypeRule, known: KnownFrame, evidence: Evidence) -> Iterator[Recommendation | HeldBack]:
    cell, use = known.cell.cell, known.usage()
    chosen: list[Column] = []
    refused: dict[str, list[str]] = {}
    for name in known.header:
        found = known.column(name)
        column = None if found is None else rule.wanted(known, found)
        if column is None:
            continue
        reason = named_twice(known, name) or column.against or rule.objection(use, column)
        other = rule.instead(column) if reason and rule.instead and not named_twice(known, name) else None
        if other is not None and not (other.against or rule.objection(use, other)):
            column, reason = other, ""
        if reason:
            refused.setdefault(reason, []).append(name)
        else:
            chosen.append(column)
    for reason, names in refused.items():
        yield HeldBack(rule.rule, cell.cell_id, cell.index, f"column {_several(names)}: {reason}")
    total = known.total_bytes
    saved = tuple((column.found.name, column.found.nbytes - column.nbytes) for column in chosen)
    if not chosen or sum(nbytes for _, nbytes in saved) < WORTH * total:
        return
    change = FrameChange(
        cell_id=cell.cell_id,
        name=known.name,
        dtypes=tuple((column.found.name, column.dtype) for column in chosen if column.dtype),
        dates=tuple((column.found.name, column.date_format) for column in chosen if column.date_format),
        options=rule.told(known, chosen),
        saved=saved,
        total_bytes=total,
    )
    try:
        edit = known.edit(change)
    except NotWritableError as reason:
        yield HeldBack(rule.rule, cell.cell_id, cell.index, str(reason))
        return
    names = [column.found.name for column in chosen]
    peeks = shown_in(use, names, everywhere=rule.always_shown, shows=rule.shows, ends=rule.ends)
    yield Recommendation(
        rule=rule.rule,
        technique=Technique.COMPRESSION,
        title=rule.title.replace("{}", ", ".join(names[:3]) + (" …" if len(names) > 3 else "")),
        why=rule.why(known, chosen),
        result=ResultClass.DISPLAY if peeks and rule.result is ResultClass.SAME_VALUES else rule.result,
        predicted_peak=smaller_frame(
            evidence, cell.cell_id if rule.lowers_read else "", total - change.saved_bytes, total
        ),
        edits=(edit,),
        peeks=peeks,
        retyped=_retyped(use, names) if rule.other_values else (),
        change=change,
    )


def _several(names: list[str]) -> str:
    """Return columns that one reason holds back, the first few by name."""
    if len(names) == 1:
        return repr(names[0])
    also = ", ".join(repr(name) for name in names[1:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{names[0]!r} (also {also})"


def named_twice(known: KnownFrame, name: str) -> str:
    """Return why a column's type can't be told by name: of two `a` in a file, pandas gives it to `a` and to `a.1`."""
    others = [one for one in known.header if one.startswith(f"{name}.") and one[len(name) + 1 :].isdecimal()]
    return f"column {others[0]!r} may have the same name in the file" if others and known.at_read else ""


def says_for_all(known: KnownFrame, types: Collection[object]) -> bool:
    """Tell whether the read says one of these types for all columns at once: `dtype=str`."""
    if not isinstance(known, KnownRead) or not isinstance(known.read.keywords.get("dtype"), ast.Name | ast.Constant):
        return False
    return (known.read.literal_keywords() or {}).get("dtype") in types


def for_each(known: KnownFrame, dtypes: Mapping[str, str], rest: str) -> tuple[tuple[str, str], ...]:
    """Return the read's option that says each column's dtype where one word said it for all."""
    return (("dtype", mapped({name: dtypes.get(name, rest) for name in known.header})),)


def shown_in(
    use: Usage,
    columns: Iterable[str],
    *,
    everywhere: bool,
    shows: frozenset[str] = frozenset(),
    ends: frozenset[str] = frozenset(),
) -> tuple[str, ...]:
    """Return the ids of the cells whose peeks show the columns (where ``everywhere``) or print their dtypes.

    Also those in which one of the operations ``shows`` is done to them, not behind one of ``ends``.
    """
    wanted = set(columns)
    return tuple(
        dict.fromkeys(
            one.cell_id
            for one in use.uses
            if wanted & one.columns
            and (
                (one.operation == PEEK and one.what in SHOW_TYPES)
                or (one.operation == PEEK and everywhere and one.what not in SHOW_NO_VALUES)
                or (one.operation in shows and not one.after & ends)
            )
        )
    )


def _retyped(use: Usage, columns: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (frame, columns) of every name that ever holds one of the columns as it was read."""
    wanted = set(columns)
    return tuple((name, tuple(sorted(wanted & held))) for name, held in use.names if wanted & held)


def forbidden(allowed: frozenset[str], ends: frozenset[str] = frozenset(), when: When | None = None) -> Objection:
    """Return an objection to every use that is not ``allowed``, not behind one of ``ends``, not harmless ``when``."""
    conditions = when or {}
    words = allowed | frozenset(conditions)

    def objection(use: Usage, column: Column) -> str:
        for one in use.of_column(column.found.name):
            if not one.after & ends and not is_harmless(one, column, words, conditions):
                return f"{one.operation} in cell {one.index} ({one.what})"
        return ""

    return objection


def is_harmless(one: Use, column: Column, allowed: frozenset[str], when: When) -> bool:
    """Tell whether a use is ``allowed``, and as it is called here where ``when`` has a condition for its word."""
    condition = when.get(one.operation)
    return one.operation in allowed and (condition is None or condition(one, column))
