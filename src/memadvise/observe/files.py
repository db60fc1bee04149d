"""The files behind the notebook's reads -> evidence. Only reads; pandas' own parser says what the header is."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from memadvise.model import ReadEvidence
from memadvise.rewrite.quiet import quiet
from memadvise.rewrite.reads import PATH_CALLS, Read

_HEADERS: dict[tuple[object, ...], tuple[str, ...]] = {}
_NOT_FOR_HEADER = frozenset({"nrows", "chunksize", "iterator", "dtype"})


def read_evidence(read: Read, namespace: Mapping[str, object]) -> ReadEvidence:
    """Describe the file of one read. Never raises: ``problem`` says what is not known, and why."""
    cell_id = read.cell.cell.cell_id
    try:
        path = path_value(read.path, namespace)
        if path is None:
            return ReadEvidence(
                cell_id, read.name, "", problem="the file's path is computed in a way that is not followed"
            )
        return _of_file(read, cell_id, path)
    except Exception as error:  # noqa: BLE001 - a broken file is the person's; here it only means no evidence
        return ReadEvidence(cell_id, read.name, "", problem=f"the file could not be looked at ({type(error).__name__})")


def _of_file(read: Read, cell_id: str, path: str) -> ReadEvidence:
    if "://" in path:
        return ReadEvidence(cell_id, read.name, path, problem="the file is not on this machine")
    keywords = read.literal_keywords()
    if not read.plain or keywords is None:
        return ReadEvidence(cell_id, read.name, path, problem="an argument of the read is no literal")
    if not os.path.isfile(path):
        return ReadEvidence(cell_id, read.name, path, problem="the file is not there")
    status = os.stat(path)
    key = (os.path.abspath(path), status.st_size, status.st_mtime_ns, repr(sorted(keywords.items())))
    if key not in _HEADERS:
        _HEADERS[key] = _header(path, keywords)
    return ReadEvidence(cell_id, read.name, path, status.st_size, _HEADERS[key])


def _header(path: str, keywords: dict[str, object]) -> tuple[str, ...]:
    pandas = sys.modules["pandas"]  # a frame was read: it is loaded
    options = {name: value for name, value in keywords.items() if name not in _NOT_FOR_HEADER}
    with quiet():
        first = pandas.read_csv(path, nrows=1, **options)
    columns = list(first.columns)
    if "index_col" not in options and type(first.index).__name__ != "RangeIndex":
        raise ValueError("the rows are longer than the header")  # pandas makes their first fields the index
    if not all(isinstance(name, str) for name in columns):
        raise TypeError("column names are not text")
    return tuple(columns)


def path_value(node: ast.expr, namespace: Mapping[str, object]) -> str | None:
    """Compute a path from literals and live names, without running the person's code; None when it is more."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            value = namespace.get(name)
            return os.fspath(value) if type(value) is str or isinstance(value, Path) else None
        case ast.BinOp(left=left, op=ast.Div() | ast.Add() as operator, right=right):
            first, second = path_value(left, namespace), path_value(right, namespace)
            if first is None or second is None:
                return None
            return first + second if isinstance(operator, ast.Add) else os.path.join(first, second)
        case ast.Call(func=function, args=arguments, keywords=[]) if ast.unparse(function) in PATH_CALLS:
            parts = [path_value(argument, namespace) for argument in arguments]
            known = [part for part in parts if part is not None]
            return os.path.join(*known) if known and len(known) == len(parts) else None
        case ast.JoinedStr(values=values) if not any(_formatted(one) for one in values):
            parts = [path_value(one.value if isinstance(one, ast.FormattedValue) else one, namespace) for one in values]
            return None if None in parts else "".join(part for part in parts if part)
    return None


def _formatted(part: ast.expr) -> bool:
    """Tell whether a part of an f-string is more than the value's own text: `{year:04d}`, `{path!r}`."""
    return isinstance(part, ast.FormattedValue) and (part.format_spec is not None or part.conversion != -1)
