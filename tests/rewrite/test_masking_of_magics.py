"""Masking: Python text of the same length, every offset kept, nothing of a magic lost from sight."""

from __future__ import annotations

import ast
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memadvise.model import Cell
from memadvise.rewrite.mask import NEWLINE, lines_of, mask
from memadvise.rewrite.parse import ParsedCell, parse

LINES = [
    "x = 1",
    "df = pd.read_csv('a')",
    "%time df = f()",
    "  %time g()",
    "!ls {x}",
    "%matplotlib inline",
    "files = !ls",
    "df?",
    "y = 5 % 2",
    "'''text",
    "%not magic",
    "'''",
    "z = (",
    "% 3)",
    "s = '%d' % 3",
    "é = '日本'  # ü",
    "%%time",
    "%%bash",
    "",
    "\\",
    "%load_ext memadvise",
    "if x:",
    "    !echo df",
    "    pass",
    "f'{x}'",
    "\f",
    "a = 1\x0b",
    "\u2028",
    "%memadvise free",
]
SOURCES = st.lists(st.one_of(st.sampled_from(LINES), st.text(max_size=12)), max_size=8).flatmap(
    lambda lines: st.sampled_from(["\n", "\r\n", "\r"]).map(lambda end: end.join(lines))
)


@given(SOURCES)
@settings(max_examples=600, deadline=None)
def test_masking_keeps_every_offset(source: str) -> None:
    """Masked text has the cell's length, and its line ends where the cell has them."""
    masked = mask(source)

    assert len(masked.text) == len(source)
    if masked.python:
        assert [match.span() for match in NEWLINE.finditer(masked.text)] == [m.span() for m in NEWLINE.finditer(source)]


@given(SOURCES)
@settings(max_examples=600, deadline=None)
def test_names_stand_where_the_tree_says(source: str) -> None:
    """Every name of the tree is found in the person's own text at the tree's position."""
    cell = ParsedCell(Cell("id", 0, source), parse(source))
    if cell.parsed.tree is None:
        return
    inside = {
        id(inner) for node in ast.walk(cell.parsed.tree) if isinstance(node, ast.JoinedStr) for inner in ast.walk(node)
    }
    for node in ast.walk(cell.parsed.tree):
        if isinstance(node, ast.Name) and id(node) not in inside:
            assert normalize("NFKC", cell.text(node)) == node.id  # Python takes `ª` for `a`


@given(SOURCES)
@settings(max_examples=400, deadline=None)
def test_every_word_is_in_the_tree_or_opaque(source: str) -> None:
    """A name on a shell or magic line is either masked into ``opaque`` or stays in the Python text."""
    masked = mask(source)
    seen = masked.text + masked.opaque

    if "df" in source:
        assert "df" in seen


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("%time df = f()", "0   ; df = f()"),
        ("%%time\nx = 1", "      \nx = 1"),
        ("%%memadvise -n a\nx = 1", "                \nx = 1"),
        ("files = !ls", "files = 0  "),
        ("x = (5\n % 3)", "x = (5\n % 3)"),
        ("'''\n%time x\n'''", "'''\n%time x\n'''"),
        ("x = 1\\\n % 3", "x = 1\\\n % 3"),
        ("df.head?", "0       "),
        ("if x:\n    !echo 'it(s'\n    y = 2", "if x:\n    0           \n    y = 2"),
    ],
)
def test_what_is_masked(source: str, text: str) -> None:
    """Only magics, at the start of a statement; strings, brackets and continued lines are left alone."""
    assert mask(source).text == text


@pytest.mark.parametrize(
    "source", ["%%bash\ndf", "%%sql\nselect * from df", "%%writefile df.py\nx", "%%html", "%%timeit\ndf"]
)
def test_other_languages_are_opaque(source: str) -> None:
    """A cell of another language is no Python, and all of it is looked through for names."""
    masked = mask(source)

    assert (masked.python, masked.opaque) == (False, source)


def test_lines_are_those_of_the_tokenizer() -> None:
    """Form feeds and Unicode's line separators end no line of Python."""
    source = "a = 1\f\x0b\u2028\nb = 2\r\nc"

    assert [source[slice(*span)] for span in lines_of(source)] == ["a = 1\f\x0b\u2028", "b = 2", "c"]


@pytest.mark.parametrize("source", ["def (", "x = \0", "(" * 500, "\ud800 = 1", "é" * 3 + " ="])
def test_what_does_not_parse_is_opaque(source: str) -> None:
    """A broken cell has no tree, and all its text is opaque."""
    parsed = parse(source)

    assert (parsed.tree, parsed.opaque) == (None, source)
