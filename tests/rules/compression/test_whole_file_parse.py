"""whole-file-parse: typed pieces put together give the read's frame, bit for bit; what pieces can't tell is left."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from harness import MEASURED, evidence_of, held_back, notebook, only_card, run, verify
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from memadvise.model import Evidence, NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise, find_rule

RULE = "whole-file-parse"
IMPORT = "import pandas as pd\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a table of text with gaps, whole numbers, floats, booleans and dates; and odd ones."""
    rows = [
        f"{'xyz'[row % 3] if row % 4 else ''},{row},{row / 7:.5f},{row % 2 == 0},2024-01-{row % 28 + 1:02d}"
        for row in range(40)
    ]
    table = "\n".join(["k,n,f,b,d", *rows, ""])
    (tmp_path / "data.csv").write_text(table)
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(table.encode()))
    (tmp_path / "semicolon.csv").write_text(table.replace(",", ";"))
    (tmp_path / "mixed.csv").write_text("a,b\n" + "1,2\n" * 1_000_000 + "x,2\n")
    (tmp_path / "big.csv").write_text("a,f\n" + "1,2\n" * 10 + "1,9007199254740993.5\n")
    (tmp_path / "twice.csv").write_text("a,a\n" + "1,2\n" * 10)
    (tmp_path / "labels.csv").write_text("a,b\n" + "".join(f"row {row},{row},x\n" for row in range(10)))
    (tmp_path / "gaps.csv").write_text("a,d\n" + "1,2024-01-31\n" * 4 + "1,\n" * 6 + "1,2024-02-01\n" * 4)
    return tmp_path


@pytest.mark.parametrize(
    "read",
    [
        "df = pd.read_csv('data.csv')",
        "df = pd.read_csv('data.csv.gz')",
        "df = pd.read_csv('semicolon.csv', sep=';')",
        "df = pd.read_csv('data.csv', usecols=['n', 'k'])",
        "df = pd.read_csv('data.csv', dtype={'n': 'int16', 'f': float})",
        "df = pd.read_csv('data.csv', parse_dates=['d'], date_format='%Y-%m-%d')",
        "df = pd.read_csv('gaps.csv', parse_dates=['d'], date_format={'d': '%Y-%m-%d'})",
        "df = pd.read_csv('data.csv', nrows=17)",
        "df = pd.read_csv('data.csv', keep_default_na=False)",
        "df = pd.read_csv(\n    'data.csv',\n    na_values=['x'],  # none\n)",
        "df = pd.read_csv('data.csv')  # all of it\nx = df.shape",
        "chunks_of_mine = 1\ndf = pd.read_csv('data.csv')",
    ],
)
def test_the_frame_is_identical(folder: Path, read: str) -> None:
    """Dtypes, values, row labels; and the pieces are named by no name of the notebook's."""
    source = notebook(IMPORT + read, "y = df.describe(), df.index")

    card = only_card(RULE, source, folder)

    assert "chunksize=3" in card.edits[0].after
    assert card.edits[0].after.count(" as chunks") == 1
    assert verify(card, source, folder).result is ResultClass.IDENTICAL
    assert card.result is ResultClass.IDENTICAL


def test_the_code_is_what_a_person_would_write(folder: Path) -> None:
    """One call with its types, one concat, below each other."""
    card = only_card(RULE, notebook(IMPORT + "df = pd.read_csv('data.csv', usecols=['n', 'k'])\nlen(df)"), folder)

    assert card.edits[0].after == (
        IMPORT + "with pd.read_csv('data.csv', usecols=['n', 'k'], "
        'dtype={"k": "str", "n": "int64"}, chunksize=3) as chunks:\n'
        "    df = pd.concat(chunks)\nlen(df)"
    )


def test_a_name_that_is_taken_is_not_used(folder: Path) -> None:
    """The pieces get another name where the notebook has one of its own."""
    card = only_card(RULE, notebook(IMPORT + "chunks = 1\ndf = pd.read_csv('data.csv')"), folder)

    assert " as chunks:" not in card.edits[0].after
    assert verify(card, notebook(IMPORT + "chunks = 1\ndf = pd.read_csv('data.csv')"), folder).equal


