"""`frame.head()`: a look at the first rows, which the first rows of the file answer as well."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from memadvise.rewrite.edits import Span
from memadvise.rewrite.names import Occurrence
from memadvise.rewrite.reads import Read

DEFAULT_ROWS = 5  # of pandas' head()


@dataclass(frozen=True)
class Peek:
    """One `frame.head(rows)` and where it stands."""

    place: Occurrence
    node: ast.Call
    rows: int


def find_peeks(places: Iterable[Occurrence]) -> tuple[Peek, ...]:
    """Return the occurrences of a frame's name that are peeks at its first rows."""
    return tuple(peek for place in places if (peek := _peek(place)) is not None)


def _peek(place: Occurrence) -> Peek | None:
    for node in ast.walk(place.statement):
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="head"), args=[], keywords=[]) if owner is place.node:
                return Peek(place, node, DEFAULT_ROWS)
            case ast.Call(
                func=ast.Attribute(value=owner, attr="head"), args=[ast.Constant(value=rows)], keywords=[]
            ) if owner is place.node:
                return Peek(place, node, rows) if type(rows) is int and rows >= 0 else None
    return None


def first_rows(peek: Peek, read: Read, dtypes: str) -> Span:
    """Return the edit that reads the first rows from the file; ``dtypes`` names the dict of the frame's dtypes."""
    arguments = [read.cell.text(read.path)]
    arguments += [f"{name}={read.cell.text(node)}" for name, node in read.keywords.items()]
    code = f"{read.cell.text(read.call.func)}({', '.join(arguments)}, dtype={dtypes}, nrows={peek.rows})"
    start, end = peek.place.cell.span(peek.node)
    return start, end, code
