"""Edits: what stands outside the spans is kept byte for byte."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memadvise.model import Cell, Edit
from memadvise.rewrite.edits import edit, merged, replace_spans
from memadvise.rewrite.parse import ParsedCell, parse
from memadvise.rewrite.read_call import listed, mapped, quoted, with_keywords, wrapped
from memadvise.rewrite.reads import find_reads


@given(st.text(max_size=40), st.data())
@settings(max_examples=400, deadline=None)
def test_text_outside_the_spans_is_kept(source: str, data: st.DataObject) -> None:
    """Cut at the replaced places, before and after are the same text."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(source)), max_size=6)))
    spans = [(start, end, f"<{place}>") for place, (start, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=False))]

    changed = replace_spans(source, spans)

    for start, end, text in spans:  # put back from left to right, every offset is the source's again
        assert changed[start : start + len(text)] == text
        changed = changed[:start] + source[start:end] + changed[start + len(text) :]
    assert changed == source


def test_insertions_at_one_place_keep_their_order() -> None:
    """Two insertions at one offset come out as they were given."""
    assert replace_spans("ab", [(1, 1, "1"), (1, 1, "2")]) == "a12b"


def test_spans_must_not_overlap() -> None:
    """Overlapping edits are a defect of the rule, and raise."""
    with pytest.raises(ValueError, match="overlaps"):
        replace_spans("abcd", [(0, 3, ""), (2, 4, "")])


def test_edits_that_change_nothing_are_dropped() -> None:
    """Only cells that change are edited, in notebook order."""
    first, second = Cell("a", 0, "x"), Cell("b", 1, "y")

    assert merged([edit(second, [(0, 1, "z")]), edit(first, [])]) == (Edit("b", 1, "y", "z"),)


@given(st.text(), st.dictionaries(st.text(), st.text(), max_size=30))
@settings(max_examples=300, deadline=None)
def test_names_are_quoted_whatever_they_hold(name: str, pairs: dict[str, str]) -> None:
    """Code of literals evaluates to the very names, also when it is broken over lines."""
    assert ast.literal_eval(quoted(name)) == name
    assert ast.literal_eval(wrapped(listed(pairs))) == list(pairs)
    assert ast.literal_eval(wrapped(mapped(pairs))) == pairs


@pytest.mark.parametrize(
    ("source", "after"),
    [
        ("df = pd.read_csv('a.csv')", "df = pd.read_csv('a.csv', usecols=[\"é\"])"),
        (
            "df = pd.read_csv('é日本.csv', sep=';',)  # ü",
            "df = pd.read_csv('é日本.csv', sep=';', usecols=[\"é\"],)  # ü",
        ),
        ("df = pd.read_csv(sep=';', filepath_or_buffer='a')", None),
        ("%time df = pd.read_csv('a.csv')", "%time df = pd.read_csv('a.csv', usecols=[\"é\"])"),
        (
            "df = pd.read_csv(\r\n    'a.csv',  # the file\r\n)",
            "df = pd.read_csv(\r\n    'a.csv',\r\n    usecols=[\"é\"],  # the file\r\n)",
        ),
        ("é = 1; df = pd.read_csv('a.csv'); x = 2", "é = 1; df = pd.read_csv('a.csv', usecols=[\"é\"]); x = 2"),
        (
            "df = pd.read_csv(('a'  # )\n 'b')  # )\n)",
            "df = pd.read_csv(('a'  # )\n 'b'),\n    usecols=[\"é\"]  # )\n)",
        ),
        ("df = pd.read_csv('a', nrows=((5)))", "df = pd.read_csv('a', nrows=((5)), usecols=[\"é\"])"),
    ],
)
def test_a_keyword_is_added_to_the_persons_own_call(source: str, after: str | None) -> None:
    """Commas, comments, magics and line ends stay where they are; what comes out parses."""
    whole = "import pandas as pd\n" + source
    cell = ParsedCell(Cell("id", 0, whole), parse(whole))
    (read,) = find_reads((cell,))
    if not read.plain:
        assert after is None
        return

    changed = edit(cell.cell, [with_keywords(read, {"usecols": '["é"]'})]).after

    assert parse(changed).tree is not None
    if after is not None:
        assert changed == "import pandas as pd\n" + after
