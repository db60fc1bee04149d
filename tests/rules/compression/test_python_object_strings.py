"""python-object-strings: objects that are all text become `str`, where nothing tells the two apart."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from facts_by_hand import asked, evidence_by_hand, one_card, why_not
from harness import notebook, verify
from text_words import NOT_KEPT, TEXT_WORDS
from two_forms import BOTH_RAISE, Form, filled, judged, uses_of

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression.python_object_strings import ENDS, ENDS_WHEN, SAFE, SAFE_WHEN

RULE = "python-object-strings"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv', dtype={'k': object})"
BUILT = "import pandas as pd\ndf = pd.DataFrame({'k': [f'name {i}' for i in range(50)], 'v': range(50)}, dtype=object)"
TEXTS = ["IT", "", "zz", "\U0001f600", "Z", "a b", "10", "ß", "\ue000"]


def _content(texts: list[str], rows: int = 40) -> str:
    lines = [
        f"{texts[row % len(texts)]}{row // len(texts) or ''},{'xy'[row % 2]},{row},{row % 4}\n"
        if texts[row % len(texts)]
        else f",{'xy'[row % 2]},{row},{row % 4}\n"
        for row in range(rows)
    ]
    return "k,g,v,n\n" + "".join(lines)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of many different texts, some missing."""
    (tmp_path / "data.csv").write_text(_content(TEXTS))
    return tmp_path


