"""Following a frame through a notebook: which columns each line uses, and as what."""

from __future__ import annotations

import pandas as pd
import pytest

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite.flow import usage
from memadvise.rewrite.follow.values import Usage
from memadvise.rewrite.frame_api import FRAME_ATTRIBUTES, GROUP_ATTRIBUTES
from memadvise.rewrite.names import blind_spots, bound_names, times_bound
from memadvise.rewrite.parse import ParsedCell, parse, parse_notebook
from memadvise.rewrite.reads import find_reads, moved_on, settled
from memadvise.rewrite.scopes import free_names, late_uses

HEADER = ("a", "b", "c", "size")
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')\n"


def _cells(*sources: str) -> tuple[ParsedCell, ...]:
    return parse_notebook(
        NotebookSource(tuple(Cell(str(place), place, text) for place, text in enumerate(sources)), "0")
    )


def _usage(*sources: str) -> Usage:
    cells = _cells(READ, *sources)
    return usage(cells, find_reads(cells)[0], HEADER)


COLUMNS = [
    ("x = df['a']", {"a"}),
    ("x = df.a.max()", {"a"}),
    ("x = df[['a', 'b']].sum()", {"a", "b"}),
    ("x = df[df['a'] > 1]['b'].sum()", {"a", "b"}),
    ("x = df.loc[df['a'] > 1, ['b', 'c']].sum()", {"a", "b", "c"}),
    ("x = df.groupby('a')['b'].sum()", {"a", "b"}),
    ("x = df.groupby('a').b.sum()", {"a", "b"}),
    ("x = df.groupby('a').agg({'b': 'sum'})", {"a", "b"}),
    ("x = df.groupby('a').agg(t=('b', 'sum'))", {"a", "b"}),
    ("x = df.groupby('a').size()", {"a"}),
    ("x = df.sort_values('a')['b'].tolist()", {"a", "b"}),
    ("x = df.nlargest(3, 'a')['b'].tolist()", {"a", "b"}),
    ("x = df.query('a > 1 and b < 2')['c'].sum()", {"a", "b", "c"}),
    ("x = df.dropna(subset=['a'])['b'].sum()", {"a", "b"}),
    ("df['new'] = df['a'] + df['b']", {"a", "b"}),
    ("df['a'] = 0", {"a"}),
    ("df['a'] += 1", {"a"}),
    ("df.at[0, 'a'] = 1", {"a"}),
    ("df.columns = df.columns.str.strip().str.upper()\nx = df['A'].sum()", {"a"}),
    ("for i in range(len(df)):\n    t = df.loc[i, 'a']", {"a"}),
    ("try:\n    df = df.head()\nexcept E:\n    pass\nx = df.b", {"b"}),
    ("for g, part in df.groupby('a'):\n    t = part['b'].sum()", {"a", "b"}),
    ("x = df[df['a'] > 1].copy()\nx['n'] = x['b'] * 2\nt = x['n'].sum()", {"a", "b"}),
    ("df.query('`a` > 1 and b in [1, 2]')['c'].sum()", {"a", "b", "c"}),
    ("x = df.groupby(['a', df['b'] > 3])['c'].mean()", {"a", "b", "c"}),
    ("del df['a']\nx = df['b'].sum()", {"a", "b"}),
    ("cols = ['a']\ncols.append('b')\nx = df[cols].sum()", {"a", "b"}),
    ("cols = ['a'] + ['b']\nx = df[cols].sum()", {"a", "b"}),
    ("x = df.melt(id_vars=['a'], value_vars=['b'])", {"a", "b"}),
    ("import seaborn as sns\nsns.barplot(data=df, x='a', y='b')", {"a", "b"}),
    ("df.plot(x='a', y='b')", {"a", "b"}),
    ("import matplotlib.pyplot as plt\nplt.plot(df['a'], df.b)", {"a", "b"}),
    ("x = df.dropna(subset=['a']).reset_index(drop=True)['b'].tolist()", {"a", "b"}),
    ("df.dropna(subset=['a'], inplace=True)\nx = df['b'].sum()", {"a", "b"}),
    ("df.loc[df['b'] > 1, 'a'] = 0", {"a", "b"}),
    ("b = df\nx = b['a'].sum()", {"a"}),
    ("x = [v for v in df['a']]", {"a"}),
    ("for v in df['a']:\n    print(v)", {"a"}),
    ("x = df['a'].where(df['b'] > 1)", {"a", "b"}),
    ("print(len(df), df['a'].sum())", {"a"}),
    ("x = df.shape[0] + df['a'].sum()", {"a"}),
    ("def f(d):\n    return d\nx = f(df['a'])", {"a"}),
    ("del df", set()),
    ("df = 5\nx = df.b", set()),
    ("import math as df\nx = df.pi", set()),
]