def test_lines_end_as_in_the_cell(folder: Path) -> None:
    """A cell with Windows line ends keeps them."""
    card = only_card(RULE, notebook(IMPORT.replace("\n", "\r\n") + "df = pd.read_csv('data.csv')\r\n"), folder)

    assert "\n" not in card.edits[0].after.replace("\r\n", "")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ("df = pd.read_csv('mixed.csv')", "'a' is"),
        ("df = pd.read_csv('labels.csv')", "could not be looked at"),
        ("df = pd.read_csv('big.csv')", "beyond 2**53"),
        ("df = pd.read_csv('twice.csv')", "the same name"),
        ("df = pd.read_csv('data.csv', parse_dates=['d'])", "dates without a format"),
        ("df = pd.read_csv('data.csv', parse_dates=['d'], date_format='%d.%m.%Y')", "said to hold dates"),
        ("df = pd.read_csv('data.csv', dtype={'k': 'category'})", "categories of their own"),
        ("df = pd.read_csv('data.csv', dtype=str)", "one type for all"),
        ("df = pd.read_csv('data.csv', index_col='n')", "index_col"),
        ("df = pd.read_csv('data.csv', engine='python')", "engine"),
        ("df = pd.read_csv('data.csv', skiprows=1)", "skiprows"),
        ("df = pd.read_csv('data.csv', thousands='.')", "thousands"),
        ("df = pd.read_csv('data.csv'); x = 1", "another statement"),
        ("%time df = pd.read_csv('data.csv')", "another statement"),
        ("from pandas import read_csv as rc\ndf = rc('data.csv')", "by its own name"),
        ("df = pd.read_csv('data.csv', **{})", "not written out"),
        ("df = pd.read_csv('data.csv')\ndf = pd.read_csv('data.csv')", "more than once"),
    ],
)
def test_what_pieces_can_not_tell_is_left(folder: Path, read: str, reason: str) -> None:
    """Each of these would give another frame, or code that nobody would write: the reason says so."""
    assert reason in held_back(RULE, notebook(IMPORT + read), folder)


@pytest.mark.parametrize("source", [notebook(IMPORT + "df = pd.read_csv('data.csv')", "x = df.sum()", measured=1)])
def test_the_peak_must_be_the_reads(folder: Path, source: NotebookSource) -> None:
    """Of a frame that was read in an earlier cell, pieces change nothing here."""
    assert held_back(RULE, source, folder) == ""


def test_no_card_where_the_peak_is_the_frame(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A read that needs little more than its frame is left as it is."""
    monkeypatch.setattr("memadvise.rules.compression.whole_file_parse.WORTH_SHARE", 0.1)
    source = notebook(IMPORT + "df = pd.read_csv('data.csv')")
    evidence = evidence_of(source, run(source, folder)[0], folder)
    low = replace(MEASURED, peak_bytes=MEASURED.start_bytes + 3 * 2**20)

    assert _cards(source, evidence)
    assert not _cards(source, replace(evidence, measurement=low))


def test_a_frame_of_much_text_is_left(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of text leave holes in memory that later cells pay for: the reason says so, alone and in a joined card."""
    (folder / "text.csv").write_text("t,n\n" + "".join(f"{'text ' * 50}{row},{row}\n" for row in range(60)))
    source = notebook(IMPORT + "df = pd.read_csv('text.csv')", "x = df['t'].str.len().sum(), df['n'].max()")
    evidence = evidence_of(source, run(source, folder)[0], folder)
    few = replace(MEASURED, peak_bytes=MEASURED.start_bytes + 60_000)
    cards, held = advise(source, replace(evidence, measurement=few))

    assert any(RULE in card.rule for card in advise(source, evidence)[0])
    assert not any(RULE in card.rule for card in cards)
    assert any("is text" in item.reason for item in held if item.rule == RULE)


@pytest.mark.parametrize("later", ["n,b\n1,True\n2,False\n3,True\nx,True\n", "n,b\n1,True\n2,\n3,\n4,\n"])
def test_a_later_file_that_does_not_fit_raises(folder: Path, later: str) -> None:
    """Another type in the last piece, a gap among booleans: loud."""
    source = notebook(IMPORT + "df = pd.read_csv('data.csv', usecols=['n', 'b'])")
    card = only_card(RULE, source, folder)
    (folder / "data.csv").write_text(later)

    with pytest.raises((ValueError, TypeError)):
        run(source.with_edits(card.edits), folder)


def _cards(source: NotebookSource, evidence: Evidence) -> tuple[Recommendation, ...]:
    return advise(source, evidence, [find_rule(RULE)])[0]


_TEXT = st.text(st.sampled_from("ab,'\"\n\r 01-é"), max_size=4)
_VALUES = st.sampled_from([st.integers(-(2**63), 2**63 - 1), st.floats(-1e9, 1e9), st.booleans(), _TEXT, st.none()])


@settings(max_examples=80, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.integers(4, 30))
def test_random_tables_are_the_same_in_pieces(tmp_path: Path, data: st.DataObject, rows: int) -> None:
    """Numbers, text with quotes and line ends, booleans, gaps: identical, or held back."""
    kinds = data.draw(st.lists(_VALUES, min_size=1, max_size=4))
    table = {f"c{place}": data.draw(st.lists(kind, min_size=rows, max_size=rows)) for place, kind in enumerate(kinds)}
    pd.DataFrame(table).to_csv(tmp_path / "data.csv", index=False)
    source = notebook(IMPORT + "df = pd.read_csv('data.csv')")
    namespace, _ = run(source, tmp_path)

    for card in _cards(source, evidence_of(source, namespace, tmp_path)):
        assert verify(card, source, tmp_path).result is ResultClass.IDENTICAL
