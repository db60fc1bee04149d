"""text-dates: text that is only used as dates is read as dates, and never as other ones."""

from __future__ import annotations

import io
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from facts_by_hand import asked, evidence_by_hand, one_card, why_not
from harness import notebook, run, verify
from text_files import file_of
from two_forms import BOTH_RAISE, Form, filled, judged, uses_of

from memadvise.model import ResultClass
from memadvise.rules.compression.text_dates import ENDS, ENDS_WHEN, SAFE, SAFE_WHEN

RULE = "text-dates"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
USED = "df['k'] = pd.to_datetime(df['k'])"
DAYS = ["2024-01-31", "", "2023-02-01", "2023-02-01", "2024-12-31", "1999-07-04"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of ISO dates, some missing and some twice."""
    (tmp_path / "data.csv").write_text(file_of(DAYS))
    return tmp_path


@pytest.mark.parametrize(
    ("texts", "form", "use"),
    [
        (DAYS, "%Y-%m-%d", USED),
        (DAYS, "%Y-%m-%d", "d = pd.to_datetime(df['k'])\nx = d.dt.year.tolist()"),
        (DAYS, "%Y-%m-%d", "df['month'] = pd.to_datetime(df['k'], format='%Y-%m-%d').dt.month"),
        (DAYS, "%Y-%m-%d", "df['k'] = df['k'].astype('datetime64[ns]')"),
        (DAYS, "%Y-%m-%d", "x = df[df['k'] >= '2023-02-01']['v'].sum(), (df['k'] == '1999-07-04').sum()"),
        (DAYS, "%Y-%m-%d", "x = df['k'].between('1999-07-04', '2023-02-01').tolist()"),
        (DAYS, "%Y-%m-%d", "df.head()\nx = df.isna().sum()\n" + USED),
        (DAYS, "%Y-%m-%d", "df = df.dropna()\n" + USED + "\ny = df.groupby(df['k'].dt.year)['v'].sum()"),
        (DAYS, "%Y-%m-%d", "x = df.sort_values('k', kind='stable')['v'].tolist()\n" + USED),
        (DAYS, "%Y-%m-%d", "df = df.assign(k=pd.to_datetime(df['k']))"),
        (["2024-01-31 23:59:59", "1999-07-04 00:00:00"], "%Y-%m-%d %H:%M:%S", USED),
        (["31/01/2024", "01/02/2024"], "%d/%m/%Y", "df['k'] = pd.to_datetime(df['k'], format='%d/%m/%Y')"),
        (["01/02/2024", "01/31/2024", ""], "%m/%d/%Y", USED),
        (
            ["01.02.2024", "31.01.2024"],
            "%d.%m.%Y",
            "df['k'] = pd.to_datetime(df.k, format='%d.%m.%Y', errors='coerce')",
        ),
    ],
)
def test_text_that_is_used_as_dates_is_read_as_dates(tmp_path: Path, texts: list[str], form: str, use: str) -> None:
    """The dates are the same; the read names the one format, and the line behind it raises for any other."""
    (tmp_path / "data.csv").write_text(file_of(texts))
    source = notebook(READ, use, measured=1)

    card = one_card(RULE, source, tmp_path)

    assert f'parse_dates=["k"], date_format={{"k": "{form}"}}' in card.edits[0].after
    assert 'assert df["k"].dtype.kind == "M"' in card.edits[0].after
    verdict = verify(card, source, tmp_path)
    assert verdict.equal, verdict.differences
    assert verdict.result in {ResultClass.IDENTICAL, ResultClass.SAME_VALUES, ResultClass.DISPLAY}


def test_what_the_notebook_makes_of_the_dates_is_identical(folder: Path) -> None:
    """Once converted, nothing tells how the column was read."""
    source = notebook(READ, USED, "x = df.groupby(df['k'].dt.year)['v'].sum()\ny = df.describe()", measured=1)

    verdict = verify(one_card(RULE, source, folder), source, folder)

    assert verdict.result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        (
            ["import pandas as pd\ndf = pd.read_csv('data.csv', dtype={'k': str, 'v': 'int32'})", USED],
            "dtype={'k': str, 'v': 'int32'}, parse_dates=",
        ),
        (
            ["from pandas import read_csv as rc\nimport pandas as pd\ndf = rc('data.csv')", USED],
            "rc('data.csv', parse_dates=",
        ),
        (["import pandas as pd\ndf = pd.read_csv('data.csv', parse_dates=[])", USED], 'parse_dates=["k"]'),
        (["import pandas as pd\ndf = pd.read_csv('data.csv', date_format={})", USED], '{"k": "%Y-%m-%d"}'),
        (
            [
                "from pathlib import Path\nimport pandas as pd\ndf = pd.read_csv(Path('data.csv'), encoding='utf-8')",
                USED,
            ],
            "encoding='utf-8', parse_dates=",
        ),
    ],
)
def test_it_joins_what_the_read_says(folder: Path, cells: list[str], after: str) -> None:
    """Arguments that stand there are kept; lists and dicts get one entry more."""
    source = notebook(*cells, measured=1)

    card = one_card(RULE, source, folder)

    assert after in card.edits[0].after.replace("\n    ", " ")
    assert verify(card, source, folder).equal


def test_names_are_quoted(tmp_path: Path) -> None:
    """Quotes and braces in a column's name are no code."""
    name = """it's "{k}" %s"""
    pd.DataFrame({name: ["2024-01-31", "2023-02-01"] * 9, "v": 1}).to_csv(tmp_path / "data.csv", index=False)
    source = notebook(READ, f"df[{name!r}] = pd.to_datetime(df[{name!r}])", measured=1)

    assert verify(one_card(RULE, source, tmp_path), source, tmp_path).equal


@pytest.mark.parametrize(
    ("texts", "use", "reason"),
    [
        (["31/01/2024", "01/02/2024"], USED, "pd.to_datetime"),  # what is guessed from the first text is not known
        (["01/02/2024", "31/01/2024"], "x = pd.to_datetime(df['k'], errors='coerce')", "pd.to_datetime"),
        (
            ["01/02/2024", "31/01/2024"],
            "x = pd.to_datetime(df['k'], format='%m/%d/%Y', errors='coerce')",
            "pd.to_datetime",
        ),
        (["01/31/2024", "01/02/2024"], "x = pd.to_datetime(df['k'], dayfirst=True)", "pd.to_datetime"),
        (DAYS, "x = pd.to_datetime(df['k'], utc=True)", "pd.to_datetime"),
        (DAYS, "form = '%Y-%m-%d'\nx = pd.to_datetime(df['k'], format=form)", "pd.to_datetime"),
        (DAYS, "x = pd.to_datetime(df['k'], **{'errors': 'coerce'})", "pd.to_datetime"),
        (DAYS, "x = pd.to_datetime(df['k'].unique())", "unique"),
        (DAYS, "x = pd.to_datetime(df['k'] + ' 10:00')", "+"),
        (DAYS, "df['year'] = df['k'].str[:4]\n" + USED, "str.slice"),
        (DAYS, "x = df.groupby('k')['v'].sum()\n" + USED, "group key"),
        (DAYS, "x = df['k'].isin(['2024-01-31']).sum()\n" + USED, "isin"),
        (DAYS, "x = df['k'].unique()\n" + USED, "unique"),
        (DAYS, "x = df['k']\n" + USED, "kept"),
        (DAYS, "x = df['k'].tolist()\n" + USED, "tolist"),
        (DAYS, "x = df['k'].max()\n" + USED, "max"),
        (DAYS, "part = df[df['v'] > 3]\n" + USED, "kept"),
        (DAYS, "x = df.describe()\n" + USED, "frame.describe"),
        (DAYS, "x = df.to_csv()\n" + USED, "frame.to_csv"),
        (DAYS, "x = df.dtypes.tolist()\n" + USED, "frame.dtypes"),
        (DAYS, "x = (df['k'] > '2024').sum()", "<"),
        (DAYS, "x = (df['k'] > '2024-1-31').sum()", "<"),
        (DAYS, "x = (df['k'] < '2024-02-30').sum()", "<"),
        (DAYS, "x = (df['k'] == 'total').sum()\n" + USED, "=="),
        (DAYS, "limit = str(2024)\nx = (df['k'] > limit).sum()\n" + USED, "compare"),
        (DAYS, "x = df.sort_values('k')['v'].tolist()\n" + USED, "sort key"),
        (DAYS, "x = df['v'].sum()", "the notebook does not use its text as dates"),
        (DAYS, "x = df.set_index('k')\n" + USED, "unknown"),
        (DAYS, "x = df['k'].fillna('2024-01-01')\n" + USED, "fillna"),
        (DAYS, "df.loc[0, 'k'] = '2024-01-01'\n" + USED, "stored in part"),
        (DAYS, "def f():\n    return df['k'].iloc[0]\n" + USED, "unknown"),
        (["2024-01-31 10:00:00", "2024-01-31 00:00:00"], "x = (df['k'] > '2024-01-31').sum()", "<"),
    ],
)
def test_it_holds_back_where_text_and_dates_differ(tmp_path: Path, texts: list[str], use: str, reason: str) -> None:
    """Guesses of the day's place, text methods, groups and kept text, comparisons with other texts."""
    (tmp_path / "data.csv").write_text(file_of(texts))

    assert f"column 'k': {reason}" in why_not(RULE, notebook(READ, use, measured=1), tmp_path)


@pytest.mark.parametrize(
    "texts",
    [
        ["01/02/2024", "03/04/2024"],  # day first or month first
        ["2024-01-31", "31/01/2024"],
        ["2024-01-31", "total"],
        ["2024-01-31T10:00:00Z", "2024-02-01T10:00:00Z"],  # as an instant it has a zone
        ["x", "y"],
    ],
)
def test_text_without_one_format_is_left(tmp_path: Path, texts: list[str]) -> None:
    """Nothing is said of text that is not surely of one format, or that has a zone."""
    (tmp_path / "data.csv").write_text(file_of(texts))
    source = notebook(READ, "x = pd.to_datetime(df['k'], errors='coerce', format='mixed')", measured=1)

    assert why_not(RULE, source, tmp_path) == ""


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ("df = pd.read_csv('data.csv', date_format='%d/%m/%Y')", "date_format is more than a dict"),
        ("df = pd.read_csv('data.csv').dropna()", "longer expression"),
        ("df = pd.read_csv('data.csv'); n = 3", "another statement"),
        ("df = pd.read_csv('data.csv', converters={'v': int})", "converters"),
        ("df = pd.read_csv('data.csv', skiprows=[1])", "skiprows"),
        ("df = pd.read_csv('data.csv', decimal=',')", "decimal"),
        ("df = pd.read_csv('data.csv', dayfirst=True)", "dayfirst"),
    ],
)
def test_reads_that_can_not_be_told(folder: Path, read: str, reason: str) -> None:
    """Arguments that change what a text is, and places where no line can be added, hold the rule back."""
    assert reason in why_not(RULE, notebook(f"import pandas as pd\n{read}", USED, measured=1), folder)


