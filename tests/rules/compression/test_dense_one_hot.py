"""dense-one-hot: counting needs codes, not a column per category; and what needs the block keeps it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from harness import ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import ArrayEvidence, NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression import dense_one_hot

RULE = "dense-one-hot"
SAME = ResultClass.SAME_VALUES
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
DUMMIES = "d = pd.get_dummies(df['city'])"
CITIES = ["IT", "DE", "", "zz", "é", "a b"]
CSV = "city,n,x,level,flag\n" + "".join(
    f"{CITIES[row % 6]},{row},{row / 7 if row % 5 else ''},{row % 4},{row % 3 == 0}\n" for row in range(60)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of text with missing values, whole numbers, floats with gaps and booleans."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (DUMMIES, "x = d.sum()"),
        (DUMMIES, "x = d.sum(axis=0).sort_values(ascending=False).head(2)"),
        (DUMMIES, "x = d.mean()"),
        (DUMMIES, "x = d['IT'].sum(), d['IT'].mean(), d[['IT', 'zz']].sum(), d[['é']].mean()"),
        (DUMMIES, "x = d.shape, d.shape[0], d.shape[1], len(d), list(d.columns), d.index"),
        (DUMMIES, "print(f'{1}', d.shape)\nx = (d.sum() / len(d)).round(3)"),
        (DUMMIES, "x = d.mul(df['n'], axis=0).sum()"),
        ("d = pd.get_dummies(df['city'], dtype=int)", "x = d.sum(), d['IT'].sum(), d.mean()"),
        ("d = pd.get_dummies(df.city, dtype=float)", "x = d.sum(), d['IT'].sum(), d['IT'].mean(), d.mean()"),
        (DUMMIES, "x = d.T @ df['n'], d.T.dot(df['n']).max()"),
        ("d = pd.get_dummies(df['city'], dtype=int)", "if len(df):\n    x = (d.T @ df['n']) / d.sum()"),
        ("d = pd.get_dummies(df['level'])", "x = d.sum(), d[3].sum(), d.mean()"),
        ("d = pd.get_dummies(df['flag'])", "x = d.sum(), d.columns"),
        ("d = pd.get_dummies(df['x'])", "x = d.sum()"),
        ("s = df['city']\nd = pd.get_dummies(s)", "x = d.sum()"),
        (DUMMIES, "df['more'] = 1\nx = d.sum()"),
        (DUMMIES, "for k in range(2):\n    x = d['IT'].sum() + k"),
        ("%time d = pd.get_dummies(df['city'])", "x = d.sum()"),
    ],
)
def test_a_block_that_is_only_counted_becomes_codes(folder: Path, make: str, use: str) -> None:
    """Counts and means are identical: labels, order, dtypes, name, and rows without a value."""
    source = notebook(READ, make, use, measured=1)

    card = only_card(RULE, source, folder)

    assert '.astype("category")' in card.edits[0].after
    assert card.gone == ("d",)
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL
    assert card.result is ResultClass.IDENTICAL


def test_sums_weighted_by_floats_are_rounded(folder: Path) -> None:
    """Floats are added up in another order; a missing weight counts nothing, as before."""
    source = notebook(READ, DUMMIES, "x = d.mul(df['x'], axis=0).sum()", measured=2)

    card = only_card(RULE, source, folder)

    assert "df['x'].groupby(d_category, observed=False).sum()" in card.edits[1].after
    assert card.result is ResultClass.ROUNDING
    assert verify(card, source, folder).equal


@pytest.mark.parametrize("dtype", ["int", "float"])
def test_a_product_with_floats_is_rounded_and_raises_on_gaps(folder: Path, dtype: str) -> None:
    """A missing weight makes every sum of the product missing: the code raises instead of summing up the rest."""
    make = f"df['y'] = df['n'] / 7\nd = pd.get_dummies(df['city'], dtype={dtype})"
    source = notebook(READ, make, "x = d.T @ df['y']", measured=1)

    card = only_card(RULE, source, folder)

    assert card.result is ResultClass.ROUNDING
    assert verify(card, source, folder).equal
    (folder / "data.csv").write_text(CSV + "IT,,1,1,True\n")
    with pytest.raises(AssertionError):
        run(source.with_edits(card.edits), folder)


def test_a_label_that_is_not_there_raises_as_before(folder: Path) -> None:
    """`d["XX"]` is a KeyError, and no count of 0."""
    use = "try:\n    x = d['XX'].sum()\nexcept KeyError:\n    x = -1"
    source = notebook(READ, DUMMIES, use, measured=1)

    card = only_card(RULE, source, folder)

    assert verify(card, source, folder).result is ResultClass.IDENTICAL
    assert run(source.with_edits(card.edits), folder)[0]["x"] == -1


@pytest.mark.parametrize(
    ("make", "use", "result"),
    [
        (DUMMIES, "d.head()", ResultClass.SAME_VALUES),
        (DUMMIES, "d", ResultClass.SAME_VALUES),
        (DUMMIES, "print(d.head(3))\nx = d.sum(), d.mean(), d[['IT', 'zz']].sum(), d['IT'].mean()", SAME),
        (DUMMIES, "d.info()\nx = d.shape", ResultClass.DISPLAY),
        ("d = pd.get_dummies(df['city'], prefix='c', dummy_na=True)", "x = d.sum(), d['c_IT'].sum()", SAME),
        ("d = pd.get_dummies(df['city'], drop_first=True,)", "x = d.sum()", SAME),
        ("d = pd.get_dummies(df['level'], dtype=float)", "d.head(2)\nx = d.mean()", ResultClass.SAME_VALUES),
        (
            "d = pd.get_dummies(df, columns=['city', 'level'])",
            "d.head()\nx = d['city_IT'].sum(), d['x'].describe(), d.shape, d['level_3'].mean(), d.columns",
            ResultClass.SAME_VALUES,
        ),
        ("d = pd.get_dummies(df, dtype=int)", "x = d['city_IT'].sum(), d['n'].max(), len(d)", ResultClass.SAME_VALUES),
    ],
)  # fmt: skip
def test_a_block_that_is_shown_becomes_sparse(folder: Path, make: str, use: str, result: ResultClass) -> None:
    """Values, labels and what is computed stay equal; the dummies' dtype becomes Sparse."""
    source = notebook(READ, make, use, measured=1)

    card = only_card(RULE, source, folder)

    assert "sparse=True" in card.edits[0].after
    assert card.result is result
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.SAME_VALUES
    namespaces = [run(changed, folder)[0] for changed in (source, source.with_edits(card.edits))]
    assert repr(namespaces[0].get("x")) == repr(namespaces[1].get("x"))


