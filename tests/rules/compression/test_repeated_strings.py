"""repeated-strings: where a category is told apart from text only by its dtype, and where it is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule

RULE = "repeated-strings"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
TEXTS = ["IT", "DE", "", "zz", "é", "\U0001f600", "Z", "a b", "10", "9"]
CSV = "k,g,v\n" + "".join(f"{TEXTS[row % 10]},{'xy'[row % 2]},{row}\n" for row in range(80))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of two text columns, one of which has missing values and odd sorting."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


@pytest.mark.parametrize(
    "use",
    [
        "x = df[df['k'] == 'IT']['v'].sum()",
        "x = int((df['k'] != 'IT').sum())",
        "x = int((df['k'] == 'nothing').sum()), int((df['k'] != 'nothing').sum()), int((df['k'] == 5).sum())",
        "x = df[df['k'].isin(['IT', None, 'nothing', 5])]['v'].tolist()",
        "wanted = ['DE', 'é']\nx = df[df['k'].isin(wanted)]['v'].tolist()",
        "x = df['k'].count(), df['k'].isna().sum()",
        "x = df.groupby('k')['v'].sum()",
        "x = df.groupby(['k', 'g']).size()",
        "x = df.groupby('k')['v'].sum().sort_values().head(3)",
        "x = df.groupby('k')['v'].mean().nlargest(2)",
        "x = df.dropna(subset=['k'])['v'].sum()",
        "x = df[['k', 'v']]",
    ],
)
def test_text_that_is_only_told_apart_becomes_a_category(folder: Path, use: str) -> None:
    """Equality, membership, counting and grouping give equal values, missing ones and the order of groups included."""
    source = notebook(READ, use)

    card = only_card(RULE, source, folder)

    assert '"k": "category"' in card.edits[0].after
    assert card.result is ResultClass.SAME_VALUES
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result in {ResultClass.IDENTICAL, ResultClass.SAME_VALUES}


def test_the_read_says_category_for_each_column(folder: Path) -> None:
    """The edit is the person's own call with one argument more."""
    card = only_card(RULE, notebook(READ, "x = df[df['k'] == 'IT']['v'].sum()"), folder)

    assert card.edits[0].after == READ.replace(")", ', dtype={"k": "category", "g": "category"})')


@pytest.mark.parametrize("peek", ["df.info()", "print(df.dtypes)"])
def test_a_peek_that_prints_types_is_a_change_of_display(folder: Path, peek: str) -> None:
    """`info` and `dtypes` print `category`: the card says in which cell."""
    card = only_card(RULE, notebook(READ, peek, "x = df[df['k'] == 'IT']['v'].sum()"), folder)

    assert (card.result, card.peeks) == (ResultClass.DISPLAY, ("cell-1",))


@pytest.mark.parametrize(
    "use",
    [
        "x = df['k'].value_counts()",
        "x = df['k'].str.upper().tolist()",
        "x = df['k'].unique()",
        "x = df['k'] + '!'",
        "x = df['k'].max()",
        "x = (df['k'] > 'IT').sum()",
        "x = (df['k'] == df['g']).sum()",
        "x = (df['k'] == b'IT').sum()",
        "x = df['k'].isin([b'IT']).sum()",
        "x = df.sort_values('k')['v'].tolist()",
        "x = df['k'].fillna('none')",
        "x = df.groupby('k', sort=False)['v'].sum()",
        "x = df.groupby('k', observed=False)['v'].sum()",
        "x = df.groupby('v')['k'].first()",
        "x = df.groupby('k')['v'].sum()['IT']",
        "top = df.groupby('k')['v'].sum()\nx = top.index.tolist()",
        "top = df.groupby('k')['v'].sum()\nx = top.to_dict()",
        "top = df.groupby('k')['v'].sum()\nx = top.reset_index()",
        "top = df.groupby('k')['v'].sum()\nx = top / top.shift()",
        "x = df.groupby(['k', 'g'])['v'].sum().unstack()",
        "top = df.groupby('k')['v'].sum()\ndef f():\n    return top['IT']\nx = f()",
        "x = df.groupby('k')['v'].sum().sort_values(key=lambda s: s.index)",
        "x = df.to_csv()",
        "x = pd.get_dummies(df['k'])",
        "df['k'] = df['k'].str.strip()\nx = df['v'].sum()",
        "x = pd.merge(df, df, on='k')",
        "df['k']",
    ],
)
def test_it_holds_back_where_a_category_behaves_otherwise(folder: Path, use: str) -> None:
    """Sorting, arithmetic, labels of groups, text methods, levels and unknown uses keep the column as text."""
    source = notebook(READ, use)
    namespace, _ = run(source, folder)

    cards, held = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert not [card for card in cards if '"k": "category"' in card.edits[0].after]
    assert any("column 'k'" in item.reason for item in held)


@pytest.mark.parametrize(
    "second",
    [
        "df = pd.read_csv('other.csv')\ny = df[df['k'] == 'a']['v'].sum()",
        "df = pd.DataFrame({'k': ['a', 'b'] * 20, 'v': 1, 'g': 'x'})",
    ],
)
def test_another_frame_under_the_name_is_no_evidence(folder: Path, second: str) -> None:
    """A column of numbers in the first file would become a category of texts, in which `== 5` finds nothing."""
    (folder / "data.csv").write_text("k,g,v\n" + "5,6,1\n" * 40)
    (folder / "other.csv").write_text("k,g,v\n" + "a,x,1\nb,y,2\n" * 20)
    source = notebook(READ + "\nx = df[df['k'] == 5]['v'].sum()", second)

    cards, _ = advise(source, evidence_of(source, run(source, folder)[0], folder), [find_rule(RULE)])

    assert [card.edits[0].cell_id for card in cards if card.edits[0].cell_id == "cell-0"] == []


def test_it_needs_pandas_3(folder: Path) -> None:
    """Before pandas 3 groups of categories keep empty groups: held back, with that reason."""
    source = notebook(READ, "x = df[df['k'] == 'IT']['v'].sum()")
    evidence = replace(evidence_of(source, run(source, folder)[0], folder), pandas_version="2.3.0")

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert not cards
    assert "needs pandas 3" in held[0].reason


@pytest.mark.parametrize("gone", ["del df", "df = df[df['v'] > 3]", "df['v'] = 1"])
def test_a_frame_that_is_gone_is_looked_at_in_its_file(folder: Path, gone: str) -> None:
    """Without the live frame as it was read, all rows of the file say what its columns hold."""
    source = notebook(READ, f"x = df[df['k'] == 'IT']['v'].sum()\n{gone}")

    card = only_card(RULE, source, folder)

    assert '"k": "category"' in card.edits[0].after
    assert verify(card, source, folder).equal


def test_numbers_and_dates_are_no_repeated_strings(tmp_path: Path) -> None:
    """A file without repeated text gets no card."""
    (tmp_path / "data.csv").write_text("a,b\n" + "".join(f"{row},{row / 7}\n" for row in range(30)))

    assert held_back(RULE, notebook(READ, "x = df[df['a'] == 1]['b'].sum()"), tmp_path) == ""
