"""repeated-strings: where a category is told apart from text only by its dtype, and where it is not."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from facts_by_hand import asked
from harness import ask, evidence_of, held_back, notebook, only_card, run, verify
from text_words import NOT_KEPT, OF_OBJECTS, TEXT_WORDS
from two_forms import BOTH_RAISE, Form, filled, judged, uses_of

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression.repeated_strings import ENDS, ENDS_WHEN, SAFE, SAFE_WHEN

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
        "x = sorted(df['k'].dropna().unique())",
        "x = df['k'].unique()",
        "x = df[df['k'].str.contains('I', na=False)]['v'].sum()",
        "x = df[df['k'].str.startswith('I')].shape[0]",
        "x = df.isnull().sum()\ny = df.describe()",
        "x = df.groupby('k')['v'].sum().reset_index()",
        "x = df.groupby('k')['v'].sum()['IT']",
        "x = df.groupby('k', sort=False)['v'].sum()",
        "x = df.sort_values(['k', 'v'])['v'].tolist()",
        "x = df.drop_duplicates()\ny = df['k'].nunique()",
        "x = df.to_csv()\ny = df.to_dict('records')",
        "x = df.corr(numeric_only=True)",
        "x = df['k'].astype(str) + '!'",
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


@pytest.mark.parametrize(
    "peek", ["df.info()", "print(df.dtypes)", "df['k']", "df['k'].unique()", "print(df['k'].head())"]
)
def test_a_peek_that_prints_types_is_a_change_of_display(folder: Path, peek: str) -> None:
    """`info` and `dtypes` print `category`, a column of categories lists them: the card says in which cell."""
    card = only_card(RULE, notebook(READ, peek, "x = df[df['k'] == 'IT']['v'].sum()"), folder)

    assert (card.result, card.peeks) == (ResultClass.DISPLAY, ("cell-1",))


@pytest.mark.parametrize(
    "use",
    [
        "x = df['k'].value_counts()",
        "x = df['k'].str.upper().tolist()",
        "x = df['k'] + '!'",
        "x = df['k'].max()",
        "x = (df['k'] > 'IT').sum()",
        "x = (df['k'] == df['g']).sum()",
        "x = (df['k'] == b'IT').sum()",
        "x = df['k'].isin([b'IT']).sum()",
        "x = df.sort_values('k')['v'].tolist()",
        "x = df['k'].fillna('none')",
        "x = df.groupby('k', observed=False)['v'].sum()",
        "top = df.groupby('k')['v'].sum()\nx = top.index.tolist()",
        "top = df.groupby('k')['v'].sum()\nx = top / top.shift()",
        "x = df.groupby(['k', 'g'])['v'].sum().unstack()",
        "top = df.groupby('k')['v'].sum()\ndef f():\n    return top['IT']\nx = f()",
        "x = df.groupby('k')['v'].sum().sort_values(key=lambda s: s.index)",
        "x = pd.get_dummies(df['k'])",
        "df['k'] = df['k'].str.strip()\nx = df['v'].sum()",
        "x = pd.merge(df, df, on='k')",
        "x = df.merge(df[df['v'] > 9], on='k', how='outer')",
        "t = df.groupby('k')['v'].sum().reset_index()\nx = t.merge(t, on='k', how='outer')",
        "x = df['k'].str.contains('I', na=True)",
        "x = df['k'].str.contains('i', case=False)",
        "x = df['k'].str.contains('I$')",
        "x = df['k'].str.contains('I', False)",
        "pattern = 'i'\nx = df['k'].str.contains(pattern)",
        "x = df['k'].str.startswith('I', na=True)",
        "x = df['k'].str.lower()",
        "x = df.sort_values('k', kind='quicksort')['v'].tolist()",
        "x = df.sort_values(['k'], ascending=False)['v'].tolist()",
        "x = df.describe(include='all')",
        "x = df[['k', 'g']].describe()",
        "x = df['k'].describe()",
        "x = df['k'].mode(dropna=False)",
        "x = df.select_dtypes(exclude='number')",
        "x = df.select_dtypes('object')",
        "x = df.sum()",
        "x = df.memory_usage()",
        "x = df['k'].to_numpy(dtype=str)",
        "x = df['k'].astype(bool)",
        "x = df['k'].astype('U3')",
        "x = df['k'].astype(pd.CategoricalDtype(['IT']))",
        "x = df.astype({'k': 'bool'})",
        "x = df.to_dict('series')",
        "x = df.to_json(orient='table')",
        "x = df.fillna(0)",
        "x = df['k'].map({'IT': 1})",
        "df['new'] = df['k']",
        "df.loc[df['v'] > 3, 'k'] = 'new'",
        "x = df.set_index('k').sort_index()",
        "x = df.groupby('k')[['v']].sum().sum(axis=1)",
        "t = df.groupby('k')['v'].sum()\nx = t['DE':'IT']",
        "t = df.groupby('k')['v'].sum()\nx = t + t.head(3)",
        "x = df.groupby('k', as_index=False)['v'].sum()",
        "x = df['k'].dtype == 'str'",
    ],
)
def test_it_holds_back_where_a_category_behaves_otherwise(folder: Path, use: str) -> None:
    """Sorting, arithmetic, labels of groups, text methods, levels and unknown uses keep the column as text."""
    source = notebook(READ, use)
    namespace, _ = run(source, folder)

    cards, held = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert not [card for card in cards if '"k": "category"' in card.edits[0].after]
    assert any("column 'k'" in item.reason for item in held)


EXPERIMENTS = {word: TEXT_WORDS[word] for word in TEXT_WORDS if word not in OF_OBJECTS}
WORDS = SAFE | ENDS | frozenset(ENDS_WHEN) | frozenset(SAFE_WHEN)
ONE_LINE = [(word, code) for word, codes in EXPERIMENTS.items() for code in codes]
TEXTS_OF_FILES = [TEXTS, [text or "IT" for text in TEXTS], ["b", "a", ""], ["\ue000", "\U0001f600", "ﬁ", "1.5", "NA "]]


def _content(texts: list[str], rows: int) -> str:
    lines = [f"{texts[(row * 7 + row // 9) % len(texts)]},{'xy'[row % 2]},{row},{row % 4}\n" for row in range(rows)]
    return "k,g,v,n\n" + "".join(lines)


def _forms(texts: list[str], rows: int = 60) -> tuple[Form, Form]:
    content = _content(texts, rows)
    return (
        lambda: pd.read_csv(io.StringIO(content)),
        lambda: pd.read_csv(io.StringIO(content), dtype={"k": "category"}),
    )


def test_every_word_has_an_experiment() -> None:
    """A word that is in the allow-list without being tried here fails."""
    assert set(EXPERIMENTS) == WORDS - {"condition"}
    assert {word for word, codes in EXPERIMENTS.items() if not codes} == NOT_KEPT


@pytest.mark.parametrize(("word", "code"), ONE_LINE)
def test_a_word_of_the_allow_list_gives_the_same_for_both_forms(word: str, code: str) -> None:
    """An end gives identical results, any other word equal values; each experiment is one of its word."""
    words = {use.operation for use in uses_of(f"x = {filled(code)}", ("k", "g", "v", "n")) if "k" in use.columns}
    best = ResultClass.IDENTICAL if word in ENDS | frozenset(ENDS_WHEN) else ResultClass.SAME_VALUES
    found = {judged(f"x = {filled(code)}", *_forms(texts)) for texts in TEXTS_OF_FILES}

    assert word in words
    assert found <= {ResultClass.IDENTICAL, best, BOTH_RAISE}
    assert found != {BOTH_RAISE}


SERIES = ["df['k'].dropna()", "df['k'].head(9)", "df['k'].drop_duplicates()", "df['k'].mode()", "df[df['v'] > 30]['k']"]
ARRAYS = ["df['k'].unique()", "df['k'].values"]
SEED, CHAINS = 4, 60
FRAMES = [
    "df.dropna()", "df[df['v'] > 30]", "df[df['v'] > 900]", "df.sort_values(['k', 'v'])", "df.drop_duplicates(['k'])",
    "df.merge(pd.DataFrame({'v': [3, 4, 900], 'z': [1, 2, 3]}), on='v', how='outer')", "df.reset_index()",
    "df.sample(frac=0.6, random_state=3)", "df[['k', 'v', 'n', 'g']]",
]  # fmt: skip


def test_words_can_follow_each_other(folder: Path) -> None:
    """Whatever is offered for random chains of the words gives the class that the card says."""
    random, offered = Random(SEED), 0
    (folder / "data.csv").write_text(_content(TEXTS, 40))
    for _ in range(CHAINS):
        frame = random.choice(FRAMES)
        column = random.choice([*SERIES, *ARRAYS, "d['k']", "d['k']", "d.k", "df.k"])
        offered += _chain(folder, random, frame, column)

    assert offered > CHAINS / 4


def _chain(folder: Path, random: Random, frame: str, column: str) -> bool:
    """Try one chain; return whether there was a card for it."""
    codes = [filled(random.choice(ONE_LINE)[1], "c", "d") for _ in range(2)]
    cells = [f"{READ}\nd = {frame}\nc = {column}", f"x = {codes[0]}", f"y = {codes[1]}"]
    source = notebook(*cells, measured=2)
    try:
        namespace, _ = run(source, folder)
    except Exception:  # noqa: BLE001 - a chain that makes no sense
        return False
    cards, _ = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])
    for card in cards:
        verdict = verify(card, source, folder)
        assert verdict.equal, (cells, verdict.differences)
    return bool(cards)


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


@pytest.mark.parametrize("dtype", ["{'k': 'str'}", "{'k': str, 'v': 'int8'}", "str"])
@pytest.mark.parametrize("texts", ["007,12", "True,False", "a,b"])
def test_text_that_the_read_asks_for_may_be_text_of_numbers(folder: Path, dtype: str, texts: str) -> None:
    """Told "category", pandas would make the category 7 of "007"."""
    one, other = texts.split(",")
    (folder / "data.csv").write_text("k,g,v\n" + f"{one},x,1\n{other},x,2\n" * 40)
    source = notebook(READ.replace("'data.csv'", f"'data.csv', dtype={dtype}"), f"x = (df['k'] == {one!r}).sum()")
    cards, held = asked(RULE, source, folder)

    assert not [card for card in cards if '"k": "category"' in card.edits[0].after]
    told = ("the read says its type", "look like numbers")
    assert any("'k'" in item.reason and any(text in item.reason for text in told) for item in held)


def test_text_that_pandas_found_itself_stays_text(folder: Path) -> None:
    """One text that is no number keeps all categories text."""
    (folder / "data.csv").write_text("k,g,v\n" + "007,x,1\n12,x,2\nx1,x,3\n" * 40)
    source = notebook(READ, "x = df[df['k'] == '007']['v'].sum(), df['k'].unique().tolist()")

    assert verify(only_card(RULE, source, folder), source, folder).equal


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


@pytest.mark.parametrize("text", ["1{}", "0{}", "{}.5", "True"])
def test_text_that_looks_like_numbers_is_left_alone(text: str, tmp_path: Path) -> None:
    """`dtype="category"` makes numbers of texts that all look like some, also where the read said `str`."""
    lines = "".join(text.format(row % 3) + f",{'xy'[row % 2]}\n" for row in range(60))
    (tmp_path / "f.csv").write_text("k,z\n" + lines)
    source = notebook("import pandas as pd\ndf = pd.read_csv('f.csv', dtype={'k': str})", "x = df['k'].tolist()")
    cards, held = ask(RULE, source, tmp_path)

    assert all(verify(card, source, tmp_path).equal for card in cards)
    assert [one.reason for one in held if "look like numbers" in one.reason and "'k'" in one.reason]
