"""text-booleans: two words that are replaced by true and false are read as such, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from facts_by_hand import asked, one_card, why_not
from harness import notebook, run, verify

from memadvise.model import ResultClass

RULE = "text-booleans"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
MAPPED = "df['k'] = df['k'].map({'Yes': True, 'No': False})"
COMPARED = "df['k'] = df['k'] == 'Yes'"


def _content(words: list[str], others: list[str] | None = None, rows: int = 20) -> str:
    others = others or ["x", "y z", ""]
    return "k,g,v\n" + "".join(f"{words[row % len(words)]},{others[row % len(others)]},{row}\n" for row in range(rows))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of a column of Yes and No."""
    (tmp_path / "data.csv").write_text(_content(["Yes", "No", "No"]))
    return tmp_path


@pytest.mark.parametrize(
    "cells",
    [
        [READ, MAPPED],
        [READ, COMPARED],
        [f"{READ}\n{MAPPED}\nx = df['k'].sum()"],
        [READ, f"{COMPARED}  # members", "x = df.groupby('k')['v'].sum()\ny = df.describe()"],
        [READ, "df.head()", MAPPED, "x = df[df['k']]['v'].tolist()"],
        [READ, "x = df.isna().sum()\nprint(df.shape)", "n = 3\n" + MAPPED + "\nm = 4"],
        [READ.replace("'data.csv'", "'data.csv', dtype={'v': 'int32'}"), MAPPED.replace("True", "0 == 1") and COMPARED],
        [f"{READ}\r\n{COMPARED}\r\nx = 1"],
        [READ, "df['k'] = df['k'].map({'Yes': False, 'No': True})"],
    ],
)
def test_two_words_that_become_booleans_are_read_as_booleans(folder: Path, cells: list[str]) -> None:
    """The statement that made them is left out; afterwards the frame is the same."""
    source = notebook(*cells)

    card = one_card(RULE, source, folder)

    after = "\n".join(edit.after for edit in card.edits)
    assert '"k": "bool"' in after
    assert "true_values=" in after
    assert '# "k" is read as True and False' in after
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert (card.result is ResultClass.DISPLAY) == any("head" in cell for cell in cells)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (f"x = (df['k'] == 'No').sum()\n{MAPPED}", "sum"),
        (f"df = pd.DataFrame({{'k': ['Yes', 'No'], 'v': 1, 'g': 'x'}})\n{MAPPED}", "another statement as well"),
        (f"x = df['k'].tolist()\n{MAPPED}", "tolist"),
        (f"x = df.groupby('k')['v'].sum()\n{MAPPED}", "group key"),
        (f"x = df.to_csv()\n{MAPPED}", "frame.to_csv"),
        (f"x = df.describe(include='all')\n{MAPPED}", "frame.describe"),
        (f"part = df[df['v'] > 3]\n{MAPPED}", "kept"),
        (f"x = df.nunique()\n{MAPPED}", "frame.nunique"),
        (f"def f():\n    return df['k'].tolist()\n{MAPPED}", "unknown"),
        (f"{MAPPED}; x = 3", "another statement stands"),
        (f"other = df\n{MAPPED}\nx = other['k'].str.len()", ""),
    ],
)
def test_it_holds_back_where_the_text_is_used(folder: Path, use: str, reason: str) -> None:
    """Any other use of the text keeps it."""
    source = notebook(READ, use)
    try:
        assert reason in why_not(RULE, source, folder)
    except AttributeError:
        assert reason == ""  # the notebook itself fails: booleans have no `.str`


