"""text-numbers: numbers that the read makes text are read as numbers, and come out as the very same ones."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from facts_by_hand import asked, one_card, why_not
from harness import notebook, run, verify
from text_files import file_of
from two_forms import BOTH_RAISE, Form, filled, judged, uses_of

from memadvise.model import ResultClass
from memadvise.rules.compression.text_numbers import ENDS, ENDS_WHEN, SAFE

RULE = "text-numbers"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv', dtype={'k': str})"
USED = "df['k'] = pd.to_numeric(df['k'])"
WHOLE = ["1", "22", "-7", "0", "900719925474099312"]
FRACTIONS = ["1.5", "", "-0.25", "1000000.125", "7", "0.1"]


@pytest.mark.parametrize(
    ("texts", "dtype", "use"),
    [
        (WHOLE, "int64", USED),
        (WHOLE, "int64", "df['k'] = df['k'].astype(int)"),
        (WHOLE, "int64", "df['k'] = df['k'].astype('int64')\nx = df.groupby('g')['k'].sum()"),
        (WHOLE, "int64", "df['k2'] = pd.to_numeric(df.k, errors='coerce')"),
        (WHOLE, "int64", "df = df[df['v'] > 3]\ndf['k'] = df['k'].astype(float)"),
        (FRACTIONS, "float64", USED),
        (FRACTIONS, "float64", "df['k'] = df['k'].astype(float)\nx = df.describe()"),
        (FRACTIONS, "float64", "df.head()\ndf = df.dropna(subset=['k'])\ndf['k'] = df['k'].astype('float64')"),
        (FRACTIONS, "float64", "x = df['k'].isna().sum()\ny = pd.to_numeric(df['k']).mean()"),
        (["1", "", "20"], "float64", USED),
    ],
)
def test_text_that_is_only_made_into_numbers_is_read_as_numbers(
    tmp_path: Path, texts: list[str], dtype: str, use: str
) -> None:
    """The numbers and their dtype are the same."""
    (tmp_path / "data.csv").write_text(file_of(texts))
    source = notebook(READ, use)

    card = one_card(RULE, source, tmp_path)

    assert f'dtype={{"k": "{dtype}"}}' in card.edits[0].after
    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert verdict.result in {ResultClass.IDENTICAL, ResultClass.SAME_VALUES}


@pytest.mark.parametrize(
    ("dtype", "after"),
    [
        ("str", 'dtype={"k": "int64", "g": "str", "v": "str"}'),
        ("'str'", 'dtype={"k": "int64", "g": "str", "v": "str"}'),
        ("{'k': 'str', 'v': 'int8'}", 'dtype={"k": "int64", "v": \'int8\'}'),
    ],
)
def test_what_the_read_says_of_other_columns_stays(tmp_path: Path, dtype: str, after: str) -> None:
    """One word for all columns becomes a dict of them."""
    (tmp_path / "data.csv").write_text(file_of(WHOLE))
    source = notebook(READ.replace("{'k': str}", dtype), USED)

    card = one_card(RULE, source, tmp_path)

    assert after in card.edits[0].after
    assert verify(card, source, tmp_path).equal


@pytest.mark.parametrize(
    ("texts", "use", "reason"),
    [
        (WHOLE, "x = df['k'].tolist()\n" + USED, "tolist"),
        (WHOLE, "x = df['k'].str.len().sum()\n" + USED, "str.len"),
        (WHOLE, "x = df['k']\n" + USED, "kept"),
        (WHOLE, "x = df.groupby('k')['v'].sum()\n" + USED, "group key"),
        (WHOLE, "x = (df['k'] == '22').sum()\n" + USED, "=="),
        (WHOLE, "x = df['k'].nunique()\n" + USED, "nunique"),
        (WHOLE, "x = df.sort_values('k', kind='stable')['v'].tolist()\n" + USED, "sort key"),
        (WHOLE, "x = df.describe()\n" + USED, "frame.describe"),
        (WHOLE, "x = df.mean(numeric_only=True)\n" + USED, "frame.mean"),
        (WHOLE, "x = df.select_dtypes('number')\n" + USED, "frame.select_dtypes"),
        (WHOLE, "x = pd.to_numeric(df['k'], downcast='integer')", "pd.to_numeric"),
        (WHOLE, "x = df['k'].astype('float32')", "astype"),
        (WHOLE, "x = df['k'].astype(str)\n" + USED, "astype"),
        (FRACTIONS, "df = df[df['v'] == 4]\n" + USED, "pd.to_numeric"),  # of these rows alone: whole numbers
        (FRACTIONS, "x = pd.to_numeric(df['k'].head(1))", "pd.to_numeric"),
        (FRACTIONS, "x = pd.to_numeric(df['k'].dropna())", "pd.to_numeric"),
        (FRACTIONS, "x = pd.to_numeric(df['k'].fillna('0'))", "fillna"),
        (FRACTIONS, "x = df['k'].replace('7', '8').astype(float)", "replace"),
        (FRACTIONS, "part = df[df['v'] > 3]\n" + USED, "kept"),
        (WHOLE, "x = df['v'].sum()", "does not make numbers"),
    ],
)
def test_it_holds_back_where_text_and_numbers_differ(tmp_path: Path, texts: list[str], use: str, reason: str) -> None:
    """Uses as text, types found from some rows, reductions of all numbers of the frame."""
    (tmp_path / "data.csv").write_text(file_of(texts))

    assert reason in why_not(RULE, notebook(READ, use), tmp_path)


@pytest.mark.parametrize(
    "texts",
    [
        ["1", "total"],
        ["1,234", "5"],
        ["$1", "$2"],
        ["007", "12"],
        ["1e5", "2"],
        [" 1", "2"],
        ["0x10", "2"],
        ["Amount", "1.5", "2"],  # a header that is repeated between the rows
    ],
)
def test_columns_that_are_not_all_plain_numbers_are_left_and_it_says_so(tmp_path: Path, texts: list[str]) -> None:
    """Even where the notebook drops those rows first: the read would fail on them."""
    rows = pd.DataFrame({"k": texts * 4, "g": "x", "v": 1})
    rows.to_csv(tmp_path / "data.csv", index=False)
    source = notebook(READ, "x = pd.to_numeric(df['k'], errors='coerce')")

    assert "not all of its texts are plain numbers" in why_not(RULE, source, tmp_path)


@pytest.mark.parametrize(
    ("texts", "reason"),
    [(["900719925474099312", "", "5"], ""), ([""], "")],
)
def test_numbers_that_are_not_sure_to_come_out_the_same(tmp_path: Path, texts: list[str], reason: str) -> None:
    """Long numbers beside missing ones; nothing but missing values."""
    (tmp_path / "data.csv").write_text(file_of(texts))
    cards, _ = asked(RULE, notebook(READ, "x = pd.to_numeric(df['k'])"), tmp_path)

    assert cards == []


@pytest.mark.parametrize(
    "option", ["thousands=','", "decimal=','", "converters={'v': int}", "skiprows=1", "index_col=0"]
)
def test_reads_that_are_not_combined(tmp_path: Path, option: str) -> None:
    """Arguments that change what a number is."""
    (tmp_path / "data.csv").write_text(file_of(WHOLE))
    read = READ.replace("{'k': str}", "{'k': str}, " + option)

    assert asked(RULE, notebook(read, "x = len(df)"), tmp_path)[0] == []


def test_later_data_that_are_no_numbers_raise(tmp_path: Path) -> None:
    """The read says so at once."""
    (tmp_path / "data.csv").write_text(file_of(WHOLE))
    source = notebook(READ, USED)
    changed = source.with_edits(one_card(RULE, source, tmp_path).edits)
    (tmp_path / "data.csv").write_text(file_of(["1", "total"]))

    with pytest.raises(ValueError, match="total"):
        run(changed, tmp_path)


EXPERIMENTS: dict[str, tuple[str, ...]] = {
    "read": (),
    "filter": (),
    "peek": (),
    "stored": (),
    "drop": ("{f}.drop(columns=['k'])",),
    "frame.columns": ("list({f}.columns)",),
    "copy": ("{c}.copy().astype(float)",),
    "head": ("{c}.head(3).astype(float)",),
    "tail": ("{c}.tail().astype('float64')",),
    "dropna": ("{c}.dropna().astype(float)", "{f}.dropna(subset=['k'])['v']"),
    "frame.dropna": ("{f}.dropna()['v']",),
    "count": ("{c}.count()",),
    "isna": ("{c}.isna()",),
    "isnull": ("{c}.isnull().sum()",),
    "notna": ("{c}.notna()",),
    "notnull": ("{c}.notnull()",),
    "frame.isna": ("{f}.isna()",),
    "frame.isnull": ("{f}.isnull().sum()",),
    "frame.notna": ("{f}.notna()",),
    "frame.notnull": ("{f}.notnull()",),
    "frame.count": ("{f}.count()", "{f}.count(axis=1)"),
    "frame.shape": ("{f}.shape",),
    "frame.size": ("{f}.size",),
    "frame.empty": ("{f}.empty",),
    "pd.to_numeric": ("pd.to_numeric({c})", "pd.to_numeric({c}, errors='coerce')"),
    "astype": ("{c}.astype(float)", "{c}.astype('float64')", "{c}[df['v'] > 3].astype(float)"),
}
ONE_LINE = [(word, code) for word, codes in EXPERIMENTS.items() for code in codes]


def _forms(texts: list[str], dtype: str) -> tuple[Form, Form]:
    content = file_of(texts, 60)
    return (
        lambda: pd.read_csv(io.StringIO(content), dtype={"k": "str"}),
        lambda: pd.read_csv(io.StringIO(content), dtype={"k": dtype}),
    )


def test_every_word_has_an_experiment() -> None:
    """A word that is in the allow-list without being tried here fails."""
    assert set(EXPERIMENTS) == (SAFE | ENDS | frozenset(ENDS_WHEN)) - {"condition"}


@pytest.mark.parametrize(("word", "code"), ONE_LINE)
def test_a_word_of_the_allow_list_gives_the_same_for_both_forms(word: str, code: str) -> None:
    """Whatever does not hold the column itself is identical."""
    words = {use.operation for use in uses_of(f"x = {filled(code)}", ("k", "g", "v")) if "k" in use.columns}
    files = [(WHOLE, "int64"), (FRACTIONS, "float64"), (["1", "", "20"], "float64")]
    found = {judged(f"x = {filled(code)}", *_forms(texts, dtype)) for texts, dtype in files}

    assert word in words
    assert found - {BOTH_RAISE} == {ResultClass.IDENTICAL}


LINES = [
    "x{n} = pd.to_numeric({c}).sum()", "x{n} = {c}.astype(float).tolist()", "df['k'] = pd.to_numeric(df['k'])",
    "df['y{n}'] = df['k'].astype('float64') * 2", "df = df[df['v'] > {n}]", "df = df.dropna(subset=['k'])",
    "x{n} = df.isna().sum()", "x{n} = {c}.notna().tolist()", "d = df.copy()\nd['k'] = d['k'].astype(float)",
    "x{n} = {c}.nunique()", "x{n} = df.describe()", "x{n} = df['k'].astype(int)", "df = df.sort_values('v')",
    "x{n} = {c}.head(2).astype(float)", "df.head()",
]  # fmt: skip


def test_random_notebooks_give_the_same(tmp_path: Path) -> None:
    """Whatever is offered for random notebooks over random numbers gives the class that the card says."""
    random, offered = Random(8), 0
    for _ in range(60):
        numbers = [str(random.randint(-999, 10**6)) for _ in range(5)]
        if random.random() < 0.5:
            numbers += [f"{random.randint(-99, 999)}.{random.randint(0, 10**7)}", random.choice(["", "5"])]
        (tmp_path / "data.csv").write_text(file_of(numbers, random.choice([7, 30])))
        cells = [filled(random.choice(LINES)).replace("{n}", str(number)) for number in range(random.randint(1, 3))]
        source = notebook(READ, *cells)
        try:
            cards, _ = asked(RULE, source, tmp_path)
        except Exception:  # noqa: BLE001 - a notebook that makes no sense: whole numbers of missing values
            continue
        for card in cards:
            offered += 1
            verdict = verify(card, source, tmp_path)
            assert verdict.equal, (cells, verdict.differences)

    assert offered > 15