@pytest.mark.parametrize(("code", "columns"), COLUMNS)
def test_columns_that_are_named(code: str, columns: set[str]) -> None:
    """Nothing but these columns is needed."""
    found = _usage(code)

    assert (found.columns(), found.whole()) == (frozenset(columns), ())


WHOLE = [
    "x = df.describe()",
    "x = df.values",
    "x = df.size",
    "x = df['size'].sum() + df.T.sum().sum()",
    "f(df)",
    "x = [df]",
    "x = {'k': df}",
    "x = df if c else 0",
    "x = df.loc[mask]",
    "x = df[names]",
    "x = df.iloc[:, 0]",
    "x = df.loc[3]",
    "x = df.iloc[3, 0]",
    "df.columns = df.columns.str.strip().str.len()\nx = df.b",
    "df.columns = [c.upper() for c in df.columns]",
    "df[df > 0] = 1",
    "df.a = 5",
    "df.columns = []",
    "x = df.merge(o)",
    "x = df.groupby('a').sum()",
    "x = df.groupby('a').plot.bar()",
    "x = df.groupby('a').describe",
    "x = df.groupby(f)['b'].sum()",
    "x = df.groupby(['a', s])",
    "for k, g in df.groupby('a'):\n    g",
    "x = df.query('a > @n')",
    "x = df.query(q)",
    "x = df.apply(f, axis=1)",
    "x = df.eval('a + b')",
    "x = f'{df}'",
    "x = (d := df)",
    "x, y = df, 1",
    "x = df, 1",
    "x.frame = df",
    "x['k'] = df",
    "assert df.equals(o)",
    "return_ = df or 1",
    "x = lambda: df",
    "x = lambda d=df: d",
    "async def f():\n    return df",
    "with c(df) as d:\n    pass",
    "while df.any().any():\n    break",
    "try:\n    df = df.T\nexcept E:\n    pass\nx = df.b",
    "match df:\n    case _:\n        pass",
    "x = df[df['a'] > 1]",
    "df[df['a'] > 1]",
    "df.dtypes",
    "x = df.shape",
    "df.sample(3, axis=1)",
    "x = df.sample(3, weights='a')['b'].sum()",
    "x = getattr(df, 'a')",
    "x = vars()['df']",
    "x = _",
    "x = Out[1]",
    "x = duckdb.sql('select * from df')",
    "%%sql\nselect * from df",
    "!echo {df}",
    "x = pd.eval('df.a')",
    "%run -i other.py",
    "df.a sum",
    "x = sys._getframe().f_globals",
    "global_ = __import__('x')",
]