@pytest.mark.parametrize(
    ("make", "use", "reason"),
    [
        (DUMMIES, "x = d.to_numpy()", "cell 2, line 1: d.to_numpy() may need the whole block"),
        (DUMMIES, "x = d.values.sum()", "cell 2, line 1: d.values.sum() may need"),
        (DUMMIES, "class M:\n    def fit(self, X): return X.sum()\nx = M().fit(d)", "M().fit(d) may need"),
        (DUMMIES, "x = pd.concat([df, d], axis=1)", "pd.concat([df, d], axis=1) may need"),
        (DUMMIES, "x = df.join(d)", "df.join(d) may need"),
        (DUMMIES, "b = d\nx = b.sum()", "cell 2, line 1: d may need"),
        (DUMMIES, "x = d.T @ d", "d may need the whole block"),
        (DUMMIES, "x = d.T @ df['x']", "a missing weight would spoil every sum"),
        ("df['y'] = 1.5\n" + DUMMIES, "x = d.T @ df['y']", "one of objects"),
        ("df['y'] = 2 ** 60\n" + DUMMIES, "x = d.T @ df['y']", "the weights are too large"),
        ("df['y'] = float('inf')\n" + DUMMIES, "x = d.T @ df['y']", "the weights are too large"),
        ("d = pd.get_dummies(df['city'], dtype=float)", "x = d.T @ df['n']", "whole weights"),
        ("d = pd.get_dummies(df['city'], dtype=int)", "x = d.mul(df['n'], axis=0).sum()", "that are numbers is not"),
        (DUMMIES, "d.index.name = 'row'\nx = d.sum()", "d.index.name may need"),
        (DUMMIES, "x = d.T.sum()", "d.T.sum() may need"),
        (DUMMIES, "d.head()\nx = d.T @ df['n']", "what is done with sparse dummies there is not proven"),
        (DUMMIES, "x = d.idxmax(axis=1)", "d.idxmax(axis=1) may need"),
        (DUMMIES, "x = d.sum(axis=1)", "d.sum(axis=1) may need"),
        (DUMMIES, "x = d.sum(skipna=False)", "may need"),
        (DUMMIES, "x = d[d['IT']].sum()", "may need"),
        (DUMMIES, "it = d['IT']\nx = it.sum()", "what is done with sparse dummies there is not proven"),
        (DUMMIES, "d['IT'] = False\nx = d.sum()", "d['IT'] may need"),
        (DUMMIES, "d.loc[0, 'IT'] = True\nx = d.sum()", "d.loc[0, 'IT'] may need"),
        (DUMMIES, "d.columns = ['c' + str(c) for c in d.columns]\nx = d.sum()", "may need"),
        (DUMMIES, "d = d.astype(int)\nx = d.sum()", "d is bound elsewhere too"),
        (DUMMIES, "x = d.sum()\ndel d", "bound elsewhere too"),
        (DUMMIES, "def f():\n    return d.sum()\nx = f()", "d is used inside f in cell 2"),
        (DUMMIES, "f = lambda: d.sum()\nx = f()", "d is used inside a lambda in cell 2"),
        (DUMMIES, "x = eval('d.sum()')", "eval"),
        (DUMMIES, "x = f'{d.sum()}'", "f-string"),
        (DUMMIES, "x = d.mul(df['flag'], axis=0).sum()", "the weights are no column of numbers of df"),
        ("e = df\n" + DUMMIES, "e['x'] = 1.0\nx = d.mul(df['x'], axis=0).sum()", "gives df another name"),
        ("d = pd.get_dummies(df, columns=['level'], prefix='', prefix_sep='')\ndf.columns = [*'abcde']\ndel df['a']",
         "x = d.shape", "may change df"),
        ("df = df.rename(columns={'n': '3'})\nd = pd.get_dummies(df, columns=['level'], prefix='', prefix_sep='')",
         "x = d['3'].shape", "the labels of d are not distinct texts"),
        (DUMMIES, "x = d.mul(2).sum()", "may need"),
        (DUMMIES, "df['x'] = df['x'] * 2\nx = d.mul(df['x'], axis=0).sum()", "line 1 may change df, of which d"),
        (DUMMIES, "x = d.sum()\ndf = df[df['n'] > 3]", "may change df"),
        (DUMMIES, "x = d.sum()\ndf['city'] = df['city'].astype('category')", "may change df"),
        (DUMMIES, "x = d.sum()\ndf.drop(columns='n', inplace=True)", "may change df"),
        ("d = pd.get_dummies(df['x'])", "try:\n    x = d[0].sum()\nexcept KeyError:\n    x = 0", "0 is no label"),
        ("d = pd.get_dummies(df['city'].astype('category'))", "x = d.sum()", "no live frame was seen"),
        ("s = df['city'].str.lower()\nd = pd.get_dummies(s)", "x = d.sum()", "no live frame was seen"),
        ("df['city'] = df['city'].astype('category')\n" + DUMMIES, "x = d.sum()", "'city' is category"),
        ("df['city'] = df['city'].astype('string')\nd = pd.get_dummies(df)", "x = len(d)", "'city' is string"),
        ("df['city'] = df['city'].astype('string')\nd = pd.get_dummies(df, columns=['city'])", "len(d)", "is string"),
        ("df['city'] = [1, 'a', None] * 20\n" + DUMMIES, "x = d.sum()", "'city' is object"),
        ("int = float\nd = pd.get_dummies(df['city'], dtype=int)", "x = d.sum()", "dtype"),
        ("d = pd.get_dummies(df['city'], dtype='uint8')", "x = d.sum()", "dtype"),
        ("o = {}\nd = pd.get_dummies(df['city'], **o)", "x = d.sum()", "dtype that the dummies"),
        ("d = pd.get_dummies(df, columns=['city'])", "x = d.drop(columns=['x', 'level']).sum()", "may need"),
        ("d = pd.get_dummies(df, columns=['city'])", "x = d['city_IT'] * 2.0", "sparse dummies there is not proven"),
        ("df2 = pd.get_dummies(df, columns=['city'])", "x = df2.mean()", "sparse and other columns together"),
        ("d = pd.get_dummies(df['city']); y = 1", "x = d.sum()", "shares a line"),
    ],
)  # fmt: skip
def test_it_holds_back_with_the_place(folder: Path, make: str, use: str, reason: str) -> None:
    """What may need the block, changes it, or runs at another time is named."""
    assert reason in held_back(RULE, notebook(READ, make, use, measured=1), folder)


