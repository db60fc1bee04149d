"""Masking of magics: notebook text -> Python text of the same length, so that every offset stays true."""

from __future__ import annotations

import re
from dataclasses import dataclass

NEWLINE = re.compile(r"\r\n|\r|\n")  # what Python's tokenizer counts; str.splitlines knows more and would shift edits
PYTHON_CELL_MAGICS = frozenset({"memadvise", "time", "capture"})
_STATEMENT_MAGIC = re.compile(r"%time(?=[ \t])")
_OURS = re.compile(r"%(memadvise|load_ext|reload_ext|matplotlib)\b")
_ESCAPED = re.compile(r"[ \t]*(?P<body>[%!?].*|[\w.]+\?{1,2}[ \t]*$)")
_ASSIGNED = re.compile(r"[ \t]*[\w, .\[\]'\"]+=[ \t]*(?P<body>[%!].*)")
_STRING_START = re.compile(r"[A-Za-z]{0,2}('''|\"\"\"|'|\")")


@dataclass(frozen=True)
class Masked:
    """Python text of the cell's length, and the text of the magics that was masked away (``opaque``).

    ``python`` is False when the cell is another language (``%%bash``, ``%%sql``): then all of it is opaque.
    """

    text: str
    opaque: str
    python: bool = True


def lines_of(source: str) -> list[tuple[int, int]]:
    """Return (start, end) offsets of each line as the tokenizer counts them, line ends excluded."""
    spans, start = [], 0
    for match in NEWLINE.finditer(source):
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(source))]


def mask(source: str) -> Masked:
    """Blank out magics and shell lines; ``%time statement`` loses only its word."""
    spans = lines_of(source)
    text, opaque = list(source), []
    first = 0
    while first < len(spans):  # cell magics stand at the top, one below the other
        line = source[slice(*spans[first])]
        if not line.strip():
            first += 1
            continue
        if not line.startswith("%%"):
            break
        word = line[2:].split(None, 1)
        if not word or word[0] not in PYTHON_CELL_MAGICS:
            return Masked(" " * len(source), source, python=False)
        if word[0] != "memadvise":  # ours names nothing of the notebook's, whatever its label says
            opaque.append(line)
        _blank(text, *spans[first])
        first += 1
    starts = _statement_lines(source, spans, first)
    for start, end in (spans[number] for number in starts):
        opaque += _mask_line(text, source, start, end)
    return Masked("".join(text), "\n".join(opaque))


def _blank(text: list[str], start: int, end: int, filler: str = "") -> None:
    text[start:end] = list(filler.ljust(end - start)[: end - start])


def _mask_line(text: list[str], source: str, start: int, end: int) -> list[str]:
    line = source[start:end]
    indent = len(line) - len(line.lstrip(" \t"))
    if timed := _STATEMENT_MAGIC.match(line, indent):
        # `%time df = f()` -> `0   ; df = f()`: one line of two statements, the person's own at its own offset
        _blank(text, start + indent, start + timed.end(), "0".ljust(timed.end() - indent - 1) + ";")
        return []
    found = _ESCAPED.match(line) or _ASSIGNED.match(line)
    if found is None:
        return []
    _blank(text, start + found.start("body"), end, "0")
    return [] if _OURS.match(found["body"]) else [found["body"]]


def _statement_lines(source: str, spans: list[tuple[int, int]], first: int) -> list[int]:
    """Return the numbers of the lines that do not begin inside a string, a bracket or a continued line."""
    found: list[int] = []
    depth, quote, continued = 0, "", False
    for number in range(first, len(spans)):
        start, end = spans[number]
        begins = depth == 0 and not quote and not continued
        line = source[start:end]
        if begins:
            found.append(number)
            if _ESCAPED.match(line) or _STATEMENT_MAGIC.match(line.lstrip()):
                continue  # a quote or bracket in a shell line opens nothing
        depth, quote = _scan(line, depth, quote)
        continued = line.endswith("\\") and not quote
    return found


def without_own_magic(source: str) -> str:
    """Return a cell's code without its `%%memadvise` line, as the kernel runs it."""
    first, _, rest = source.lstrip().partition("\n")
    return rest if first.startswith("%%memadvise") else source


def _scan(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Follow brackets and strings over one line; return the depth and the open triple quote at its end."""
    at = 0
    while at < len(line):
        if quote:
            if line[at] == "\\":
                at += 2
            elif line.startswith(quote, at):
                at, quote = at + len(quote), ""
            else:
                at += 1
            continue
        character = line[at]
        if character == "#":
            break
        if character in "'\"":
            match = _STRING_START.match(line, at)
            quote = match[1] if match else character
            at += len(quote)
            continue
        depth += character in "([{"
        depth -= character in ")]}" and depth > 0
        at += 1
    return depth, quote if len(quote) == 3 else ""