@pytest.mark.parametrize("code", WHOLE)
def test_uses_that_may_need_any_column(code: str) -> None:
    """What is not understood counts as a use of the whole frame."""
    assert _usage(code).whole()


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("x = df['a'] == 'IT'", "=="),
        ("x = df['a'] == b'IT'", "compare"),
        ("x = df['a'] == df['b']", "compare"),
        ("x = df['a'] < 'IT'", "<"),
        ("x = df['a'].between(1, 2)", "<"),
        ("x = df['a'].isin(['IT'])", "isin"),
        ("x = df['a'].isin([b'IT'])", "compare"),
        ("x = df['a'].count()", "count"),
        ("x = df.groupby('a').size()", "group key"),
        ("x = df.groupby('a', observed=True).size()", "group key with options"),
        ("x = df.groupby('b')['a'].nunique()", "group.nunique"),
        ("x = df.groupby('b').agg({'a': 'sum'})", "group.sum"),
        ("x = df.groupby('b').agg(t=('a', 'max'))", "group.max"),
        ("x = df['a'].str.len()", "str.len"),
        ("x = df['a'].max() * 100", "*"),
        ("m = df['a'].max()\nx = m * 100", "*"),
        ("x = -df['a']", "neg"),
        ("x = df['a'].sub(1)", "-"),
        ("x = np.log(df['a'])", "unknown"),
        ("import numpy as np\nx = np.log(df['a'])", "np.log"),
        ("x = pd.to_datetime(df['a'])", "pd.to_datetime"),
        ("df.head()", "peek"),
        ("x = df.describe()", "frame.describe"),
        ("x = df.groupby('a')['b'].sum().index", "labels.attribute.index"),
        ("x = df.sort_values('a')['b'].tolist()", "sort key"),
        ("x = df.query('a > 3')['b'].sum()", "<"),
        ("x = df.set_index('a')['b'].sum()", "unknown"),
        ("df.columns = df.columns.str.upper()\nx = df['A'] * 2", "*"),
        ("x = pd.concat([df, o], axis=1, keys=['l', 'r'])\ny = x['l']['a'] * 2", "*"),
        ("x = df.set_axis(['z', 'b', 'c', 'size'], axis=1)['z'] * 2", "*"),
        ("x = df.loc[3, 'a'] * 2", "*"),
        ("x = pd.concat([df, o])", "pd.concat"),
        ("x = pd.concat([df, df[df['b'] > 1]])", "pd.concat"),
        ("x = df[df.isna().any(axis=1)]", "filter"),
        ("x = df[~df[['a', 'b']].isna().all(axis=1)]['a'] * 2", "*"),
        ("o = pd.read_csv('o.csv')\nx = pd.concat([df, o], ignore_index=True)", "pd.concat of reads"),
        ("o = pd.read_csv('o.csv', dtype='float32')\nx = pd.concat([df, o])", "pd.concat"),
        ("o = pd.read_csv('o.csv')\no = o.astype('float32')\nx = pd.concat([df, o])", "pd.concat"),
        ("x = pd.concat([df, o], axis=1)", "pd.concat beside"),
        ("d = pd.get_dummies(df['b'], prefix='b')\nx = pd.concat([df, d], axis=1)['a'] * 2", "*"),
        ("d = pd.get_dummies(df['a'])\nx = pd.concat([df, d], axis=1)", "pd.concat beside"),
        ("x = df.at[i, 'a'] * 2", "*"),
        ("w = 'IT'\nx = df[df['a'] == w]", "=="),
        ("x = df.merge(o, on='a')", "merge key"),
        ("df['a'] = df['a'] * 2", "stored"),
        ("df.loc[df['b'] > 1, 'a'] = 3", "stored in part"),
        ("for v in df['a']:\n    t = v * 2", "*"),
        ("x = [v * 2 for v in df['a']]", "*"),
        ("def f(s):\n    return s * 2\nx = f(df['a'])", "*"),
        ("x = f\"{df['a'].max()}\"", "formatted"),
        ("print(df['a'])", "printed"),
        ("df['a']", "shown"),
        ("x = df['a']", "kept"),
        ("if df['a'].max() > 3:\n    pass", "<"),
        ("for c in ['a', 'b']:\n    df[c] = df[c].fillna(0)", "fillna"),
        ("for c in df.columns:\n    x = df[c].nunique()", "nunique"),
        ("if f:\n    m = df['a']\nelse:\n    m = df['b']\nx = m * 3", "*"),
        ("m = 0\nfor i in r:\n    y = m * 2\n    m = df['a'].max()", "unknown"),
        ("b = df\nb.rename(columns={'a': 'z'}, inplace=True)\nx = df['z'] * 2", "*"),
        ("m = df.merge(o, on='b')\nx = m['a_x'] * 2", "*"),
        ("df.columns = ['z', 'b', 'c', 'size']\nx = df['z'] * 2", "*"),
        ("m = df['a'].max()\ndef f():\n    return m * 2", "unknown"),
    ],
)
def test_what_is_done_with_a_column(code: str, operation: str) -> None:
    """The word for what is done with column `a`, wherever its values have gone."""
    assert operation in {use.operation for use in _usage(code).of_column("a")}