def test_nothing_is_said_of_sparse_or_distant_blocks(folder: Path) -> None:
    """A block that is sparse already, and a cell that does not mention the block."""
    assert held_back(RULE, notebook(READ, "d = pd.get_dummies(df['city'], sparse=True)", measured=1), folder) == ""
    assert held_back(RULE, notebook(READ, DUMMIES + "\nx = d.sum()", "y = df['n'].sum()", measured=2), folder) == ""


def test_it_needs_pandas_3_and_the_live_block(folder: Path) -> None:
    """Both are said."""
    source = notebook(READ, DUMMIES + "\nx = d.sum()", measured=1)
    evidence = evidence_of(source, run(source, folder)[0], folder)

    reasons = [
        advise(source, seen, [find_rule(RULE)])[1][0].reason
        for seen in (replace(evidence, pandas_version="2.3.0"), replace(evidence, frames=()))
    ]

    assert "needs pandas 3" in reasons[0]
    assert "not alive" in reasons[1]


def test_a_small_block_is_no_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saving below 1 MiB, or below 5 % of what the cell takes, is noise."""
    monkeypatch.undo()
    source = notebook(READ, DUMMIES + "\nx = d.sum()", measured=1)

    assert ask(RULE, source, folder) == ([], [])
    evidence = evidence_of(source, run(source, folder)[0], folder)
    assert not dense_one_hot._worth(2**20, evidence)
    assert dense_one_hot._worth(26 * 2**20, evidence)


def test_counting_in_the_same_cell_predicts_a_lower_peak(folder: Path) -> None:
    """The range holds the likely peak, and the likely one is no more than what was measured."""
    source = notebook(READ, DUMMIES + "\nx = d.sum()", measured=1)
    evidence = evidence_of(source, run(source, folder)[0], folder)
    big = replace(evidence.frames[0], name="d", nbytes=200 * 2**20)
    evidence = replace(evidence, frames=(big, evidence.frame("df")))  # type: ignore[arg-type]

    cards, _ = advise(source, evidence, [find_rule(RULE)])

    peak = cards[0].predicted_peak
    assert peak.low_bytes <= peak.likely_bytes <= peak.high_bytes
    assert peak.likely_bytes == evidence.measurement.peak_bytes - 400 * 2**20


ENCODER = "from sklearn.preprocessing import OneHotEncoder\nenc = OneHotEncoder(sparse_output=False)"
MATRIX = ENCODER + "\nX = enc.fit_transform(df[['city', 'level']])"


def _advice(source: NotebookSource, folder: Path) -> tuple[list[Recommendation], str]:
    """Return the cards and reasons where the matrix was seen alive."""
    namespace, _ = run(source, folder)
    matrix = ArrayEvidence("X", np.shape(namespace["X"]), "float64", np.size(namespace["X"]) * 8)
    evidence = replace(evidence_of(source, namespace, folder), arrays=(matrix,))
    cards, held = advise(source, evidence, [find_rule(RULE)])
    return list(cards), " | ".join(item.reason for item in held)


@pytest.mark.parametrize(
    ("make", "use"),
    [
        (MATRIX, "x = X.sum(axis=0), X.sum(0), X.mean(axis=0), X.sum(), X.mean()"),
        (MATRIX, "x = X.shape, X.shape[1], len(X), X[:, 2].sum(), X[:, 0].sum()\nnames = enc.get_feature_names_out()"),
        (MATRIX, "counts = dict(zip(enc.get_feature_names_out(), X.sum(axis=0)))\nk = len(enc.categories_)"),
        (
            "from sklearn.preprocessing import OneHotEncoder\n"
            "X = OneHotEncoder(sparse_output=False, handle_unknown='ignore', drop='first').fit_transform(df[['city']])",
            "x = X.sum(axis=0) / len(X)",
        ),
    ],
)
def test_a_matrix_that_is_only_counted_becomes_sparse(folder: Path, make: str, use: str) -> None:
    """Sums of ones are whole numbers: counts and means are identical; a named encoder's setting is announced."""
    source = notebook(READ, make, use, measured=1)
    named = make is MATRIX

    cards, _ = _advice(source, folder)

    assert "sparse_output=True" in cards[0].edits[0].after
    assert cards[0].gone == ("X",)
    assert cards[0].result is (ResultClass.SAME_VALUES if named else ResultClass.IDENTICAL)
    assert cards[0].retyped == ((("enc", ("sparse_output",)),) if named else ())
    verdict = verify(cards[0], source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is cards[0].result
    unannounced = verify(replace(cards[0], retyped=()), source, folder)
    assert unannounced.equal is not named


@pytest.mark.parametrize(
    ("make", "use", "reason"),
    [
        (
            MATRIX,
            "from sklearn.linear_model import Ridge\nx = Ridge().fit(X, df['n']).coef_",
            "Ridge().fit(X, df['n'])",
        ),
        (MATRIX, "x = X.T @ df['n']", "X.T may need the whole matrix"),
        (MATRIX, "x = X[0]", "X[0] may need the whole matrix"),
        (MATRIX, "x = X[:, 1].argmax()", "may need the whole matrix"),
        (MATRIX, "x = X.argmax(axis=1)", "X.argmax(axis=1) may need"),
        (MATRIX, "x = X.sum(axis=1)", "X.sum(axis=1) may need"),
        (MATRIX, "Y = X\nx = Y.sum()", "may need"),
        (MATRIX, "X[0, 0] = 5\nx = X.sum()", "may need"),
        (MATRIX, "x = f'{X.sum()}'", "may need"),
        (MATRIX, "x = X.sum()\nX = X * 2", "X is bound elsewhere too"),
        (MATRIX, "x = X.sum()\ny = enc.transform(df[['city', 'level']])", "enc is used for more"),
        (MATRIX, "x = X.sum()\nenc = 1", "enc is bound elsewhere too"),
        (MATRIX + "; y = 1", "x = X.sum()", "shares a line"),
    ],
)
def test_a_matrix_that_may_be_needed_is_kept(folder: Path, make: str, use: str, reason: str) -> None:
    """Models, elements, products and changes of the matrix are named."""
    cards, held = _advice(notebook(READ, make, use, measured=1), folder)

    assert cards == []
    assert reason in held


def test_an_encoder_of_something_else_is_none(folder: Path) -> None:
    """A class of the person's own with that name, and one with options unknown, are nothing to say about."""
    own = "class OneHotEncoder:\n    def __init__(self, **k): pass\n    def fit_transform(self, t): return t.to_numpy()"
    make = own + "\nX = OneHotEncoder(sparse_output=False).fit_transform(df[['n']])"

    assert _advice(notebook(READ, make, "x = X.sum()", measured=1), folder) == ([], "")


USES = [
    "d.sum()", "d.mean()", "d.shape", "len(d)", "list(d.columns)", "d.index", "d.sum().sort_values()", "d.sum().max()",
    "d.T @ df['n']", "d.mul(df['n'], axis=0).sum()",
    "d.mul(df['v'], axis='index').sum()", "d.sum().index", "d.mean().round(2)",
]  # fmt: skip


def _quoted(value: object) -> str:
    return '"' + str(value).replace('"', '""') + '"'


def test_random_columns_count_the_same(tmp_path: Path) -> None:
    """Random columns, dtypes, gaps and uses: original and rewritten notebook agree at the class of the card."""
    for seed in range(40):
        chance = random.Random(seed)
        levels = chance.sample(["a", "b", "", " ", "é", "B", "10", "9", "nan'\"", "{x}"], chance.randint(1, 8))
        kinds = {"text": levels, "whole": [-2, 0, 3, 10], "real": [0.5, "", -1.25, 3.0], "truth": [True, False]}
        values = chance.choice(list(kinds.values()))
        rows = [
            f"{_quoted(chance.choice(values))},{chance.randint(-9, 9)},{chance.choice(['', chance.random(), 1e12])}"
            for _ in range(chance.randint(1, 30))
        ]
        (tmp_path / "data.csv").write_text("\n".join(["k,n,v", *rows]) + "\n")
        dtype = chance.choice(["", ", dtype=int", ", dtype=float", ", drop_first=True"])
        chosen = [use for use in chance.sample(USES, 3) if not ("mul" in use and dtype)]
        source = notebook(READ, f"d = pd.get_dummies(df['k']{dtype})", f"x = [{', '.join(chosen)}]", measured=1)

        cards, held = ask(RULE, source, tmp_path)

        assert len(cards) + len(held) == 1
        for card in cards:
            verdict = verify(card, source, tmp_path)
            assert verdict.equal, (seed, source, verdict.differences)
            order = list(ResultClass)
            assert order.index(verdict.result) <= order.index(card.result), (seed, source, verdict)
