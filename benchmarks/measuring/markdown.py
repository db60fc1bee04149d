"""Sections, tables and words of a page in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from measuring.cells import MB

Row = Sequence[str]


def section(title: str, *parts: str) -> str:
    """Return a section with its parts one below the other; empty ones are left out."""
    return "\n\n".join(part for part in (f"## {title}", *parts) if part)


def table(columns: Row, rows: Iterable[Row]) -> str:
    """Return a table; all columns but the first are set to the right."""
    edge = ["---", *["--:"] * (len(columns) - 1)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (columns, edge, *rows))


def bullets(lines: Iterable[str]) -> str:
    """Return a list, empty for no lines."""
    return "\n".join(f"- {line}" for line in lines)


def megabytes(nbytes: int, digits: int = 1) -> str:
    """Return bytes as a number of MB."""
    return f"{nbytes / MB:.{digits}f}"


def word(holds: bool) -> str:
    """Return whether something holds; what does not is in bold."""
    return "yes" if holds else "**no**"


def failed(why: str | None) -> str:
    """Return why there is no number, in one cell of a table."""
    text = (why or "it was not run").replace("|", "\\|").replace("\n", " ")
    return f"**failed: {text}**"