@pytest.mark.parametrize(
    ("code", "operation", "after"),
    [
        ("x = df['a'].sum() * 2", "*", "sum"),
        ("x = (df['a'] > 3).sum() * 2", "*", "condition"),
        ("x = ((df['a'] > 3) & (df['a'] < 9)).sum()", "sum", "condition"),
        ("x = df['a'].astype('float64') * 2", "*", "astype"),
        ("s = df.groupby('b')['a'].sum()\nx = s * 2", "*", "group.sum"),
    ],
)
def test_what_it_went_through_before(code: str, operation: str, after: str) -> None:
    """A rule can tell that a dtype has no influence any more."""
    found = [use for use in _usage(code).of_column("a") if use.operation == operation]

    assert found
    assert all(after in use.after for use in found)


def test_what_is_compared_with_is_known() -> None:
    """The plain constants of comparisons are there for the rules."""
    found = {use.values for use in _usage("x = df[(df['a'] == 'IT') | df['a'].isin(['DE', 'FR'])]").of_column("a")}

    assert {("IT",), ("DE", "FR")} <= found


GIVEN = [
    ("x = df['a'].str.contains('I', na=False)", "str.contains", (("I",), {"na": False})),
    ("x = df['a'].str.contains('I', False)", "str.contains", (("I", False), {})),
    ("x = df['a'].str.contains(pattern)", "str.contains", None),
    (
        "x = pd.to_datetime(df['a'], format='%Y', errors='coerce')",
        "pd.to_datetime",
        ((), {"format": "%Y", "errors": "coerce"}),
    ),
    ("x = pd.to_datetime(df['a'], 'coerce')", "pd.to_datetime", (("coerce",), {})),
    ("x = pd.to_datetime(df['a'], **options)", "pd.to_datetime", None),
    ("x = df['a'].astype(float)", "astype", (("float64",), {})),
    ("x = df['a'].astype('int8')", "astype", (("int8",), {})),
    ("x = df['a'].astype(kind)", "astype", None),
    ("x = df.astype({'a': str})", "astype", (("str",), {})),
    ("x = df.astype({'z': 'int8', 'a': np.int8})", "astype", None),
    ("x = df.describe(include='all')", "frame.describe", ((), {"include": "all"})),
    ("x = df.groupby('a', sort=False).size()", "group key with options", ((), {"sort": False})),
    ("x = df.groupby(by='a', observed=flag).size()", "group key with options", None),
    ("x = df.sort_values(['a', 'b'], ascending=False)", "sort key", (("a", "b"), {"ascending": False})),
    ("t = df.groupby('a')['b'].sum()\nx = t['IT']", "labels.item", (("IT",), {})),
    ("t = df.groupby('a')['b'].sum()\nx = t['DE':'IT']", "labels.item", None),
    ("t = df.groupby('a')[['b', 'c']].sum()\nx = t.sum(axis=1)", "labels.sum", ((), {"axis": 1})),
]


@pytest.mark.parametrize(("code", "operation", "given"), GIVEN)
def test_what_a_method_is_given_by_place_and_by_name(code: str, operation: str, given: object) -> None:
    """A rule can tell `na=False` from `case=False`."""
    uses = [use for use in _usage(code).uses if use.operation == operation]

    assert [use.given() for use in uses] == [given]


@pytest.mark.parametrize(
    "code",
    [
        "t = df.groupby('a')['b'].sum().reset_index()\nx = t.merge(t, on='a')",
        "t = df.groupby('a')['b'].sum().reset_index()\nx = other.merge(t, on='a')\nx = df.merge(t, on='c')",
        "t = df.groupby('a')['b'].sum().reset_index()\nx = t.join(other)",
    ],
)
def test_any_column_of_a_reduced_table_may_be_the_key_of_a_merge(code: str) -> None:
    """Behind `reset_index` the columns are not told apart: `a` counts as the key, not as carried along."""
    words = {use.operation for use in _usage(code).uses if "a" in use.columns}

    assert words & {"merge key", "labels.merge key"}