@pytest.mark.parametrize(
    ("content", "use"),
    [
        (_content(["Yes", "No", ""]), MAPPED),  # a missing value
        (_content(["Yes", "No", "Maybe"]), MAPPED),
        (_content(["1", "0"]).replace("k,", "k,"), "df['k'] = df['k'] == '1'"),
        (_content(["Yes", "No"]), "df['k'] = df['k'].map({'Yes': 1, 'No': 0})"),
        (_content(["Yes", "No"]), "df['k'] = df['k'].map({'Yes': True})"),
        (_content(["Yes", "No"]), "df['k'] = df['k'].map({'Yes': True, 'No': True})"),
        (_content(["Yes", "No"]), "df['k'] = df['k'] != 'Yes'"),
        (_content(["Yes", "No"]), "df['other'] = df['k'] == 'Yes'"),
        (_content(["Yes", "No"]), "if True:\n    df['k'] = df['k'] == 'Yes'"),
        (_content(["Yes", "No"]), "x = df['k'] == 'Yes'"),
    ],
)
def test_other_columns_and_statements_are_left(tmp_path: Path, content: str, use: str) -> None:
    """Three words, missing values, numbers, other maps, statements inside others: no card and no words."""
    (tmp_path / "data.csv").write_text(content)

    assert why_not(RULE, notebook(READ, use), tmp_path) == ""


@pytest.mark.parametrize("others", [["Yes", "x"], ["No", "Yes"], [str(n) + "th" for n in range(1200)]])
def test_a_word_in_another_column_would_be_read_otherwise(tmp_path: Path, others: list[str]) -> None:
    """The read takes the words for booleans in all columns: one that may hold them forbids it."""
    (tmp_path / "data.csv").write_text(_content(["Yes", "No"], others, rows=1300))

    assert "column 'g' may hold one of the two words" in why_not(RULE, notebook(READ, MAPPED), tmp_path)


@pytest.mark.parametrize("option", ["sep='[,]'", "true_values=['y']", "na_values=['No']", "converters={'v': int}"])
def test_reads_that_are_not_combined(folder: Path, option: str) -> None:
    """The Python parser takes a third word for true, silently; missing words and converters change what there is."""
    source = notebook(READ.replace("'data.csv'", f"'data.csv', {option}"), "x = len(df)")

    assert asked(RULE, source, folder)[0] == []


@pytest.mark.parametrize("words", [["Yes", "No", "Maybe"], ["Yes", "No", ""]])
def test_later_data_with_a_third_word_raise(folder: Path, words: list[str]) -> None:
    """The read says so at once."""
    source = notebook(READ, MAPPED)
    changed = source.with_edits(one_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text(_content(words))

    with pytest.raises(ValueError, match=r"bool|Bool"):
        run(changed, folder)


def test_random_notebooks_give_the_same(tmp_path: Path) -> None:
    """Whatever is offered for random words and notebooks gives the class that the card says."""
    random, offered = Random(9), 0
    lines = [
        "x{n} = df.isna().sum()",
        "df.head()",
        "x{n} = df.describe()",
        "x{n} = df['v'].sum()",
        "df['w{n}'] = df['v'] * 2",
    ]
    after = ["x{n} = df['k'].sum()", "x{n} = df[df['k']]['v'].tolist()", "x{n} = df.groupby('k')['v'].mean()"]
    for _ in range(40):
        true, false = random.sample(["Yes", "No", "Y", "N", "ja", "nein", "t", "f", "é", "'"], 2)
        others = random.choice([["a", "b"], [true, "b"], ["", "c"]])
        (tmp_path / "data.csv").write_text(
            _content(random.sample([true, false] * 4, 8), others, random.choice([8, 30]))
        )
        made = random.choice(
            [f"df['k'] = df['k'] == {true!r}", f"df['k'] = df['k'].map({{{true!r}: True, {false!r}: False}})"]
        )
        cells = [random.choice(lines), made, random.choice(after)]
        source = notebook(READ, *(cell.replace("{n}", str(number)) for number, cell in enumerate(cells)))
        for card in asked(RULE, source, tmp_path)[0]:
            offered += 1
            verdict = verify(card, source, tmp_path)
            assert verdict.equal, (cells, verdict.differences)

    assert offered > 10
