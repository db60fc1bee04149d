"""Writing a `FrameChange`: into the read's own call, or as a line behind the statement that makes the frame."""

from __future__ import annotations

import ast
import keyword

from memadvise.model import Edit, FrameChange
from memadvise.rewrite.edits import Span, edit
from memadvise.rewrite.insertions import below, has_own_lines
from memadvise.rewrite.names import all_names, fresh_name
from memadvise.rewrite.parse import ParsedCell
from memadvise.rewrite.read_call import listed, quoted, with_keywords, wrapped
from memadvise.rewrite.reads import Read


class NotWritableError(Exception):
    """The change can't be written into this statement; the message says why."""


def typed_read(cells: tuple[ParsedCell, ...], read: Read, change: FrameChange) -> Edit:
    """Return the edit of the read's cell that makes the change; what the call says already is kept.

    Raises:
        NotWritableError: an argument of the call is of a form that nothing can be added to, or the frame can't be put
            together from pieces.
    """
    wanted: dict[str, str] = {}
    if change.usecols:
        wanted["usecols"] = listed(change.usecols)
    kept = {name: dtype for name, dtype in change.dtypes if not change.usecols or name in change.usecols}
    pinned = {name: dtype for name, dtype in change.pinned if not change.usecols or name in change.usecols}
    dates = {name: form for name, form in change.dates if not change.usecols or name in change.usecols}
    kept = {**{name: dtype for name, dtype in pinned.items() if name not in dates}, **kept}
    if kept:
        wanted["dtype"] = _dict(read, "dtype", kept)
    if dates:
        wanted["parse_dates"] = _list(read, "parse_dates", tuple(dates))
        wanted["date_format"] = _dict(read, "date_format", dates)
    wanted.update(dict(change.options))
    spans: list[Span] = []
    if change.piece_rows:
        wanted["chunksize"] = f"{change.piece_rows:_}"
        spans += _pieces(cells, read, kept)
    for name in [name for name in wanted if name in read.keywords]:
        start, end = read.cell.span(read.keywords[name])
        spans.append((start, end, wanted.pop(name)))
    if wanted:
        spans.append(with_keywords(read, wanted))
    checks = [*_date_checks(read, dates), *change.checks]
    if checks:
        spans.append(_below(read.cell, read.statement, checks))
    return edit(read.cell.cell, spans)


def _pieces(cells: tuple[ParsedCell, ...], read: Read, dtypes: dict[str, str]) -> list[Span]:
    """Return the edits around the call that put its pieces together: `with ... as chunks: df = pd.concat(chunks)`."""
    if read.statement.value is not read.call or not isinstance(read.call.func, ast.Attribute):
        raise NotWritableError("the read is part of a longer expression, or read_csv is imported by its own name")
    if not has_own_lines(read.cell, read.statement):
        raise NotWritableError("another statement stands on the same line")
    if "category" in dtypes.values():
        raise NotWritableError("pieces would have categories of their own")
    line_end = "\r\n" if "\r\n" in read.cell.cell.source else "\n"
    chunks = fresh_name("chunks", all_names(cells))
    start, (begin, end) = read.cell.span(read.statement)[0], read.cell.span(read.call)
    module = read.cell.text(read.call.func.value)
    together = f" as {chunks}:{line_end}    {read.name} = {module}.concat({chunks})"
    return [(start, begin, "with "), (end, read.cell.span(read.statement)[1], together)]


def _date_checks(read: Read, dates: dict[str, str]) -> list[str]:
    """Return the line that raises when a date has another format (read_csv then leaves the column as text)."""
    if not dates:
        return []
    if read.statement.value is not read.call:
        raise NotWritableError("the read is part of a longer expression")
    names = [quoted(name) for name in dates]
    if len(names) == 1:
        return [f'assert {read.name}[{names[0]}].dtype.kind == "M"  # a date in another format would have stayed text']
    return [
        f'assert all(kind == "M" for kind in {read.name}[[{", ".join(names)}]].dtypes.map(lambda dtype: dtype.kind))'
        "  # a date in another format would have stayed text"
    ]


def _dict(read: Read, keyword: str, pairs: dict[str, str]) -> str:
    """Return the code of the dict that the call has, with more entries."""
    standing = read.keywords.get(keyword)
    entries: dict[str, str] = {}
    if standing is not None:
        if not isinstance(standing, ast.Dict) or not all(
            isinstance(key, ast.Constant) and isinstance(key.value, str) for key in standing.keys
        ):
            raise NotWritableError(f"{keyword} is more than a dict of names")
        for key, value in zip(standing.keys, standing.values, strict=True):
            assert isinstance(key, ast.Constant)
            entries[str(key.value)] = read.cell.text(value)
    entries.update({name: quoted(text) for name, text in pairs.items()})
    code = "{" + ", ".join(f"{quoted(name)}: {text}" for name, text in entries.items()) + "}"
    return wrapped(code) if standing is not None else code


def _list(read: Read, keyword: str, names: tuple[str, ...]) -> str:
    standing = read.keywords.get(keyword)
    if standing is None:
        return listed(names)
    if not isinstance(standing, ast.List):
        raise NotWritableError(f"{keyword} is more than a list")
    texts = [read.cell.text(one) for one in standing.elts]
    return "[" + ", ".join([*texts, *(quoted(name) for name in names)]) + "]"


def _below(cell: ParsedCell, statement: ast.stmt, lines: list[str]) -> Span:
    if not has_own_lines(cell, statement):
        raise NotWritableError("another statement stands on the same line")
    return below(cell, statement, lines)


def typed_made(cell: ParsedCell, statement: ast.stmt, change: FrameChange, pandas: str) -> Edit:
    """Return the edit that makes a frame smaller right behind the statement that made it.

    Whole numbers by `pd.to_numeric(downcast=...)`, which takes the narrowest type that holds them and never wraps.

    Raises:
        NotWritableError: the line can't be put there, or the change is one that only a read can make.
    """
    if change.usecols or change.options:
        raise NotWritableError("only a read can be told that")
    name = change.name
    whole = {column: dtype for column, dtype in change.dtypes if dtype.rstrip("0123456789") in {"int", "uint"}}
    plain = {column: dtype for column, dtype in change.dtypes if column not in whole}
    lines = []
    if plain:
        pairs = ", ".join(f"{quoted(column)}: {quoted(dtype)}" for column, dtype in plain.items())
        lines.append(f"{name} = {name}.astype({{{pairs}}})")
    for kind in ("integer", "unsigned"):
        columns = [column for column, dtype in whole.items() if dtype.startswith("u") == (kind == "unsigned")]
        if len(columns) == 1:
            column = quoted(columns[0])
            lines.append(_assigned(name, columns[0], f'{pandas}.to_numeric({name}[{column}], downcast="{kind}")'))
        elif columns:
            narrowed = f'{{one: {pandas}.to_numeric({name}[one], downcast="{kind}") for one in {listed(columns)}}}'
            lines.append(f"{name} = {name}.assign(**{narrowed})")
    for column, form in change.dates:
        dates = f"{pandas}.to_datetime({name}[{quoted(column)}], format={quoted(form)})"
        lines.append(_assigned(name, column, dates))
    return edit(cell.cell, [_below(cell, statement, [*lines, *change.checks])])


def _assigned(name: str, column: str, value: str) -> str:
    """Return the line that gives the name a frame with another column; whoever else holds the first one keeps it."""
    plain = column.isascii() and column.isidentifier() and not keyword.iskeyword(column) and column != "self"
    return f"{name} = {name}.assign({f'{column}={value}' if plain else f'**{{{quoted(column)}: {value}}}'})"