def test_a_column_that_was_replaced_is_no_longer_the_reads() -> None:
    """What is done with it later is done with something else."""
    found = _usage("df['a'] = pd.to_datetime(df['a'])", "x = df['a'].dt.year", "df.describe()")

    assert {use.operation for use in found.of_column("a")} == {"read", "pd.to_datetime", "stored", "put back"}


@pytest.mark.parametrize(
    ("code", "some"),
    [
        ("x = pd.to_numeric(df['a'])", False),
        ("df['new'] = 1\nx = pd.to_numeric(df.a)", False),
        ("x = pd.to_numeric(df['a'][df['b'] > 3])", True),
        ("x = pd.to_numeric(df['a'][:3])", True),
        ("x = pd.to_numeric(df['a'].loc[df['b'] > 3])", True),
        ("x = pd.to_numeric(df.loc[df['b'] > 3, 'a'])", True),
        ("df = df.dropna()\nx = pd.to_numeric(df['a'])", True),
        ("df.dropna(inplace=True)\nx = pd.to_numeric(df['a'])", True),
        ("if big:\n    df = df[df['b'] > 3]\nx = pd.to_numeric(df['a'])", True),
        ("df = df.merge(other, on='b')\nx = pd.to_numeric(df['a'])", True),
    ],
)
def test_it_is_known_where_rows_may_be_left_out(code: str, some: bool) -> None:
    """`after` tells a column as it was read from a part of it."""
    (use,) = [use for use in _usage(code).uses if use.operation == "pd.to_numeric"]

    assert ("some rows" in use.after) == some


@pytest.mark.parametrize(
    ("above", "dtype", "known"),
    [
        ("", "{'a': str, 'b': 'int8'}", {"a": str, "b": "int8"}),
        ("", "object", object),
        ("", "{'a': np.int8}", None),
        ("", "{'a': text}", None),
        ("", "{**types}", None),
        ("str = int\n", "{'a': str}", ""),
        ("def str(x): pass\n", "str", ""),
    ],
)
def test_python_types_are_literals_of_a_dtype(above: str, dtype: str, known: object) -> None:
    """`dtype=str` is known as it stands, as long as the name is Python's own."""
    read = find_reads(_cells(f"import pandas as pd\n{above}df = pd.read_csv('data.csv', dtype={dtype})"))[0]
    keywords = read.literal_keywords()

    assert read.plain == (known != "")
    if known != "":
        assert (None if keywords is None else keywords["dtype"]) == known


def test_names_above_the_read_are_something_else() -> None:
    """A name that is bound above to another value is no use of the frame; one that is not bound is."""
    for above, whole in [
        ("df = f()\ndf.describe()", False),
        ("df.describe()", True),
        ("def g(df):\n    return df", False),
    ]:
        cells = _cells(above, READ + "x = df['a'].sum()")
        assert bool(usage(cells, find_reads(cells)[0], HEADER).whole()) is whole