@pytest.fixture(autouse=True)
def _text_is_str() -> Iterator[None]:
    """Undo what a notebook here tells pandas for the whole process."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pd.reset_option("future.infer_string")


USES = [
    "x = df[df['k'] == 'IT']['v'].sum()",
    "x = df.groupby('g')['v'].sum()",
    "x = df[df['k'].str.contains('I', na=False)]['v'].sum()",
    "x = df[df['k'].str.startswith('I', na=False) & (df['v'] > 3)]",
    "x = df.describe()\ny = df.isna().sum()",
    "x = df['k'].isin(['IT', 'zz']).tolist()",
    "x = df.sort_values(['k', 'v'])",
    "x = df.merge(pd.DataFrame({'n': [1, 2], 'z': [1, 2]}), on='n', how='left')",
    "x = df['k'].fillna('none')",
    "x = df.to_csv()",
    "x = df[df['k'] > 'IT'].shape",
    "x = df.dropna()\ndf['k']",
]


@pytest.mark.parametrize("use", USES)
def test_objects_that_are_all_text_become_str(folder: Path, use: str) -> None:
    """Values, order and missing values stay."""
    source = notebook(READ, use)

    card = one_card(RULE, source, folder)

    assert 'dtype={"k": "str"}' in card.edits[0].after
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result in {ResultClass.IDENTICAL, ResultClass.SAME_VALUES}


@pytest.mark.parametrize(
    ("dtype", "after"),
    [
        ("object", 'dtype={"k": "str", "g": "str", "v": "object", "n": "str"}'),
        ("'object'", 'dtype={"k": "str", "g": "str", "v": "object", "n": "str"}'),
        ("{'k': 'object', 'v': 'int32'}", 'dtype={"k": "str", "v": \'int32\'}'),
        ("{'k': object, 'v': object}", 'dtype={"k": "str", "v": object}'),
    ],
)
def test_what_the_read_says_of_other_columns_stays(folder: Path, dtype: str, after: str) -> None:
    """One word for all columns becomes a dict of them."""
    source = notebook(READ.replace("{'k': object}", dtype), "x = df[df['k'] == 'IT']['v'].tolist()")

    card = one_card(RULE, source, folder)

    assert after in card.edits[0].after
    assert verify(card, source, folder).equal


def test_a_frame_that_is_built_is_converted_behind_its_maker(tmp_path: Path) -> None:
    """There is no read to tell: one line more."""
    source = notebook(BUILT.replace(", 'v': range(50)", ""), "x = df[df['k'] == 'name 3'].shape", measured=1)

    card = one_card(RULE, source, tmp_path)

    assert card.edits[0].after.endswith('\ndf = df.astype({"k": "str"})')
    assert verify(card, source, tmp_path).equal


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("x = df['k'].unique()", "unique"),
        ("x = df['k'].values", "attribute.values"),
        ("x = df['k'].nunique()", "nunique"),
        ("x = df.groupby('k')['v'].sum()", "group key"),
        ("x = df['k'].value_counts()", "value_counts"),
        ("x = df['k'].map(str)", "map"),
        ("x = df['k'].tolist()", "tolist"),
        ("x = df.drop_duplicates()", "frame.drop_duplicates"),
        ("x = df.merge(df[['k']], on='k')", "merge key"),
        ("x = df[['k', 'g']].describe()", "frame.describe"),
        ("x = df['k'].dtype == object", "attribute.dtype"),
        ("x = df.dtypes.tolist()", "frame.dtypes"),
        ("x = df.select_dtypes('object')", "frame.select_dtypes"),
        ("x = df.describe(include='O')", "frame.describe"),
        ("x = df['k'].str.contains('I').tolist()", "str.contains"),
        ("x = df['k'].str.contains('I|Z', na=False)", "str.contains"),
        ("x = df['k'].str.contains('i', case=False, na=False)", "str.contains"),
        ("x = df['k'].str.startswith('I', na=True)", "str.startswith"),
        ("x = df['k'].str.isdigit().tolist()", "str.isdigit"),
        ("x = df['k'].str.upper()", "str.upper"),
        ("x = df['k'].isin([None])", "isin"),
        ("wanted = [None]\nx = df['k'].isin(wanted)", "isin"),
        ("x = df['k'].fillna(0)", "fillna"),
        ("df['new'] = df['k']\nx = df['v'].sum()", "added"),
        ("df.loc[0, 'k'] = 5", "stored in part"),
        ("x = df.set_index('k')", "unknown"),
        ("x = df.sort_values('k')", "sort key"),
        ("x = df.memory_usage()", "frame.memory_usage"),
        ("x = df['k'].to_numpy(dtype=str)", "to_numpy"),
        ("x = df.fillna(0)", "frame.fillna"),
        ("x = df.to_json(orient='table')", "frame.to_json"),
        ("f = lambda: df['k'].dtype\nx = f()", "unknown"),
        ("x = df['k'].astype('U3')", "astype"),
    ],
)
def test_it_holds_back_where_objects_and_str_differ(folder: Path, use: str, reason: str) -> None:
    """Dtypes looked at, arrays of another kind, missing values in text methods, values that may be no text."""
    assert f"column 'k': {reason}" in why_not(RULE, notebook(READ, use), folder)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (
            [f"import pandas as pd\npd.options.future.infer_string = False\n{READ}", "x = df['v'].sum()"],
            "keep text as objects",
        ),
        ([BUILT.replace("'name {i}'", "'name {i}' if i else None"), "x = df['k'].count()"], "may be None"),
        ([READ.replace("'data.csv'", "'data.csv', converters={'v': str}"), "x = df['v']"], "converters"),
        (
            [READ.replace("{'k': object}", "kinds").replace("df =", "kinds = {'k': object}\ndf ="), "x = df['v']"],
            "no literal",
        ),
    ],
)
def test_notebooks_in_which_it_is_not_sure(folder: Path, cells: list[str], reason: str) -> None:
    """An option of pandas, None, converters, dtypes in a variable."""
    cells = [cell.replace(", 'v': range(50)", "") for cell in cells]

    assert reason in why_not(RULE, notebook(*cells, measured=len(cells) - 1), folder)


@pytest.mark.parametrize("values", ["['a', 5] * 30", "[b'a'] * 60", "[3.5] * 60", "[['a']] * 60"])
def test_other_objects_are_no_text(tmp_path: Path, values: str) -> None:
    """Mixed columns, bytes, numbers and lists stay."""
    source = notebook(
        f"import pandas as pd\ndf = pd.DataFrame({{'k': {values}}}, dtype=object)", "x = len(df)", measured=1
    )

    assert why_not(RULE, source, tmp_path) == ""


def test_few_texts_that_repeat_are_shared_already(tmp_path: Path) -> None:
    """`read_csv` makes one object of each distinct text: `str` would take more."""
    (tmp_path / "data.csv").write_text("k,g,v,n\n" + "Italy,x,1,2\nGermany,y,2,3\n" * 400)
    everything = READ.replace("{'k': object}", "object")
    (card,), _ = asked(RULE, notebook(everything.replace("'data.csv'", "'mixed.csv'"), "x = len(df)"), _mixed(tmp_path))

    assert why_not(RULE, notebook(READ, "x = df['v'].sum()"), tmp_path) == ""
    assert 'dtype={"k": "object", "name": "str"}' in card.edits[0].after


def _mixed(folder: Path) -> Path:
    (folder / "mixed.csv").write_text("k,name\n" + "".join(f"Italy,the {row}th\n" for row in range(400)))
    return folder


def test_it_needs_pandas_3(folder: Path) -> None:
    """Before pandas 3 `str` means objects."""
    source = notebook(READ, "x = df['v'].sum()")
    evidence = replace(evidence_by_hand(source, folder), pandas_version="2.3.0")

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert not cards
    assert "needs pandas 3" in held[0].reason


WORDS = (SAFE | ENDS | frozenset(ENDS_WHEN) | frozenset(SAFE_WHEN)) - {"condition"}
IDENTICAL = ENDS | frozenset(ENDS_WHEN)
ASCII = frozenset({"str.lower", "str.upper", "str.strip"})
ONE_LINE = [(word, code) for word in sorted(WORDS) for code in TEXT_WORDS[word] if "None" not in code]


def _forms(texts: list[str]) -> tuple[Form, Form]:
    content = _content(texts, 60)
    return (
        lambda: pd.read_csv(io.StringIO(content), dtype={"k": object}),
        lambda: pd.read_csv(io.StringIO(content), dtype={"k": "str"}),
    )


def test_every_word_has_an_experiment() -> None:
    """A word that is in the allow-list without being tried fails."""
    assert set(TEXT_WORDS) >= WORDS
    assert {word for word in WORDS if not TEXT_WORDS[word]} <= NOT_KEPT


@pytest.mark.parametrize(("word", "code"), ONE_LINE)
def test_a_word_of_the_allow_list_gives_the_same_for_both_forms(word: str, code: str) -> None:
    """An end gives identical results, any other word equal values; each experiment is one of its word."""
    words = {use.operation for use in uses_of(f"x = {filled(code)}", ("k", "g", "v", "n")) if "k" in use.columns}
    code = f"x = {filled(code)}"
    files = [TEXTS, [text or "IT" for text in TEXTS], ["b", "a", ""]]
    if word in ASCII:
        files = [["IT", "", " a B "]]
    if word.startswith("str.") and word not in ASCII and "na=" not in code:
        files = [["IT", "é", "I"]]
    found = {judged(code, *_forms(texts)) for texts in files}

    assert word in words
    assert found <= {ResultClass.IDENTICAL, BOTH_RAISE, *(() if word in IDENTICAL else (ResultClass.SAME_VALUES,))}


def test_words_can_follow_each_other(folder: Path) -> None:
    """Whatever is offered for random chains of the words gives the class that the card says."""
    random, offered = Random(6), 0
    for _ in range(60):
        frame = random.choice(
            ["df.dropna()", "df[df['v'] > 20]", "df.sort_values(['k', 'v'])", "df.drop_duplicates(['n'])"]
        )
        column = random.choice(["d['k']", "d['k'].head(9)", "d['k'].fillna('no')", "df.k", "d['k'].dropna()"])
        codes = [filled(random.choice(ONE_LINE)[1], "c", "d") for _ in range(2)]
        cells = [READ, f"d = {frame}\nc = {column}", f"x = {codes[0]}", f"y = {codes[1]}"]
        source = notebook(*cells)
        try:
            cards, _ = asked(RULE, source, folder)
        except Exception:  # noqa: BLE001 - a chain that makes no sense
            continue
        for card in cards:
            offered += 1
            verdict = verify(card, source, folder)
            assert verdict.equal, (cells, verdict.differences)

    assert offered > 20
