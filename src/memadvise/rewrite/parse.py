"""Cells as syntax trees whose positions are offsets in the person's own text."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite.mask import lines_of, mask
from memadvise.rewrite.quiet import quiet

_FLAGS = ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


@dataclass(frozen=True)
class Parsed:
    """One cell's text as Python. ``tree`` is None when it is no Python; then ``opaque`` is the whole cell."""

    tree: ast.Module | None
    opaque: str
    problem: str = ""


@lru_cache(maxsize=1024)
def parse(source: str) -> Parsed:
    """Parse a cell, its magics masked. Never raises: what does not parse is opaque."""
    masked = mask(source)
    if not masked.python:
        return Parsed(None, source, "is not Python")
    with quiet():  # an invalid escape in the person's text is theirs to hear of, from Python
        try:
            tree = compile(masked.text, "<cell>", "exec", _FLAGS, dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return Parsed(None, source, f"does not parse ({type(error).__name__})")
    assert isinstance(tree, ast.Module)
    return Parsed(tree, masked.opaque)


@dataclass(frozen=True)
class ParsedCell:
    """A cell with its tree; spans are (start, end) in characters of ``cell.source``."""

    cell: Cell
    parsed: Parsed

    @property
    def body(self) -> list[ast.stmt]:
        """Top-level statements; none when the cell is opaque."""
        return self.parsed.tree.body if self.parsed.tree else []

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a tree position (line from 1, column in UTF-8 bytes)."""
        start, end = lines_of(self.cell.source)[line - 1]
        text = self.cell.source[start:end]
        return start + len(text.encode()[:column].decode(errors="ignore"))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the (start, end) offsets of a node."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.expr | ast.stmt) -> str:
        """Return the person's own text of a node."""
        start, end = self.span(node)
        return self.cell.source[start:end]

    def line_start(self, node: ast.stmt) -> int:
        """Return the offset at which the node's first line starts."""
        return lines_of(self.cell.source)[node.lineno - 1][0]

    def stands_alone(self, statement: ast.stmt) -> bool:
        """Tell whether no other statement shares the statement's lines (``%time`` may stand before it)."""
        assert statement.end_lineno is not None
        lines = range(statement.lineno, statement.end_lineno + 1)
        return not any(
            other is not statement
            and not _is_masked_word(other)
            and (other.lineno in lines or other.end_lineno in lines)
            for other in self.body
        )


def _is_masked_word(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value == 0


def parse_notebook(notebook: NotebookSource) -> tuple[ParsedCell, ...]:
    """Parse every code cell of the notebook."""
    return tuple(ParsedCell(cell, parse(cell.source)) for cell in notebook.cells)