def test_every_attribute_of_a_frame_is_known() -> None:
    """`df.size` is never taken for a column: the list covers the installed pandas, frames and groups."""
    frame = pd.DataFrame({"a": [1], "b": [2]})
    groups = frame.groupby("a")

    assert {name for name in dir(pd.DataFrame()) if not name.startswith("_")} <= FRAME_ATTRIBUTES
    own = {name for made in (groups, groups["b"], groups[["b"]]) for name in dir(made) if not name.startswith("_")}
    assert own - {"a", "b"} <= FRAME_ATTRIBUTES | GROUP_ATTRIBUTES


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(a, b=c):\n    d = a\n    return d + e", {"c", "e"}),
        ("def f():\n    global g\n    g = h", {"g", "h"}),
        ("def f():\n    def inner(x):\n        return x + y\n    return inner(z)", {"y", "z"}),
        ("lambda x, y=u: x + v", {"u", "v"}),
        ("[x + y for x in z]", {"y", "z"}),
        ("class A(B):\n    x = 1\n    y = x + w", {"B", "x", "y", "w"}),
        ("@deco\ndef f(x: T) -> R: ...", {"deco", "T", "R"}),
    ],
)
def test_names_taken_from_around(code: str, names: set[str]) -> None:
    """Parameters and locals of a function are its own; defaults, decorators and globals are not."""
    tree = parse(code).tree
    assert tree is not None

    assert free_names(tree.body[0]) - {"f", "A"} == names


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("f = lambda: df", {"df"}),
        ("g = (x for x in df)", {"df"}),
        ("n = sum(x for x in df)", set()),
        ("n = sum((lambda: y)() for x in df)", {"y"}),
        ("def f(df):\n    return df", set()),
        ("x = [df for _ in y]", set()),
    ],
)
def test_names_used_later(code: str, names: set[str]) -> None:
    """Functions, lambdas and generators read names when they run; consumed generators do so at once."""
    tree = parse(code).tree
    assert tree is not None

    assert {name for name, _ in late_uses(tree.body[0])} == names


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("n = 1\nn = 2", 2),
        ("from m import *", 1),
        ("def n(): ...", 1),
        ("import x as n", 1),
        ("def f():\n    global n", 1),
        ("[n for n in x]", 0),
        ("[n := 1 for _ in x]", 1),
        ("for n in x: ...", 1),
        ("with f() as n: ...", 1),
        ("lambda n: n", 0),
        ("try: ...\nexcept E as n: ...", 1),
        ("match x:\n    case {'k': n}: ...", 1),
        ("n += 1", 1),
        ("del n", 1),
        ("a, *n = x", 1),
    ],
)
def test_bindings_are_counted(code: str, count: int) -> None:
    """Every statement that may bind the name in the notebook counts; other scopes do not."""
    assert times_bound(_cells(code), "n") == count


def test_bound_names_of_nested_code() -> None:
    """A walrus inside a comprehension binds outside of it; a function's locals do not."""
    tree = parse("if a:\n    b = [c := d for d in e]\n    def f():\n        g = 1").tree
    assert tree is not None

    assert bound_names(tree.body[0]) == {"b", "c", "f"}


@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("x = 'orders.csv'", False),
        ("x = 'data/orders'", False),
        ("x = 'the orders'", False),
        ("x = 'select * from orders'", True),
        ("import duckdb\nt = 'orders'", True),
        ("x = 'a > @orders.b'", True),
        ("orders_2 = 'from orders_2'", False),
    ],
)
def test_strings_that_may_be_queries(code: str, seen: bool) -> None:
    """A file's name is no query; SQL words, `@name`, and any mention beside an SQL library may be."""
    assert bool(list(blind_spots(_cells(code), "orders"))) is seen


@pytest.mark.parametrize(
    ("path", "code", "settled_"),
    [
        ("'a.csv'", "", True),
        ("p", "p = 'a.csv'", True),
        ("p", "p = 'a.csv'\np = 'b.csv'", False),
        ("d / 'a.csv'", "d = Path('.')", True),
        ("os.path.join(d, 'a')", "import os\nimport os\nd = '.'", True),
        ("os.path.join('a')", "os = 5", False),
        ("f()", "", False),
        ("p", "from m import *\np = 'a'", False),
        ("str(p)", "p = 'a'", True),
        ("(p := 'a')", "", False),
    ],
)
def test_paths_that_mean_the_same_anywhere(path: str, code: str, settled_: bool) -> None:
    """Every name in the path is bound once; only what builds paths is called."""
    cells = _cells(f"{code}\nimport pandas as pd\ndf = pd.read_csv({path})")

    assert settled(cells, find_reads(cells)[0].path) is settled_


@pytest.mark.parametrize(
    ("code", "moves"),
    [
        ("x = df.sum()", False),
        ("os.chdir('d')", True),
        ("%cd d", True),
        ("df.to_csv('data.csv')", True),
        ("!rm data.csv", True),
        ("!head data.csv", False),
        ("!head data.csv > data.csv", True),
        ("open('data.csv')", False),
        ("open('data.csv', 'w')", True),
        ("print('data.csv')", False),
        ("o = pd.read_csv('data.csv')", False),
        ("os.remove('./data.csv')", True),
        ("x = 'other.csv'", False),
    ],
)
def test_what_may_change_the_file_below_its_read(code: str, moves: bool) -> None:
    """Writing, removing, moving and another folder; looking at it is harmless, and so is what stands above."""
    cells = _cells(READ, code)
    above = _cells(code if not code.startswith("o =") else "", READ)

    assert bool(moved_on(cells, find_reads(cells)[0])) is moves
    assert moved_on(above, find_reads(above)[-1]) == ""


