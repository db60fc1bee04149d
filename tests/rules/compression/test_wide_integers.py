"""wide-integers: every word of its lists is run on both dtypes; then notebooks, also those that a naive rule breaks."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from harness import ask, evidence_of, held_back, notebook, only_card, run, scanned, verify
from words_run import frames, verdict, words, worst

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule
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
    "pd.concat beside": ["pd.concat([df, other[['z']]], axis=1)", "pd.concat([v, df['b']], axis=1)"],
    "pd.concat of reads": ["pd.concat([df, df])", "pd.concat([df, df], ignore_index=True)"],
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
    "df['a'].mode()",
    "df['a'].shift(1, fill_value=0)",
    "df.groupby('t')['a'].sum()",
    "df.groupby('a')['c'].sum().index",
    "df.merge(other, on='b', how='outer')['a_x']",
    "df['a'].to_frame()",
    "df[['a', 'b']].max()",
    "pd.concat([df['a'], df['a']])",
]


@pytest.mark.parametrize("given", CARRIERS)
def test_words_behind_words(given: str) -> None:
    """Whatever the narrow type was carried into, each line gives equal values there too."""
    wrong, some = [], list(frames("int8"))[:2]
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


A, U = [-128, 127, 100, -100, 5], [0, 255, 100, 3]
CSV = "a,u,y,s,t,f\n" + "".join(
    f"{A[row % 5]},{U[row % 4]},{1990 + row % 30},{row % 2},{'xyz'[row % 3]},{row / 7}\n" for row in range(60)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of whole numbers at the edges of their types."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


@pytest.mark.parametrize(
    ("cells", "dtypes"),
    [
        (["x = df[df['a'] > 300]['f'].sum()"], {"a": "int8", "y": "int16", "s": "int8", "u": "int16"}),
        (["x = df.groupby('a')['f'].mean()\nx.sort_values().head(3)"], {"a": "int8"}),
        (["x = df['a'].sum() * 1000, df['a'].mean() * 1000, df['a'].cumsum().max() * 1000"], {"a": "int8"}),
        (["x = df['u'].describe()"], {"u": "uint8", "a": "int8"}),
        (["x = df[['u', 'y', 'f']].describe()"], {"u": "uint8", "y": "uint16", "a": "int8"}),
        (["x = df['u'].quantile(0.3)\ny = df['u'].quantile(0.3) * 1000"], {"u": "uint8"}),
        (["for c in ['a', 'u']:\n    print(f'{c}: {df[c].max():,}')"], {"a": "int8", "u": "int16"}),
        (["def top(d, c):\n    return int(d[c].max()) * 1000\nx = top(df, 'a')"], {"a": "int8"}),
        (["x = df['a'].apply(lambda v: v * 1000)"], {"a": "int8"}),
        (["x = df['a'].astype(float) * 1000"], {"a": "int8"}),
        (["x = [v * 1000 for v in df['a']]"], {"a": "int8"}),
        (["g = df.groupby('t')['a'].mean()\nx = g * 1000"], {"a": "int8"}),
        (["d = df.rename(columns={'a': 'b'})\nx = d[d['b'] == 127]"], {"a": "int8"}),
        (["x = df['a'] / 1000"], {"a": "int8"}),
        (["small = pd.DataFrame({'s': [0, 1], 'n': ['no', 'yes']})\nx = df.merge(small, on='s')"], {"s": "int8"}),
        (["x = df.query('a > 1000')"], {"a": "int8"}),
    ],
)
def test_whole_numbers_become_as_narrow_as_they_are(folder: Path, cells: list[str], dtypes: dict[str, str]) -> None:
    """The read says the narrow type, the notebook's values stay equal."""
    source = notebook(READ, *cells)

    card = only_card(RULE, source, folder)
    found = verify(card, source, folder)

    assert all(f'"{name}": "{dtype}"' in card.edits[0].after for name, dtype in dtypes.items()), card.edits[0].after
    assert card.result is ResultClass.SAME_VALUES
    assert found.equal, found.differences


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("x = df['a'] * df['a']", "* in cell 1"),
        ("x = df['a'] + 1", "+ in cell 1"),
        ("x = 5 - df['a']", "- in cell 1"),
        ("x = df['a'] ** 2", "**"),
        ("x = -df['a']", "neg"),
        ("x = df['a'].abs()", "abs"),
        ("x = df['a'].diff()", "diff"),
        ("x = df['a'].dot(df['a'])", "@"),
        ("x = df['a'].mul(2)", "*"),
        ("df['a'] += 100", "+"),
        ("x = df['a'].max() * 100", "* in cell 1"),
        ("x = df['a'].iloc[0] * 100", "* in cell 1"),
        ("top = df.groupby('t')['a'].sum()\nx = top * 100", "* in cell 1"),
        ("top = df.groupby('t')['a'].max()\nx = top - 300", "-"),
        ("x = [v * 100 for v in df['a'].unique()]", "*"),
        ("x = sum(df['a'].unique())", "builtin.sum"),
        ("g = df.groupby('a')['f'].sum()\nx = g.index * 100", "*"),
        ("g = (df.groupby('a')['f'].sum() / 3)\nx = g.index * 100", "*"),
        ("x = df['a'].describe()", "describe"),
        ("x = df.describe()", "frame.describe"),
        ("x = df['a'].quantile(0.3)", "quantile"),
        ("x = np.percentile(df['a'], 30)", "np.percentile"),
        ("x = df.sort_values('a')['f'].tolist()", "sort key"),
        ("x = df['a'].sort_values()", "sort_values"),
        ("x = df['a'].apply(np.square)", "apply"),
        ("x = np.log1p(df['s'])\ny = np.log(df['a'].max())", "np.log"),
        ("x = f\"{df['a'].max()!r}\"", "unknown"),
        ("print(df['a'])", "printed"),
        ("df['b'] = df['a']\nx = df['b'] * 100", "added"),
        ("df.loc[df['f'] > 3, 'a'] = 300", "stored in part"),
        ("x = df.set_index('a')\ny = x.index * 100", "index"),
        ("def f(d):\n    return d['a'] * 100\nx = f(df)", "*"),
        ("def f():\n    return df['a'] * 100\nx = f()", "*"),
        ("f = lambda: df['a'] * 100\nx = f()", "unknown"),
        ("x = df.apply(lambda row: row['a'] * row['u'], axis=1)", "frame.apply"),
        ("x = df[['a', 'u']].values @ [1, 2]", "frame.values"),
        ("x = df.query('a * 2 > 100')", "*"),
        ("x = df.eval('a * 2')", "frame.eval"),
        ("x = df.memory_usage()", "frame.memory_usage"),
        ("x = df.select_dtypes('int64').sum()", "frame.select_dtypes"),
        ("x = df.dtypes", "frame.dtypes"),
        ("x = pd.cut(df['a'], 3)", "pd.cut"),
        ("from sklearn.linear_model import LinearRegression as L\nx = 1\nL().fit(df[['a']], df['f'])", "fit"),
        ("x = df['a'].round(-2)", "round"),
        ("x = df['a'] % 1000", "%"),
        ("x = df[['a', 'f']].sum(axis=1)", "frame.sum"),
        ("x = isinstance(df['a'].max(), np.int64)", "type"),
        ("eval('df')", "cell 1"),
    ],
)
def test_it_holds_back_where_a_narrow_number_may_wrap(folder: Path, use: str, reason: str) -> None:
    """Arithmetic, interpolation, unstable order, numpy's narrow floats, and whatever shows the type."""
    source = notebook(READ, use)
    evidence = scanned(evidence_of(source, run(source, folder)[0], folder), source, folder)
    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert not [card for card in cards if '"a"' in card.edits[0].after.split("read_csv")[1]]
    assert reason in " | ".join(item.reason for item in held if "'a'" in item.reason)