def test_the_reads_own_peak_does_not_fall(folder: Path) -> None:
    """Where the measured cell only reads there is no card; where it converts as well there is."""
    assert "not the peak of the read" in why_not(RULE, notebook(READ, USED), folder)
    cards, _ = asked(RULE, notebook(f"{READ}\n{USED}", "x = df['v'].sum()"), folder)
    assert len(cards) == 1


def test_a_peek_before_the_conversion_is_a_change_of_display(folder: Path) -> None:
    """`NaT` stands where `NaN` stood: the card says in which cell."""
    card = one_card(RULE, notebook(READ, "df.head()", USED, measured=2), folder)

    assert (card.result, card.peeks) == (ResultClass.DISPLAY, ("cell-1",))


def test_later_data_in_another_format_raise(folder: Path) -> None:
    """The rewritten notebook does not go on with text."""
    source = notebook(READ, USED, measured=1)
    changed = source.with_edits(one_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text(file_of(["2024-01-31", "31/01/2024"]))

    with pytest.raises(AssertionError):
        run(changed, folder)


# word of the allow-list -> expressions in which it is done to the column
EXPERIMENTS: dict[str, tuple[str, ...]] = {
    "read": (),
    "filter": (),
    "peek": (),
    "stored": (),
    "drop": ("{f}.drop(columns=['k'])",),
    "frame.columns": ("list({f}.columns)",),
    "copy": ("pd.to_datetime({c}.copy())",),
    "head": ("pd.to_datetime({c}.head(3))",),
    "tail": ("pd.to_datetime({c}.tail())",),
    "count": ("{c}.count()",),
    "isna": ("{c}.isna()",),
    "isnull": ("{c}.isnull().sum()",),
    "notna": ("{c}.notna()",),
    "notnull": ("{c}.notnull()",),
    "dropna": ("pd.to_datetime({c}.dropna())", "{f}.dropna(subset=['k'])['v']"),
    "frame.dropna": ("{f}.dropna()['v']", "{f}.dropna(how='all')['v']"),
    "drop_duplicates": ("{f}.drop_duplicates(['k'])['v']", "{f}.drop_duplicates(subset=['k', 'g'])['v']"),
    "sort key": ("{f}.sort_values('k', kind='stable')['v']", "{f}.sort_values(['k', 'v'], ascending=False)['v']"),
    "frame.isna": ("{f}.isna()",),
    "frame.isnull": ("{f}.isnull().sum()",),
    "frame.notna": ("{f}.notna()",),
    "frame.notnull": ("{f}.notnull()",),
    "frame.count": ("{f}.count()", "{f}.count(axis=1)"),
    "frame.shape": ("{f}.shape",),
    "frame.size": ("{f}.size",),
    "frame.empty": ("{f}.empty",),
    "frame.nunique": ("{f}.nunique()",),
    "frame.duplicated": ("{f}.duplicated()",),
    "nunique": ("{c}.nunique()",),
    "duplicated": ("{c}.duplicated()", "{f}.duplicated(['k', 'g'])"),
    "pd.to_datetime": (
        "pd.to_datetime({c})",
        "pd.to_datetime({c}, format='%Y-%m-%d')",
        "pd.to_datetime({c}, format='%Y-%m-%d', errors='coerce')",
        "pd.to_datetime({c}, errors='raise').dt.day_name()",
    ),
    "astype": ("{c}.astype('datetime64[ns]')",),
    "==": ("{c} == '2023-02-01'", "{c} != '2023-02-01'", "{c}.ne('2000-01-01')"),
    "<": ("{c} < '2023-02-01'", "{c} >= '2023-02-01'", "{c}.between('1999-07-04', '2024-01-31')", "'2023-02-01' < {c}"),
    "frame.select_dtypes": ("{f}.select_dtypes('number')",),
    **{f"frame.{name}": (f"{{f}}.{name}(numeric_only=True)",) for name in ("mean", "median", "std", "var", "sum")},
    **{f"frame.{name}": (f"{{f}}.{name}(numeric_only=True)",) for name in ("min", "max", "corr")},
}
WORDS = SAFE | ENDS | frozenset(ENDS_WHEN) | frozenset(SAFE_WHEN)
ONE_LINE = [(word, code) for word, codes in EXPERIMENTS.items() for code in codes]


def _forms(texts: list[str]) -> tuple[Form, Form]:
    content = file_of(texts, 60)
    return (
        lambda: pd.read_csv(io.StringIO(content)),
        lambda: pd.read_csv(io.StringIO(content), parse_dates=["k"], date_format={"k": "%Y-%m-%d"}),
    )


def test_every_word_has_an_experiment() -> None:
    """A word that is in the allow-list without being tried here fails."""
    assert set(EXPERIMENTS) == WORDS - {"condition"}


@pytest.mark.parametrize(("word", "code"), ONE_LINE)
def test_a_word_of_the_allow_list_gives_the_same_for_both_forms(word: str, code: str) -> None:
    """Whatever does not hold the column itself is identical."""
    words = {use.operation for use in uses_of(f"x = {filled(code)}", ("k", "g", "v")) if "k" in use.columns}
    found = {judged(f"x = {filled(code)}", *_forms(texts)) for texts in (DAYS, DAYS[2:], ["2024-01-31", "0999-12-31"])}

    assert word in words
    assert found - {BOTH_RAISE} == {ResultClass.IDENTICAL}


LINES = [
    "x{n} = {c}.notna().tolist()",
    "x{n} = {f}[{c} >= '{d}']['v'].tolist()",
    "x{n} = {f}.loc[{c} != '{d}', 'v'].sum()",
    "x{n} = pd.to_datetime({c}).dt.month",
    "df['y{n}'] = pd.to_datetime({c}).dt.year",
    "df = df[df['v'] > {n}]",
    "x{n} = {c}.nunique(), {c}.duplicated().tolist()",
    "df = df.sort_values(['k', 'v'])",
    "df['k'] = pd.to_datetime(df['k'])",
    "df = df.dropna(subset=['k'])",
    "x{n} = df.isna().sum()",
    "x{n} = {f}.groupby(pd.to_datetime({c}).dt.year)['v'].sum()",
    "d = df.copy()\nd['k'] = pd.to_datetime(d['k'])",
    "x{n} = df['k'].isin(['{d}']).sum()",
    "x{n} = {f}.groupby('k')['v'].sum()",
    "x{n} = pd.to_datetime({c}, errors='coerce')",
    "x{n} = {c}.str[:4].tolist()",
    "x{n} = df.describe()",
    "df = df.drop_duplicates(['k'])",
]


def test_random_notebooks_give_the_same(tmp_path: Path) -> None:
    """Whatever is offered for random notebooks over random dates gives the class that the card says."""
    random, offered = Random(5), 0
    for _ in range(60):
        days = [f"{random.randint(1990, 2030)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}" for _ in range(5)]
        (tmp_path / "data.csv").write_text(file_of([*days, random.choice(["", days[0]])], random.choice([2, 9, 40])))
        cells = [
            filled(random.choice(LINES)).replace("{n}", str(number)).replace("{d}", random.choice(days))
            for number in range(random.randint(1, 3))
        ]
        source = notebook(READ, *cells, measured=1)
        try:
            evidence_by_hand(source, tmp_path)
        except Exception:  # noqa: BLE001 - a notebook that makes no sense: text was replaced by dates before
            continue
        for card in asked(RULE, source, tmp_path)[0]:
            offered += 1
            verdict = verify(card, source, tmp_path)
            assert verdict.equal, (cells, verdict.differences)

    assert offered > 10