def _words(*sources: str) -> set[str]:
    return {use.operation for use in _usage(*sources).of_column("a")}


@pytest.mark.parametrize(
    ("code", "word", "not_word"),
    [
        ("x = sum(df['a'])", "builtin.sum", "sum"),
        ("x = list(filter(f, df['a']))", "builtin.filter", "filter"),
        ("x = list(map(f, df['a']))", "builtin.map", "map"),
        ("x = round(df['a'].max(), 1)", "builtin.round", "round"),
        ("x = max(df['a'].max(), 3)", "builtin.max", ""),
        ("x = f\"{df['a'].max()!r}\"", "unknown", "formatted"),
        ("x = f\"{df['a'].max()=}\"", "unknown", "formatted"),
        ("x = f\"{df['a'].max()!s}\"", "formatted", "unknown"),
        ("x = df['b'].map(df['a'])", "unknown", "map"),
        ("x = df['a'].apply(lambda v: v + 1)", "map", "apply"),
        ("def f(v):\n    return v\nx = df['a'].apply(f)", "map", "apply"),
        ("x = df['a'].apply(np.square)", "apply", "map"),
        ("x = df['a'].apply(f)", "apply", "map"),
        ("x = df['a'].rolling(2).apply(lambda w: w.sum())", "apply", "map"),
        ("x = list(df.groupby('a'))", "unknown", ""),
        ("x = isinstance(df['a'].max(), np.int64)", "unknown", ""),
        ("x = type(df['a'].iloc[0])", "unknown", ""),
        ("x = type(df['a'])", "read", "type"),
        ("x = list(zip(df.groupby('b'), [1]))", "unknown", ""),
    ],
)
def test_words_that_look_alike_are_told_apart(code: str, word: str, not_word: str) -> None:
    """A builtin is no method, `repr` no `str`, what a column is mapped by is not gone through."""
    found = _words(code)

    assert word in found
    assert not_word not in found


@pytest.mark.parametrize(
    ("code", "values", "after"),
    [
        ("x = df['a'].astype(float)", ("float64",), {"astype", "astype float64"}),
        ("x = df['a'].astype('category')", ("category",), {"astype", "astype category"}),
        ("x = df['a'].astype(kind)", None, {"astype"}),
    ],
)
def test_a_new_dtype_is_known_by_name(code: str, values: tuple[str, ...] | None, after: set[str]) -> None:
    """What follows knows which dtype the column got."""
    uses = _usage(code).uses

    assert [use.values for use in uses if use.operation == "astype"] == [values]
    assert [use.after for use in uses if use.operation == "kept"] == [after]


def test_dtypes_of_a_frame_are_known_by_name() -> None:
    """`astype` with a dict: each column's own dtype."""
    found = _usage("x = df.astype({'a': float, 'b': 'int8'})")

    assert [use.values for use in found.uses if use.operation == "astype"] == [("float64",), ("int8",)]


@pytest.mark.parametrize(
    "code",
    [
        "g = df.groupby('a')['b'].sum() / 3\nx = g.index + 1",
        "g = df.groupby('a')['b'].sum().cumsum()\nx = g.index + 1",
        "g = df.groupby('a')['b'].sum()\nm = g > 3\nx = m[m].index + 1",
        "g = df.groupby('a')['b'].sum().loc[0:3]\nx = g.index + 1",
        "g = df.groupby(['b', 'a'])['c'].sum().unstack().sum()\nx = g.index + 1",
        "g = df.pivot_table(index='b', columns='a', values='c').mean()\nx = g.index + 1",
        "g = df['a'].value_counts().rank()\nx = g.index + 1",
    ],
)
def test_labels_stay_what_they_are_whatever_is_done_with_the_cells(code: str) -> None:
    """Cells that are divided, compared, cut out or added up leave the values of the key in the labels."""
    added = [use for use in _usage(code).of_column("a") if use.operation == "+"]

    assert added
    assert not any(use.after & {"/", "cumsum", "condition", "rank", "sum", "mean"} for use in added)