@pytest.mark.parametrize("value", ["300", "3.5", "-129", "", "x", "99999999999999999999"])
def test_a_later_file_that_does_not_fit_raises(folder: Path, value: str) -> None:
    """Never cut, never wrapped: the read says that the value can't be converted."""
    source = notebook(READ, "x = df['a'].mean()")
    card = only_card(RULE, source, folder)
    (folder / "data.csv").write_text(CSV + f"{value},1,1,1,x,1\n")

    with pytest.raises((ValueError, OverflowError, TypeError)):
        run(source.with_edits(card.edits), folder)


@pytest.mark.parametrize("option", ["sep='::'", "delimiter=', '", "sep='§'", "quotechar='§'"])
def test_a_separator_of_the_python_parser_is_held_back(folder: Path, option: str) -> None:
    """That parser would cut a later 3.5 to 3 without a word, since pandas 3 at least."""
    separator = {"sep='::'": "::", "delimiter=', '": ", ", "sep='§'": "§"}.get(option, ",")
    (folder / "data.csv").write_text("\n".join(line.replace(",", separator) for line in CSV.splitlines()))

    reason = held_back(RULE, notebook(READ.replace("')", f"', {option})"), "x = df['a'].mean()"), folder)

    assert "parser" in reason or "engine" in reason


