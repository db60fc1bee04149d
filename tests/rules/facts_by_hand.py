"""Facts of the columns of text that a notebook's reads give, worked out plainly; and the advice that follows."""

from __future__ import annotations

import ast
import contextlib
import io
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
from harness import evidence_of, run

from memadvise.model import ColumnEvidence, Evidence, HeldBack, NotebookSource, ReadEvidence, Recommendation, TextFacts
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.reads import Read, find_reads
from memadvise.rules import advise, find_rule

FORMATS = (
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M:%SZ",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%Y/%m/%d",
    "%H:%M",
)


def text_facts(texts: list[str]) -> TextFacts:
    """Return what holds of these texts."""
    distinct = tuple(dict.fromkeys(texts))
    widths = {len(text) for text in texts}
    formats = [form for form in FORMATS if all(_has(text, form) for text in distinct)]
    return TextFacts(
        values=distinct if len(distinct) <= 1000 else (),
        date_format=formats[0] if len(formats) == 1 and texts else "",
        numbers=bool(texts) and all(_number(text) for text in distinct),
        whole=bool(texts) and all(_number(text) and "." not in text for text in distinct),
        width=widths.pop() if len(widths) == 1 else None,
    )


def _has(text: str, form: str) -> bool:
    try:
        return datetime.strptime(text, form).strftime(form) == text
    except ValueError:
        return False


def _number(text: str) -> bool:
    whole, dot, fraction = text.removeprefix("-").partition(".")
    digits = whole.isascii() and whole.isdecimal() and (whole == "0" or not whole.startswith("0"))
    fits = len(whole + fraction) <= (15 if dot else 18)
    return digits and fits and text != "-0" and (not dot or (fraction.isascii() and fraction.isdecimal()))


def columns_of(frame: pd.DataFrame) -> tuple[ColumnEvidence, ...]:
    """Return what is known of a frame's columns over all rows."""
    return tuple(_column(str(name), frame[name]) for name in frame.columns)


def _column(name: str, column: pd.Series) -> ColumnEvidence:
    nbytes, nulls = int(column.memory_usage(index=False, deep=True)), int(column.isna().sum())
    found = ColumnEvidence(name, str(column.dtype), nbytes, nulls)
    if all(isinstance(value, str) for value in column.dropna()):
        found = replace(found, cardinality=int(column.nunique()), exact=True)
    if column.dtype == "str":
        return replace(found, text=text_facts(column.dropna().tolist()))
    if column.dtype == object:
        types = {type(value).__name__ for value in column.dropna()}
        element = types.pop() if len(types) == 1 else ""
        return replace(found, element=element, text=text_facts(column.dropna().tolist()) if element == "str" else None)
    if column.dtype.kind in "iuf" and nulls < len(column):
        return replace(found, minimum=column.min().item(), maximum=column.max().item())
    return found


def evidence_by_hand(source: NotebookSource, folder: Path) -> Evidence:
    """Run the notebook and return its evidence, with facts over all rows of each file and each live frame."""
    with contextlib.redirect_stdout(io.StringIO()):
        namespace, _ = run(source, folder)
    evidence = evidence_of(source, namespace, folder)
    reads = find_reads(parse_notebook(source))
    frames = tuple(
        replace(frame, columns=columns_of(found))
        for frame in evidence.frames
        if isinstance(found := namespace[frame.name], pd.DataFrame)
    )
    scanned = tuple(_scanned(read, found, folder) for read, found in zip(reads, evidence.reads, strict=True))
    return replace(evidence, reads=scanned, frames=frames)


def _scanned(read: Read, found: ReadEvidence, folder: Path) -> ReadEvidence:
    keywords = read.literal_keywords()
    if found.problem or keywords is None:
        return found
    with _inside(folder):
        frame = pd.read_csv(found.path, **keywords)
    return replace(found, rows=len(frame), columns=columns_of(frame))


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def asked(rule: str, source: NotebookSource, folder: Path) -> tuple[list[Recommendation], list[HeldBack]]:
    """Ask one rule about a notebook."""
    cards, held = advise(source, evidence_by_hand(source, folder), [find_rule(rule)])
    return list(cards), list(held)


def one_card(rule: str, source: NotebookSource, folder: Path) -> Recommendation:
    """Return the only card of a rule, whose edits must be code and must not bring up another card."""
    cards, held = asked(rule, source, folder)
    assert len(cards) == 1, f"expected one card, got {cards}; held back: {held}"
    for edit in cards[0].edits:
        assert ast.parse(edit.after.replace("%time ", ""))
    again, _ = asked(rule, source.with_edits(cards[0].edits), folder)
    assert again == []
    return cards[0]


def why_not(rule: str, source: NotebookSource, folder: Path) -> str:
    """Return the reasons why a rule held back; it must not offer anything."""
    cards, held = asked(rule, source, folder)
    assert cards == [], cards[0].edits
    return " | ".join(item.reason for item in held)
