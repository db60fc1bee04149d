"""whole-number-floats: each word of its short list is run on both types; and the notebooks that `<NA>` would change."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
import pytest
from harness import evidence_of, notebook, run, scanned, verify
from words_run import verdict, words, worst

from memadvise.model import HeldBack, NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression.whole_number_floats import CONDITION, ENDS, SAFE

RULE = "whole-number-floats"
READ = "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('data.csv')"
CSV = "a,t,c\n" + "".join(
    f"{['', -128, 127, 3, 3][row % 5]},{'xyz'[row % 3]},{row / 7 if row % 4 else ''}\n" for row in range(60)
)

LINES: dict[str, list[str]] = {
    "read": ["df['a']", "df[['a', 'c']]"],
    "filter": ["df[df['a'] > 2]", "df.loc[df['a'] <= 2, 'c']"],
    "<": ["df[df['a'] > 2]", "(df['a'] < 300).sum()", "df[df['a'].between(-1000, 3.5)]", "df[df['a'] >= 2.5]"],
    "&": ["df[(df['a'] > 2) & (df['c'] > 0)]"],
    "|": ["df[(df['a'] > 2) | (df['c'] > 0)]", "((df['c'] > 0) | (df['a'] < 2)).sum()"],
    "sum": ["(df['a'] > 2).sum()", "(df['a'] > 2).sum() * 1000"],
    "query": ["df.query('a > 2')"],
    "isna": ["df['a'].isna()", "~df['a'].isna()", "df['a'].isna().mean()"],
    "isnull": ["df['a'].isnull().sum()"],
    "notna": ["df[df['a'].notna()]", "df['a'].notna()"],
    "notnull": ["df['a'].notnull()"],
    "duplicated": ["df['a'].duplicated()", "df.duplicated('a')"],
    "count": ["df['a'].count()", "df['a'].count() * 1000"],
    "nunique": ["df['a'].nunique()"],
    "dropna": ["df['a'].dropna()", "df.dropna(subset=['a'])"],
    "drop_duplicates": ["df.drop_duplicates('a')", "df['a'].drop_duplicates()"],
    "drop": ["df.drop(columns=['a'])"],
    "stored": ["df['a'] = 5\nx = df"],
    "peek": ["df.head()\nx = 1"],
    "kept": ["df['a']"],
    "shown": ["df[df['c'] > 0]\nx = 1"],
    "astype": ["df['a'].astype(float)"],
    "astype float": ["df['a'].astype(float)", "df['a'].astype(float) * 1000"],
    "astype float64": ["df['a'].astype('float64').tolist()"],
    "astype int": ["df['a'].dropna().astype(int)", "df['a'].fillna(0).astype(int) * 1000"],
    "astype int64": ["df['a'].dropna().astype('int64')"],
    "fillna": ["df['a'].fillna(0)", "df['a'].fillna(-1)"],
    "group key": ["df.groupby('a')['c'].sum()", "df.groupby(['a', 't']).size()"],
    "group.count": ["df.groupby('t')['a'].count()"],
    "group.sum": ["df.groupby('t')['a'].sum()"],
    "group.min": ["df.groupby('t')['a'].min()"],
    "group.max": ["df.groupby('t')['a'].max()"],
    "labels.kept": ["df.groupby('a')['c'].sum()"],
    "labels.shown": ["df.groupby('a')['c'].sum()\nx = 1"],
    "frame.columns": ["list(df.columns)"],
    "frame.shape": ["df.shape"],
    "frame.dropna": ["df.dropna()"],
    "frame.drop_duplicates": ["df.drop_duplicates()"],
    **{f"frame.{word}": [f"df.{word}()"] for word in ("isna", "isnull", "notna", "notnull", "count", "nunique")},
    "frame.duplicated": ["df.duplicated()"],
    "frame.corr": ["df[['a', 'c', 'i']].corr()", "df.corr(numeric_only=True)"],
}


def _frames() -> list[pd.DataFrame]:
    random = np.random.default_rng(3)
    found = []
    for rows, low, high in ((2, -128, 127), (1, 3, 3), (30, -128, 127), (200, -3, 4)):
        values = random.integers(low, high, rows, endpoint=True).astype(float)
        values[random.random(rows) < 0.3] = np.nan
        table = {"a": values, "b": 1, "c": random.normal(size=rows), "t": random.choice(["x", "y"], rows)}
        found.append(pd.DataFrame({**table, "i": np.arange(rows)}))
    return found


@pytest.mark.parametrize("word", sorted(SAFE | CONDITION))
def test_every_word_is_run_on_both_types(word: str) -> None:
    """Equal values for each line, the very same dtype where the list says that the type has no influence any more."""
    lines = LINES[word]
    unsaid = [line for line in lines if word not in words(line if "x = " in line else f"x = {line}")]
    found = {line: worst(verdict(line, frame, {"a": "Int8"}) for frame in _frames()) for line in lines}
    allowed = ResultClass.IDENTICAL if word in ENDS | {"sum"} and "filter" not in word else ResultClass.SAME_VALUES
    filtered = [line for line in lines if line.startswith(("df[df", "df.dup"))]

    assert word.startswith("astype ") or unsaid == []
    assert all(one is not None for one in found.values()), found
    order = list(ResultClass)
    for line, one in found.items():
        assert one is not None
        assert order.index(one) <= order.index(ResultClass.SAME_VALUES if line in filtered else allowed), (line, one)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of whole numbers with gaps."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


def _asked(source: NotebookSource, folder: Path) -> tuple[list[Recommendation], list[HeldBack]]:
    evidence = scanned(evidence_of(source, run(source, folder)[0], folder), source, folder)
    cards, held = advise(source, evidence, [find_rule(RULE)])
    return list(cards), list(held)


@pytest.mark.parametrize(
    "use",
    [
        "x = df[df['a'] > 2]['c'].sum()",
        "x = df[(df['a'] > 2) & (df['c'] > 1)]",
        "x = df['a'].isna().sum(), df['a'].count()",
        "x = df.dropna(subset=['a'])['c'].mean()",
        "x = df['a'].fillna(0).astype(int) * 1000",
        "x = df.groupby('a')['c'].sum()",
        "x = df[df['a'].notna()]",
    ],
)
def test_whole_numbers_with_gaps_become_nullable(folder: Path, use: str) -> None:
    """The read says `Int8`, values stay equal."""
    source = notebook(READ, use)
    cards, held = _asked(source, folder)

    assert [card.edits[0].after for card in cards] == [READ.replace("')", '\', dtype={"a": "Int8"})')], held
    found = verify(cards[0], source, folder)
    assert found.equal, found.differences


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("x = df[df['a'] != 3]", "=="),
        ("x = df[~(df['a'] > 2)]", "~"),
        ("m = df['a'] > 2\nx = (~m).sum()", "kept"),
        ("x = (df['a'] > 2).mean()", "mean"),
        ("x = np.where(df['a'] > 2, 1, 0)", "np.where"),
        ("x = df['a'] + 1", "+"),
        ("x = float(df[df['c'] > 99]['a'].mean())", "mean"),
        ("x = f\"{df['a'].max()}\"", "max"),
        ("x = df['a'].fillna(df['a'].mean())", "mean"),
        ("x = df['a'].fillna(df['c'])", "fillna"),
        ("x = df['a'].fillna(1000)", "fillna"),
        ("x = df['a'].unique()", "unique"),
        ("x = df.to_csv()", "frame.to_csv"),
        ("x = df['a'].isin([float('nan')]).sum()", "isin"),
        ("x = df['a'].map(lambda v: f'{v}')", "map"),
        ("x = df['a'].astype(str)", "astype"),
        ("x = df['a'].tolist()", "tolist"),
    ],
)
def test_it_holds_back_where_a_gap_behaves_otherwise(folder: Path, use: str, reason: str) -> None:
    """Negated conditions, means of nothing, text, arrays, arithmetic."""
    cards, held = _asked(notebook(READ, use), folder)

    assert cards == []
    assert reason in " ".join(one.reason for one in held)


def test_a_peek_shows_other_values(folder: Path) -> None:
    """`<NA>` and 3 in the place of NaN and 3.0: the card names the cell."""
    cards, _ = _asked(notebook(READ, "df.head()", "x = df['a'].count()"), folder)

    assert (cards[0].result, cards[0].peeks) == (ResultClass.DISPLAY, ("cell-1",))


@pytest.mark.parametrize("value", ["3.5", "128", "x", "1e30"])
def test_a_later_file_that_does_not_fit_raises(folder: Path, value: str) -> None:
    """Never cut."""
    source = notebook(READ, "x = df['a'].count()")
    cards, _ = _asked(source, folder)
    (folder / "data.csv").write_text(CSV + f"{value},x,1\n")

    with pytest.raises((ValueError, TypeError)):
        run(source.with_edits(cards[0].edits), folder)


@pytest.mark.parametrize("content", ["a,c\n1.5,1\n,2\n", "a,c\n1.0,1\n2.0,2\n", "a,c\ninf,1\n,2\n", "a,c\n,1\n,2\n"])
def test_other_floats_are_left_alone(tmp_path: Path, content: str) -> None:
    """Fractions, no gaps, infinities, nothing but gaps."""
    (tmp_path / "data.csv").write_text(content)

    assert _asked(notebook(READ, "x = df['a'].count()"), tmp_path)[0] == []


def test_random_conditions(folder: Path) -> None:
    """Random comparisons joined by and/or choose the same rows."""
    random = Random(11)
    for _ in range(20):
        parts = [f"(df['{random.choice('ac')}'] {random.choice(['>', '<', '>=', '<='])} {random.randint(-130, 130)})"]
        parts += [f"{random.choice('&|')} (df['a'] {random.choice(['>', '<='])} {random.choice([3, 3.5, 300])})"]
        source = notebook(READ, f"x = df[{' '.join(parts)}]\ny = ({' '.join(parts)}).sum()")
        for card in _asked(source, folder)[0]:
            assert verify(card, source, folder).equal, source
