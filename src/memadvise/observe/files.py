"""The files behind the notebook's reads -> evidence. Only reads; pandas' own parser says what the header is."""

from __future__ import annotations

import ast
import io
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from memadvise.model import FrameEvidence, ReadEvidence
from memadvise.observe.cache import Fingerprint, fingerprint, keep, kept
from memadvise.observe.scan import Scanned, compressed, not_scanned, scan
from memadvise.rewrite.quiet import quiet
from memadvise.rewrite.reads import PATH_CALLS, Read

_HEADERS: dict[tuple[object, ...], tuple[str, ...]] = {}
_NOT_FOR_HEADER = frozenset({"nrows", "chunksize", "iterator", "dtype"})


SCAN_BELOW_BYTES = 32 * 2**20  # of all files together: at the prompt nobody waits for more
_GROWS = 5  # times: what a compressed file holds, at a guess
_OPENERS = frozenset({"open", "urlopen", "StringIO", "BytesIO"})
_OLDER_S = 5.0  # seconds by which a file has to be older than the cell that read it


class FileLooker:
    """Describes the files behind reads; all rows of them while they are together not larger than ``scan_below_bytes``.

    None bounds nothing. ``progress``: a bar on stderr while a file above 100 MB is read.
    """

    def __init__(
        self,
        namespace: Mapping[str, object],
        scan_below_bytes: int | None = SCAN_BELOW_BYTES,
        *,
        progress: bool = False,
    ) -> None:
        self._namespace = namespace
        self._left = scan_below_bytes
        self._progress = progress

    def evidence(self, read: Read) -> ReadEvidence:
        """Describe the file of one read. Never raises: ``problem`` says what is not known, and why."""
        cell_id = read.cell.cell.cell_id
        try:
            path = path_value(read.path, self._namespace)
            if path is None:
                return ReadEvidence(cell_id, read.name, "", problem=_path_problem(read.path, self._namespace))
            found = _of_file(read, cell_id, path)
        except Exception as error:  # noqa: BLE001 - a broken file is the person's; here it only means no evidence
            why = f"the file could not be looked at ({type(error).__name__})"
            return ReadEvidence(cell_id, read.name, "", problem=why)
        return found if found.problem else self._with_rows(read, found)

    def remember(self, read: Read, frame: FrameEvidence, ran_s: float) -> None:
        """Keep the evidence of a frame that is certainly just what the read made.

        The read's cell took ``ran_s`` seconds and has just ended; a file that was changed since it began, or just
        before, may be another one by now, and nothing is kept.
        """
        path, keywords = path_value(read.path, self._namespace), read.literal_keywords()
        try:
            if path is None or keywords is None or time.time() - os.stat(path).st_mtime < ran_s + _OLDER_S:
                return
            complete = all(column.nulls is not None for column in frame.columns)
            keep(_key(path, keywords), Scanned(frame.rows, frame.columns), complete=complete)
        except OSError:
            return

    def _with_rows(self, read: Read, found: ReadEvidence) -> ReadEvidence:
        """Add what is known of all rows: from an earlier look, else from a scan where there is time for it."""
        keywords = read.literal_keywords() or {}
        with suppress(Exception):  # what can't be read to its end is the person's to hear of, from their own read
            key = _key(found.path, keywords)
            known = kept(key)
            if (known is None or not known.complete) and self._affords(found, keywords):
                keep(key, scan(found.path, keywords, progress=self._progress))
                known = kept(key)
            if known is not None and tuple(column.name for column in known.scanned.columns) == found.header:
                return replace(found, rows=known.scanned.rows, columns=known.scanned.columns)
        return found

    def _affords(self, found: ReadEvidence, keywords: Mapping[str, object]) -> bool:
        if not_scanned(keywords):
            return False
        size = found.size_bytes * (_GROWS if compressed(found.path, keywords) else 1)
        if self._left is None:
            return True
        if size > self._left:
            return False
        self._left -= size
        return True


def read_evidence(
    read: Read, namespace: Mapping[str, object], scan_below_bytes: int | None = SCAN_BELOW_BYTES
) -> ReadEvidence:
    """Describe the file of one read, all its rows where it is not larger than ``scan_below_bytes``."""
    return FileLooker(namespace, scan_below_bytes).evidence(read)


def _key(path: str, keywords: Mapping[str, object]) -> Fingerprint:
    return fingerprint(path, keywords, str(sys.modules["pandas"].__version__))


def _path_problem(node: ast.expr, namespace: Mapping[str, object]) -> str:
    """Say why a path is not known."""
    opened = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in _OPENERS
    if opened or (isinstance(node, ast.Name) and isinstance(namespace.get(node.id), io.IOBase)):
        return "the file is given as an open file, whose content can't be looked at again"
    return "the file's path is computed in a way that is not followed"


def _of_file(read: Read, cell_id: str, path: str) -> ReadEvidence:
    if "://" in path:
        return ReadEvidence(cell_id, read.name, path, problem="the file is not on this machine")
    keywords = read.literal_keywords()
    if not read.plain or keywords is None:
        return ReadEvidence(cell_id, read.name, path, problem="an argument of the read is no literal")
    path = os.path.expanduser(path)  # as pandas does
    if not os.path.isfile(path):
        why = "the path is a pattern of names" if set(path) & set("*?") else "the file is not there"
        return ReadEvidence(cell_id, read.name, path, problem=why)
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