def test_types_and_a_category_join_into_one_read(folder: Path) -> None:
    """`rules/together.py` writes one dict for both rules."""
    source = notebook(READ, "x = df[df['t'] == 'x']['a'].sum()")
    evidence = evidence_of(source, run(source, folder)[0], folder)
    cards, _ = advise(source, evidence, [find_rule(RULE), find_rule("repeated-strings"), find_rule("unused-columns")])
    joined = next(card for card in cards if " + " in card.rule)

    assert '"t": "category"' in joined.edits[0].after
    assert '"a": "int8"' in joined.edits[0].after
    assert verify(joined, source, folder).equal


def test_a_dict_of_dtypes_that_stands_gets_more_entries(folder: Path) -> None:
    """The person's own entries stay."""
    read = READ.replace("')", "', dtype={'t': 'str'})")

    card = only_card(RULE, notebook(read, "x = df['a'].mean()"), folder)

    assert '"t": \'str\', "a": "int8"' in card.edits[0].after


@pytest.mark.parametrize("use", ["x = df['a'].sum()", "x = df['u'].describe()"])
def test_a_live_frame_is_made_smaller_behind_its_maker(folder: Path, use: str) -> None:
    """No read to change: a line is appended, which takes the type that the values need."""
    make = "import pandas as pd\ndf = pd.DataFrame({'a': [-128, 127, 3], 'u': [0, 255, 7]})"
    source = notebook(make, use, measured=1)

    card = only_card(RULE, source, folder)

    assert "pd.to_numeric(df[" in card.edits[0].after
    assert verify(card, source, folder).equal


@pytest.mark.parametrize("peek", ["df.info()", "print(df.dtypes)"])
def test_a_peek_that_prints_types_is_a_change_of_display(folder: Path, peek: str) -> None:
    """The card names the cell."""
    card = only_card(RULE, notebook(READ, peek, "x = df['a'].mean()"), folder)

    assert (card.result, card.peeks) == (ResultClass.DISPLAY, ("cell-1",))


def test_missing_values_and_floats_are_no_wide_integers(tmp_path: Path) -> None:
    """They are float64, which another rule looks at."""
    (tmp_path / "data.csv").write_text("a,b\n1,1.5\n,2\n3,2.5\n")

    assert held_back(RULE, notebook(READ, "x = df['a'].mean()"), tmp_path) == ""


def test_random_uses_of_random_numbers(tmp_path: Path) -> None:
    """Each card for two random lines of the list, one behind the other, keeps the values."""
    random = Random(7)
    (tmp_path / "data.csv").write_text(
        "a,b,c,t,i\n"
        + "".join(
            f"{random.choice([-128, 127, 1, 300])},{row % 7},{row / 3},{'xyz'[row % 3]},{row}\n" for row in range(40)
        )
    )
    other = READ + "\nother = pd.DataFrame({'a': [1, 2, 300], 'b': [1, 1, 2], 'z': [1.5, 2, 3]})"
    lines = [_filled(one) for word in LINES if word != "plot" for one in LINES[word] if "x = " not in one]
    offered = 0
    for _ in range(25):
        first, second = random.sample(lines, 2)
        source = notebook(other, f"x1 = {first}", f"x2 = {second}", "x3 = x1 * 100 if hasattr(x1, 'dtype') else 0")
        try:
            cards, _ = ask(RULE, source, tmp_path)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            continue
        offered += len(cards)
        for card in cards:
            found = verify(card, source, tmp_path)

            assert found.equal, (first, second, found.differences)

    assert offered


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
