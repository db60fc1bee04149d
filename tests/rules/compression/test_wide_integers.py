"""wide-integers: every word of its lists is run on both dtypes; then whole notebooks, nasty ones among them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import ask, notebook, verify
from words_run import frames, verdict, words, worst

from memadvise.model import ResultClass
from memadvise.rules.compression import wide_integers
from memadvise.rules.compression.wide_integers import ENDS, QUANTILES, SAFE, UNSIGNED_CARRIES

RULE = "wide-integers"
READ = "import numpy as np\nimport pandas as pd\ndf = pd.read_csv('data.csv')"
S = "df['a']"  # the column, where a line below says `v`

# word -> lines that do it; `v` stands for the column or for any values made of it
LINES: dict[str, list[str]] = {
    "condition": ["(v > 3).astype('int64') * 1000", "v.isin([1]).sum() * 1000"],
    "read": ["v"],
    "filter": ["df[v > 0]", "df.loc[v == 3, ['a', 'b']]"],
    "==": [
        "v == 300",
        "v != 1.5",
        "v == 'x'",
        "v == 1180591620717411303424",
        "-1180591620717411303424 != v",
        "v.eq(300)",
        "v == -1",
    ],
    "<": [
        "v > 300",
        "v > -1099511627776",
        "v <= 1.5",
        "v < 1180591620717411303424",
        "v.between(-1000, 1000)",
        "v.ge(-1)",
    ],
    "compare": ["v == df['b']", "df['c'] < v", "v > len(df)", "v == np.float32(0.1)", "v >= df['a'].max()"],
    "isin": [
        "v.isin([1, 300])",
        "v.isin([1.0, 2.5, None])",
        "v.isin({1, 1099511627776, 18446744073709551616})",
        "v.isin(['1'])",
    ],
    "isna": ["v.isna()"],
    "isnull": ["v.isnull().sum()"],
    "notna": ["df[v.notna()]"],
    "notnull": ["v.notnull()"],
    "duplicated": ["v.duplicated()", "df.duplicated('a')", "df.duplicated(subset=['a', 't'], keep='last')"],
    "query": ["df.query('a > 300')", "df.query('a in [1, 300]')"],
    "dropna": ["v.dropna()", "df.dropna(subset=['a'])"],
    "drop_duplicates": ["v.drop_duplicates()", "df.drop_duplicates('a')", "df.drop_duplicates(subset=['a', 't'])"],
    "drop": ["df.drop(columns=['a'])"],
    "stored": ["df['a'] = 5\nx = df"],
    "peek": ["df.head()\nx = 1"],
    "kept": ["x = v"],
    "shown": ["df[df['c'] > 0]\nx = 1"],
    "shown scalar": ["df['a'].max()\nx = 1"],
    "printed scalar": ["for one in [1]:\n    print(df['a'].max())\nx = 1"],
    "formatted": ['f"{v.max()} {v.max():,} {v.max():.2f} {v.max():5d} {v.min():>8} {v.min():e}"'],
    "bool": ["x = 0\nif v.max() > 3:\n    x = 1", "[1 for w in v if w]"],
    "int": ["int(v.max())"],
    "float": ["float(v.max())"],
    "min": ["v.min()"],
    "max": ["v.max()"],
    "mode": ["v.mode()"],
    "count": ["v.count()"],
    "nunique": ["v.nunique()"],
    "sum": ["v.sum()"],
    "mean": ["v.mean()"],
    "median": ["v.median()"],
    "std": ["v.std()"],
    "var": ["v.var()"],
    "sem": ["v.sem()"],
    "skew": ["v.skew()"],
    "kurt": ["v.kurt()"],
    "cumsum": ["v.cumsum()"],
    "cummax": ["v.cummax()"],
    "cummin": ["v.cummin()"],
    "rank": ["v.rank()", "v.rank(method='first')", "v.rank(pct=True, ascending=False)"],
    "corr": ["v.corr(df['c'])", "df['c'].corr(v)", "v.corr(df['b'], method='spearman')"],
    "cov": ["v.cov(df['c'])"],
    "any": ["v.any()"],
    "all": ["v.all()"],
    "idxmax": ["v.idxmax()"],
    "idxmin": ["v.idxmin()"],
    "unique": ["v.unique()"],
    "value_counts": ["v.value_counts()", "v.value_counts(normalize=True)", "v.value_counts(sort=False)"],
    "head": ["v.head(3)"],
    "tail": ["v.tail(3)"],
    "copy": ["v.copy()"],
    "nlargest": ["v.nlargest(3)"],
    "nsmallest": ["v.nsmallest(3)"],
    "sort_index": ["v.sort_index()", "v.sort_index(ascending=False)"],
    "to_frame": ["v.to_frame()"],
    "item": ["v.iloc[0]", "v.loc[0]", "v[0]"],
    "place": ["df.groupby('t')['a'].max().iloc[0]", "df.groupby('t')['a'].max().iloc[:2]"],
    "tolist": ["v.tolist()"],
    "to_list": ["v.to_list()"],
    "to_dict": ["v.to_dict()"],
    "map": [
        "v.map({1: 'x', 300: 'y'})",
        "v.map(lambda w: w * 1000)",
        "v.map(str)",
        "v.apply(lambda w: type(w).__name__)",
    ],
    "loop": ["sum(w * 1000 for w in v)", "[type(w).__name__ for w in v]", "{w: 1 for w in v}"],
    "list": ["list(v)"],
    "sorted": ["sorted(v)"],
    "set": ["set(v)"],
    "tuple": ["tuple(v)"],
    "enumerate": ["list(enumerate(v))"],
    "zip": ["list(zip(v, df['b']))", "dict(zip(v, df['t']))"],
    "collected": ["[w for w in v]"],
    "collected results": ["[v.max() for one in range(2)]"],
    "range": ["len(range(v.max()))", "range(0, v.max())"],
    "builtin.sum": ["sum(v)"],
    "builtin.map": ["list(map(lambda w: w * 1000, v))"],
    "builtin.filter": ["list(filter(lambda w: w * 1000 > 1000, v))"],
    "builtin.min": ["min(v)", "min(v.max(), 300)"],
    "builtin.max": ["max(v)", "max(v.max(), 300)", "max(v.min(), 1.5)"],
    "group key": ["df.groupby(v)['c'].sum()", "df.groupby(['a', 't'])['c'].mean()", "df.groupby('a').size()"],
    **{
        f"group.{word}": [f"df.groupby('t')['a'].{word}()", f"df.groupby('t').agg(x=('a', '{word}'))"]
        for word in ("sum", "min", "max", "first", "last", "mean", "median", "std", "var", "count", "nunique")
    },
    "merge": ["df.merge(other, on='b', how='outer')", "df.merge(other, on='b', how='left')['a_x'].mean()"],
    "merge key": [
        *(f"df.merge(other, on='a', how='{how}')" for how in ("inner", "left", "right", "outer")),
        "df.merge(df[['a', 'c']].drop_duplicates('a'), on='a')",
        "df.merge(other, left_on='a', right_on='b')",
    ],
    "pivot index": ["df.pivot_table(index='a', columns='t', values='c')"],
    "pivot columns": ["df.pivot_table(index='t', columns='a', values='c', aggfunc='sum', fill_value=0)"],
    "attribute.index": ["df.groupby('t')['a'].max().index.tolist()"],
    "labels.kept": ["df.groupby('a')['c'].sum()", "df.groupby('a')['c'].sum().nlargest(3)"],
    "labels.shown": ["df.groupby('a')['c'].sum().sort_values(kind='stable')\nx = 1"],
    "labels.printed": ["for one in [1]:\n    print(df.groupby('a')['c'].sum())\nx = str(df.groupby('a')['c'].sum())"],
    "labels.sort_index": ["df.groupby('a')['c'].sum().sort_index(ascending=False)"],
    "labels.reset_index": ["df.groupby('a')['c'].sum().reset_index()", "v.value_counts().reset_index()"],
    "labels.to_dict": ["df.groupby('a')['c'].sum().to_dict()"],
    "labels.item": ["df.groupby('a')['i'].sum()[3]", "df.groupby('a')['i'].sum().loc[-1000:1000]"],
    "labels.loop": ["[(type(k).__name__, k, len(part)) for k, part in df.groupby('a')]"],
    "labels.unstack": [
        "df.groupby(['t', 'a']).size().unstack(fill_value=0)",
        "df.groupby(['a', 't'])['c'].sum().unstack()",
    ],
    "labels.attribute.index": ["df.groupby('a')['c'].sum().index"],
    "labels.idxmax": ["df.groupby('a')['c'].sum().idxmax()"],
    "labels.to_frame": ["df.groupby('a')['c'].sum().to_frame()"],
    "labels./": ["df.groupby('a')['c'].sum() / 3", "df.groupby('a')['i'].sum() / df.groupby('a')['c'].count()"],
    "labels.*": ["df.groupby('a')['c'].sum() * 100"],
    "labels.+": ["df.groupby('a')['c'].sum() + other.groupby('a')['z'].sum()"],
    "labels.-": ["df.groupby('a')['c'].sum() - 1"],
    "frame.columns": ["list(df.columns)"],
    "frame.shape": ["df.shape"],
    "frame.dropna": ["df.dropna()"],
    "frame.drop_duplicates": ["df.drop_duplicates()"],
    "frame.head": ["for one in [1]:\n    print(df[df['c'] > 0].head())\nx = df.head()"],
    "frame.tail": ["for one in [1]:\n    print(df[df['c'] > 0].tail())\nx = df.tail()"],
    **{f"frame.{word}": [f"df.{word}()"] for word in ("isna", "isnull", "notna", "notnull", "count", "nunique")},
    **{
        f"frame.{word}": [f"df.{word}(numeric_only=True)", f"df[['a', 'b']].{word}()"]
        for word in ("mean", "std", "var", "median", "corr", "cov", "sum", "min", "max", "describe", "quantile")
        if word != "describe"
    },
    "frame.describe": ["df.describe()", "df[['a', 'b']].describe()"],
    "frame.duplicated": ["df.duplicated()"],
    "frame.to_csv": ["df.to_csv()", "df.to_csv(index=False)"],
    "frame.to_dict": ["df.to_dict()", "df.to_dict('records')", "df.to_dict('list')"],
    "frame.itertuples": ["[(type(r.a).__name__, r.a) for r in df.itertuples()]"],
    "frame.fillna": ["df.fillna(0)", "df.fillna(0.5)", "df.fillna(-1)"],
    **{f"np.{word}": [f"np.{word}(v)"] for word in ("sum", "mean", "std", "var", "median", "max", "min", "isnan")},
    "np.percentile": ["np.percentile(v, 30)"],
    "np.quantile": ["np.quantile(v, 0.3)"],
    "pd.isna": ["pd.isna(v)"],
    "pd.notna": ["pd.notna(v)"],
    "pd.crosstab": ["pd.crosstab(v, df['t'])", "pd.crosstab(df['t'], v)"],
    "quantile": ["v.quantile(0.3)", "v.quantile([0.1, 0.9])"],
    "describe": ["v.describe()"],
    "group.describe": ["df.groupby('t')['a'].describe()"],
    "/": ["v / 7", "v / 1000", "v / -1000", "v / 2.5", "1 / v", "v / 1099511627776", "v.max() / 1000", "v.div(7)"],
    "%": ["v % 7", "v % 2", "v % 127", "v.max() % 100", "100 % v", "v.mod(7)"],
    "fillna": ["v.fillna(0)", "v.fillna(300)", "v.fillna(1.5)"],
    "clip": ["v.clip(0, 5)", "v.clip(-1, 300)", "v.clip(lower=0)", "v.clip(0.5, 1.5)"],
    "shift": ["v.shift()", "v.shift(1)", "v.shift(-2)", "v.shift(1, fill_value=0)"],
    "round": ["v.round()", "v.round(2)"],
    "astype": ["v.astype('object')"],
    **{
        f"astype {name}": [f"v.astype({name!r})", f"v.astype({name!r}).max()"]
        for name in ("float64", "int64", "object")
    },
    **{f"astype {name}": [f"v.astype({name})"] for name in ("float", "int", "str", "bool")},
    "sort key": ["df.sort_values('a', kind='stable')", "df.sort_values(['a', 'b'])", "df.nlargest(5, 'a')"],
    "sort_values": ["v.sort_values(kind='stable')", "v.sort_values(ascending=False, kind='stable')"],
    "plot": ["import matplotlib.pyplot as plt\nplt.plot(df['a'])\nx = 1"],
}
IN_AFTER = {"condition", *(word for word in ENDS if word.startswith("astype "))}  # words of `Use.after` only
SIGNED, UNSIGNED = ("int8", "int16", "int32"), ("uint8", "uint16", "uint32")


@pytest.mark.parametrize("word", sorted(SAFE | QUANTILES))
def test_every_word_is_run_on_both_types(word: str) -> None:
    """Equal values for each line of the word, the very same dtype where the list says that the dtype ends there."""
    lines = [_filled(line) for line in LINES[word]]
    unsaid = [line for line in lines if word not in words(line if "x = " in line else f"x = {line}")]

    assert word in IN_AFTER or unsaid == []
    for dtypes, lists, ends in [
        (SIGNED, SAFE, ENDS),
        (UNSIGNED, SAFE | QUANTILES, (ENDS | QUANTILES) - UNSIGNED_CARRIES),
    ]:
        if word not in lists or (word == "frame.sum" and dtypes is UNSIGNED) or word == "plot":
            continue
        for line in lines:
            allowed = ResultClass.IDENTICAL if word in ends else ResultClass.SAME_VALUES
            found = worst(verdict(line, frame, {"a": dtype}) for dtype in dtypes for frame in frames(dtype))

            assert found is not None, f"{line} never runs"
            assert list(ResultClass).index(found) <= list(ResultClass).index(allowed), (line, dtypes, found)


def _filled(line: str) -> str:
    """Return the line with the column in the place of the name `v`."""
    return re.sub(r"\bv\b", S, line)


# what carries the narrow type on: a column, a number, an array, groups' results, labels
CARRIERS = [
    "df['a'].max()",
    "df['a'].unique()",
    "df['a'].iloc[0]",
    "df['a'].mode()",
    "df['a'].shift(1, fill_value=0)",
    "df['a'].nlargest(4)",
    "df['a'].drop_duplicates()",
    "df[df['c'] > 0]['a']",
    "df.groupby('t')['a'].sum()",
    "df.groupby('t')['a'].max()",
    "df.groupby('a')['c'].sum().index",
    "df['a'].value_counts().index",
    "df.merge(other, on='b', how='outer')['a_x']",
    "df['a'].to_frame()",
    "df[['a', 'b']].max()",
    "df['a'] % 7",
    "pd.concat([df['a'], df['a']])",
]


@pytest.mark.parametrize("given", CARRIERS)
def test_words_behind_words(given: str) -> None:
    """Whatever the narrow type was carried into, each line gives equal values there too."""
    wrong, some = [], list(frames("int8"))[:3]
    for word, lines in LINES.items():
        before = frozenset(
            {"unique"} if given.endswith("unique()") else {"attribute.index"} if ".index" in given else ()
        )
        if word not in SAFE or word == "plot" or wide_integers._NOT_BEHIND.get(word.split()[0], frozenset()) & before:
            continue
        of_element = word in wide_integers._ELEMENTS
        for line in (one for one in lines if "v" in one and _filled(one) != one and "plt" not in one):
            if of_element and given.endswith("unique()") and word == "loop":
                continue  # what is done with the elements of an array is followed
            allowed = ResultClass.IDENTICAL if word in ENDS else ResultClass.SAME_VALUES
            found = worst(verdict(line, frame, {"a": "int8"}, given) for frame in some)
            if found is not None and list(ResultClass).index(found) > list(ResultClass).index(allowed):
                wrong.append((word, line, str(found)))

    assert wrong == []


@pytest.mark.parametrize(
    "use",
    [
        "x = sum(df[c].max() for c in ['n', 'm'])",
        "x = list(df[c].max() for c in ['n', 'm'])\ny = x[0] * 100",
        "x = [df[c].max() for c in ['n', 'm']]\ny = [one * 100 for one in x]",
        "x = dict(zip(['n', 'm'], [df[c].max() for c in ['n', 'm']]))\ny = x['n'] * 100",
        "x = [df['n'].iloc[i] for i in range(2)]\ny = sum(x)",
        "x = df.to_dict('series')\ny = x['n'] * 100",
        "x = df['n'].clip(lower=200)",
        "s = df.groupby('n')['m'].mean()\nt = s[1:].cumsum()\ny = t.index * 100",
    ],
)
def test_numbers_of_numpy_that_travel_wrap_around(use: str, tmp_path: Path) -> None:
    """What methods give stays narrow in lists and dicts, a column in a dict of series, labels behind any sum."""
    (tmp_path / "f.csv").write_text("n,m\n" + "".join(f"{100 + i % 5},{90 + i % 7}\n" for i in range(40)))
    cells = ("import pandas as pd\ndf = pd.read_csv('f.csv')", use)

    assert "column 'n'" in held_back_of(cells, tmp_path)


def held_back_of(cells: tuple[str, ...], folder: Path) -> str:
    """Return the reasons for holding back, whatever other columns get a card."""
    _, held = ask(RULE, notebook(*cells), folder)
    return " | ".join(one.reason for one in held)


@pytest.mark.parametrize(
    "use",
    [
        "def len(x): return x * 100\ny = len(df['n'])",
        "int = lambda x: x\ny = int(df['n'].max()) * 100",
        "def isinstance(a, b): return a * 100\ny = isinstance(df['n'], 3)",
        "y = isinstance(df['n'].max(), np.int64)",
        "d2 = df[['n']]\nfor i in range(2):\n    x = d2 * 100\n    d2 = df[['m']]",
        "for c in ['n', 'm']:\n    x = df.drop(columns=c) * 100",
    ],
)
def test_names_of_builtins_and_later_rounds(use: str, tmp_path: Path) -> None:
    """A builtin's name may be the notebook's own function; a loop's later round sees other columns."""
    (tmp_path / "f.csv").write_text("n,m\n" + "".join(f"{100 + i % 5},{90 + i % 7}\n" for i in range(40)))
    cells = ("import numpy as np\nimport pandas as pd\ndf = pd.read_csv('f.csv')", use)

    assert "column 'n'" in held_back_of(cells, tmp_path)


def test_a_frame_that_another_name_holds_is_left_alone(tmp_path: Path) -> None:
    """The narrower column goes into a new frame: the list still holds the first one."""
    first = (
        "import pandas as pd\nfs = [pd.DataFrame({'a': [100, 101, 102] * 20})]\nfr = dict(a=fs[0])\ndf = fr.get('a')"
    )
    source = notebook(first, "m = df['a'].max()\ne = fs[0]['a'] * 100", measured=1)
    cards, _ = ask(RULE, source, tmp_path)

    assert all(verify(card, source, tmp_path).equal for card in cards)
