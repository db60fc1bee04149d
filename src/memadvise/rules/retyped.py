"""What the rules on types share: a card for columns that become smaller by being told their type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
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
from memadvise.rewrite.follow.values import PEEK, Usage
from memadvise.rules.common import KnownFrame, NotWritableError, smaller_frame

WORTH = 0.02  # of the frame's bytes: a card for less is noise
SHOW_TYPES = frozenset({".info()", ".dtypes"})  # peeks that print the dtype


@dataclass(frozen=True)
class Column:
    """One column that can be smaller: its evidence, the new dtype as pandas spells it, and its bytes then.

    ``date_format`` instead of ``dtype`` for text that becomes dates. ``against``: why the read itself forbids it.
    """

    found: ColumnEvidence
    nbytes: int
    dtype: str = ""
    date_format: str = ""
    against: str = ""


Wanted = Callable[[KnownFrame, ColumnEvidence], Column | None]
Objection = Callable[[Usage, Column], str]


@dataclass(frozen=True)
class TypeRule:
    """What one rule on types is made of.

    ``wanted`` says from the evidence what a column could be; ``objection`` why the notebook's use forbids it (empty:
    it does not). ``title`` is filled with the columns' names, ``why`` says the first column's case.
    ``instead`` gives another type for a column whose use forbids the first one.
    ``always_shown``: values look otherwise wherever a peek shows them, not only where dtypes are printed.
    """

    rule: str
    wanted: Wanted
    objection: Objection
    title: str
    why: Callable[[KnownFrame, list[Column]], str]
    result: ResultClass = ResultClass.SAME_VALUES
    always_shown: bool = False
    other_values: bool = False
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
    for name in known.header:
        found = known.column(name)
        column = None if found is None else rule.wanted(known, found)
        if column is None:
            continue
        reason = column.against or rule.objection(use, column)
        other = rule.instead(column) if reason and rule.instead else None
        if other is not None and not (other.against or rule.objection(use, other)):
            column, reason = other, ""
        if reason:
            yield HeldBack(rule.rule, cell.cell_id, cell.index, f"column {name!r}: {reason}")
        else:
            chosen.append(column)
    total = known.total_bytes
    saved = tuple((column.found.name, column.found.nbytes - column.nbytes) for column in chosen)
    if not chosen or sum(nbytes for _, nbytes in saved) < WORTH * total:
        return
    change = FrameChange(
        cell_id=cell.cell_id,
        name=known.name,
        dtypes=tuple((column.found.name, column.dtype) for column in chosen if column.dtype),
        dates=tuple((column.found.name, column.date_format) for column in chosen if column.date_format),
        saved=saved,
        total_bytes=total,
    )
    try:
        edit = known.edit(change)
    except NotWritableError as reason:
        yield HeldBack(rule.rule, cell.cell_id, cell.index, str(reason))
        return
    names = [column.found.name for column in chosen]
    peeks = shown_in(use, names, everywhere=rule.always_shown)
    yield Recommendation(
        rule=rule.rule,
        technique=Technique.COMPRESSION,
        title=rule.title.format(
            ", ".join(names[:3]).replace("{", "{{").replace("}", "}}") + (" …" if len(names) > 3 else "")
        ),
        why=rule.why(known, chosen),
        result=ResultClass.DISPLAY if peeks and rule.result is ResultClass.SAME_VALUES else rule.result,
        predicted_peak=smaller_frame(evidence, cell.cell_id, total - change.saved_bytes, total),
        edits=(edit,),
        peeks=peeks,
        retyped=_retyped(use, names) if rule.other_values else (),
        change=change,
    )


def shown_in(use: Usage, columns: Iterable[str], *, everywhere: bool) -> tuple[str, ...]:
    """Return the ids of the cells whose peeks show the columns (where ``everywhere``) or print their dtypes."""
    wanted = set(columns)
    return tuple(
        dict.fromkeys(
            one.cell_id
            for one in use.uses
            if one.operation == PEEK and wanted & one.columns and (everywhere or one.what in SHOW_TYPES)
        )
    )


def _retyped(use: Usage, columns: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return (frame, columns) of every name that ever holds one of the columns as it was read."""
    wanted = set(columns)
    return tuple((name, tuple(sorted(wanted & held))) for name, held in use.names if wanted & held)


def forbidden(allowed: frozenset[str], ends: frozenset[str] = frozenset()) -> Objection:
    """Return an objection to every use that is none of ``allowed`` (nor behind one of ``ends``)."""

    def objection(use: Usage, column: Column) -> str:
        for one in use.against(column.found.name, allowed, ends):
            return f"{one.operation} in cell {one.index} ({one.what})"
        return ""

    return objection
