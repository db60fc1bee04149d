"""Writing a read: keywords added to the person's own call, lists and dicts laid out as a person would."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence

from memadvise.rewrite.edits import Span
from memadvise.rewrite.reads import Read

WIDTH = 100  # columns; what notebooks show without a scroll bar

# arguments of read_csv under which a projection or a pinned dtype means the same as without them
HARMLESS = frozenset(
    {
        "sep",
        "delimiter",
        "encoding",
        "encoding_errors",
        "compression",
        "low_memory",
        "na_values",
        "keep_default_na",
        "na_filter",
        "quotechar",
        "skipinitialspace",
        "memory_map",
    }
)


def with_keywords(read: Read, keywords: Mapping[str, str]) -> Span:
    """Return the span edit that adds ``keywords`` (name -> code) behind the call's last argument.

    Everything that the person wrote stays; the new arguments go on lines of their own when the line would grow long.
    """
    last = max((read.path, *read.keywords.values()), key=lambda node: (node.end_lineno or 0, node.end_col_offset or 0))
    end = _behind(read, last)
    inline = "".join(f", {name}={code}" for name, code in keywords.items())
    start = read.cell.line_start(read.statement)
    statement_start, statement_end = read.cell.span(read.statement)
    timed = bool(read.cell.cell.source[start:statement_start].strip())
    one_line = read.statement.lineno == read.statement.end_lineno
    if timed or (one_line and statement_end - start + len(inline) <= WIDTH):
        return end, end, inline
    lines = "".join(f",\n    {name}={wrapped(code)}" for name, code in keywords.items())
    return end, end, lines.replace("\n", "\r\n") if "\r\n" in read.cell.cell.source else lines


def _behind(read: Read, argument: ast.expr) -> int:
    """Return the offset behind an argument of the call and the brackets around it: `read_csv(("a.csv"))`."""
    _, found = read.cell.span(argument)
    _, stop = read.cell.span(read.call)
    source = read.cell.cell.source
    for match in _TRIVIA.finditer(source, found, stop - 1):
        if match[0] == ")":
            found = match.end()
    return found


_TRIVIA = re.compile(r"#[^\r\n]*|\)")


def listed(names: Iterable[str]) -> str:
    """Return the names as the code of a list; every name by `repr`-like quoting, since names are hostile."""
    return "[" + ", ".join(quoted(name) for name in names) + "]"


def mapped(pairs: Mapping[str, str]) -> str:
    """Return name -> text as the code of a dict."""
    return "{" + ", ".join(f"{quoted(name)}: {quoted(text)}" for name, text in pairs.items()) + "}"


def quoted(text: str) -> str:
    """Return the code of a string literal, in double quotes where that needs no escapes."""
    code = repr(text)
    if code.startswith("'") and '"' not in code and "\\" not in code:
        return f'"{code[1:-1]}"'
    return code


def wrapped(code: str, indent: int = 4) -> str:
    """Break the code of a long list or dict display after commas between its elements."""
    if len(code) + indent <= WIDTH:
        return code
    lines, line = [], ""
    for element in _elements(code[1:-1]):
        if line and len(line) + len(element) + indent + 4 > WIDTH:
            lines.append(line)
            line = ""
        line += (" " if line else "") + element + ","
    inner = " " * (indent + 4)
    return code[0] + "".join(f"\n{inner}{one}" for one in [*lines, line]) + "\n" + " " * indent + code[-1]


def _elements(code: str) -> Sequence[str]:
    """Split the inside of a display at commas that stand outside string literals."""
    found, start, quote, at = [], 0, "", 0
    while at < len(code):
        character = code[at]
        if quote:
            at += character == "\\"
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == ",":
            found.append(code[start:at].strip())
            start = at + 1
        at += 1
    return [*found, code[start:].strip()]
