"""Cards of one read, joined: one readable edit that says what each of them says."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import evidence_of, notebook, run, verify

from memadvise.model import NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise

READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of an id, repeated text, small numbers, floats and dates."""
    lines = [f"{row + 40000},{'xyz'[row % 3]},{row % 7},{row / 3:.4f},2024-01-{row % 28 + 1:02d}" for row in range(60)]
    (tmp_path / "data.csv").write_text("\n".join(["id,k,n,f,day", *lines, ""]))
    return tmp_path


def _joined(source: NotebookSource, folder: Path) -> list[Recommendation]:
    cards, _ = advise(source, evidence_of(source, run(source, folder)[0], folder))
    return [card for card in cards if " + " in card.rule and card.change is not None]


def test_all_changes_of_a_read_make_one_edit(folder: Path) -> None:
    """The columns that are used, each with its type, in one call; what comes out is equal."""
    use = "df['day'] = pd.to_datetime(df['day'])\nx = df[(df['k'] == 'x') & (df['n'] > 3)]['f'].sum(), df['day'].max()"
    source = notebook(READ, use, measured=1)

    card = _joined(source, folder)[0]

    assert set(card.rule.split(" + ")) >= {"unused-columns", "repeated-strings", "wide-integers", "text-dates"}
    assert 'usecols=["k", "n", "f", "day"]' in card.edits[0].after
    assert '"k": "category"' in card.edits[0].after
    assert '"n": "int8"' in card.edits[0].after
    assert 'date_format={"day": "%Y-%m-%d"}' in card.edits[0].after
    assert "id" not in card.edits[0].after.split("dtype=")[1]
    assert verify(card, source, folder).equal


def test_a_rule_about_columns_that_are_not_read_is_not_named(folder: Path) -> None:
    """Narrow ids are no part of a card that leaves the ids out."""
    cards = _joined(notebook(READ, "x = df[df['k'] == 'x']['f'].sum()"), folder)

    assert [card.rule for card in cards] == ["unused-columns + repeated-strings"]
    assert cards[0].title == "Read only the 2 of 5 columns that are used + k as category"


def test_one_change_alone_is_joined_with_nothing(folder: Path) -> None:
    """A card of its own says the same."""
    assert _joined(notebook(READ, "x = df['f'].sum()", measured=1), folder) == []


def test_an_approximation_is_never_joined(folder: Path) -> None:
    """It is by choice only."""
    cards = _joined(notebook(READ, "x = df['f'].mean(), len(df)\ny = df[df['k'] == 'x']['n'].sum()"), folder)

    assert cards
    assert all("wide-floats" not in card.rule for card in cards)
    assert all(card.result is not ResultClass.APPROXIMATE for card in cards)


@pytest.mark.parametrize(
    "call", ["dtype={'n': 'int16'}", "dtype={'f': float}, usecols=['k', 'n', 'f']", "parse_dates=['day']"]
)
def test_what_the_read_says_already_is_kept(folder: Path, call: str) -> None:
    """One dict, one list: the person's entries stand in them still, and the result is equal."""
    source = notebook(READ.replace("'data.csv'", f"'data.csv', {call}"), "x = df[df['k'] == 'x']['n'].sum()")
    cards, _ = advise(source, evidence_of(source, run(source, folder)[0], folder))
    changing = [card for card in cards if card.change is not None and card.result is not ResultClass.APPROXIMATE]

    assert changing
    for card in changing:
        assert card.edits[0].after.count("dtype=") <= 1
        assert card.edits[0].after.count("usecols=") <= 1
        assert verify(card, source, folder).equal
