"""Types that are told at the read: odd reads, odd names, odd files; over all rules that tell them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from facts_by_hand import asked, evidence_by_hand, one_card, why_not
from harness import notebook, verify

from memadvise.rules import advise, find_rule

RULE = "repeated-strings"
IMPORT = "import pandas as pd\n"
USE = "x = df[df['k'] == 'IT']['v'].sum()"
ROWS = "IT,2024-01-31,1\nDE,2023-02-01,2\n,2023-02-01,3\n" * 20


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the same table as plain, compressed and Latin-1 text, and with odd headers."""
    table = "k,d,v\n" + ROWS
    (tmp_path / "data.csv").write_text(table)
    (tmp_path / "data.csv.gz").write_bytes(gzip.compress(table.encode()))
    (tmp_path / "latin.csv").write_bytes(table.replace("DE", "Dänemark").encode("latin-1"))
    (tmp_path / "semicolon.csv").write_text(table.replace(",", ";"))
    (tmp_path / "twice.csv").write_text("k,k,v\n" + ROWS)
    (tmp_path / "bare.csv").write_text(ROWS)
    (tmp_path / "noted.csv").write_text("a note\n" + table)
    return tmp_path


@pytest.mark.parametrize(
    "cells",
    [
        ["df = pd.read_csv('data.csv.gz')", USE],
        ["from pathlib import Path\ndf = pd.read_csv(Path('data.csv'))", USE],
        ["df = pd.read_csv('latin.csv', encoding='latin-1')", USE],
        ["df = pd.read_csv('semicolon.csv', sep=';')", USE],
        ["df = pd.read_csv('semicolon.csv', sep='[;]')", USE],
        ["from pandas import read_csv as rc\ndf = rc('data.csv')", USE],
        ["df = pd.read_csv(filepath_or_buffer='data.csv')", USE],
        ["%time df = pd.read_csv('data.csv')", USE],
        ["df = pd.read_csv('data.csv', keep_default_na=False)", USE],
        ["df = pd.read_csv('data.csv', na_values=['DE'])", USE],
        ["df = pd.read_csv('data.csv', dtype={'v': 'int16'}, parse_dates=['d'])", USE],
        ["df = pd.read_csv(\n    'data.csv',\n    nrows=50,  # fewer\n)", USE],
        ["df = pd.read_csv('data.csv')", "c = 'k'\nx = df[df[f'{c}'] == 'IT']['v'].sum()"],
        ["df = pd.read_csv('data.csv').dropna()", USE],
    ],
)
def test_reads_that_can_be_told(folder: Path, cells: list[str]) -> None:
    """What the call says is kept, and the values are the same."""
    source = notebook(IMPORT + cells[0], *cells[1:])

    card = one_card(RULE, source, folder)

    assert '"k": "category"' in card.edits[0].after
    assert verify(card, source, folder).equal


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ("df = pd.read_csv('data.csv', index_col='k')", "index_col"),
        ("df = pd.read_csv('noted.csv', skiprows=1)", "skiprows"),
        ("df = pd.read_csv('bare.csv', header=None)", "header"),
        ("df = pd.read_csv('bare.csv', names=['k', 'd', 'v'])", "names"),
        ("df = pd.read_csv('data.csv', thousands=',')", "thousands"),
        ("df = pd.read_csv('semicolon.csv', sep=';', decimal=',')", "decimal"),
        ("df = pd.read_csv('data.csv', converters={'k': str.strip})", "converters"),
        ("df = pd.read_csv('data.csv', engine='pyarrow')", "engine"),
        ("df = pd.read_csv('data.csv', dtype=str)", "says its type"),
        ("kinds = {'v': int}\ndf = pd.read_csv('data.csv', dtype={**kinds})", "no literal"),
        ("options = {}\ndf = pd.read_csv('data.csv', **options)", "not written out"),
        ("df = pd.read_csv(open('data.csv'))", "another value"),
    ],
)
def test_reads_that_can_not_be_told(folder: Path, read: str, reason: str) -> None:
    """Arguments under which a column's text may mean something else hold back, and are named."""
    assert reason in why_not(RULE, notebook(IMPORT + read, "x = len(df)"), folder)


def test_a_name_that_the_file_has_twice_tells_two_columns(folder: Path) -> None:
    """Pandas gives the dtype of `k` to `k.1` as well, whose use is another one."""
    source = notebook(IMPORT + "df = pd.read_csv('twice.csv')", "x = df['k'].count()\ny = df['k.1'] + '!'")

    assert "'k.1' may have the same name" in why_not(RULE, source, folder)


@pytest.mark.parametrize("name", ["it's", '"quoted"', "{brace}", "two\nlines", "back\\slash", "%s", "naïve \U0001f600"])
def test_hostile_names(tmp_path: Path, name: str) -> None:
    """A name is no code."""
    quoted = name.replace('"', '""')
    (tmp_path / "data.csv").write_text(f'"{quoted}",v\n' + "IT,1\nDE,2\n" * 30)
    source = notebook(IMPORT + "df = pd.read_csv('data.csv')", f"x = df[df[{name!r}] == 'IT']['v'].sum()")

    assert verify(one_card(RULE, source, tmp_path), source, tmp_path).equal


def test_a_cell_that_does_not_parse_may_do_anything(folder: Path) -> None:
    """If it names the frame, the rule holds back and says which cell; such a cell can't be run here."""
    read = IMPORT + "df = pd.read_csv('data.csv')"
    evidence = evidence_by_hand(notebook(read, USE), folder)
    broken = notebook(read, USE, "df.k.astype(int")

    cards, held = advise(broken, evidence, [find_rule(RULE)])

    assert cards == ()
    assert any("cell 2" in one.reason for one in held)


def test_rules_that_tell_types_make_one_edit(folder: Path) -> None:
    """Text that repeats, and dates: one call that says both."""
    source = notebook(IMPORT + "df = pd.read_csv('data.csv')", f"df['d'] = pd.to_datetime(df['d'])\n{USE}", measured=1)
    rules = [find_rule("repeated-strings"), find_rule("text-dates")]
    cards, _ = advise(source, evidence_by_hand(source, folder), rules)
    (joined,) = [card for card in cards if "+" in card.rule]

    assert '"k": "category"' in joined.edits[0].after
    assert 'parse_dates=["d"]' in joined.edits[0].after
    assert verify(joined, source, folder).equal
    assert asked("text-dates", source.with_edits(joined.edits), folder)[0] == []
