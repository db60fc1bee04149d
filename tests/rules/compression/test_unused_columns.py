"""unused-columns: what it rewrites, and every notebook on which a projection would lie."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import HeldBack, ReadEvidence, ResultClass
from memadvise.rules import advise, find_rule

RULE = "unused-columns"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
CSV = "k,v,w,t\n" + "".join(f"{'abc'[row % 3]},{row},{row * 0.5},text {row}\n" for row in range(20))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small file of four columns."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


@pytest.mark.parametrize(
    ("cells", "after"),
    [
        ((READ, "x = df.groupby('k')['v'].sum()"), 'usecols=["k", "v"]'),
        ((READ, "x = df[df.v > 3].w.mean()"), 'usecols=["v", "w"]'),
        ((READ + "\nx = df['v'].max()",), 'usecols=["v"]'),
        ((READ, "b = df", "x = b['v'].max()"), 'usecols=["v"]'),
        ((READ, "x = df.sort_values('w')['v'].tolist()"), 'usecols=["v", "w"]'),
        ((READ, "x = df.query('v > 3 and k == \"a\"')['w'].sum()"), 'usecols=["k", "v", "w"]'),
        ((READ, "x = df.pivot_table(index='k', values='v')"), 'usecols=["k", "v"]'),
        ((READ, "df['new'] = df['v'] * 2\nx = df['new'].sum()"), 'usecols=["v"]'),
        ((READ, "def f(df):\n    return 1\nx = df['v'].max()"), 'usecols=["v"]'),
        ((READ, "if len(df):\n    df = df[df['v'] > 1]\nx = df['v'].sum()"), 'usecols=["v"]'),
        ((READ, "df.rename(columns={'v': 'z'}, inplace=True)\nx = df['z'].sum()"), 'usecols=["v"]'),
        ((READ, "df = df.replace({'k': {'a': 'b'}})\nx = df['v'].sum()"), 'usecols=["k", "v"]'),
        ((READ, "for c in ['k', 'w']:\n    df = df.drop(c, axis=1)\nx = df[['v']].sum()"), 'usecols=["k", "v", "w"]'),
        (
            (READ, "m = df[df['k'].duplicated(keep=False)].copy()\nm = m[['k', 'v']].drop_duplicates()"),
            'usecols=["k", "v"]',
        ),
        ((READ, "cols = ['k', 'v']\nx = df[cols].groupby('k').sum()"), 'usecols=["k", "v"]'),
        ((READ, "t = 0\nfor c in ['v', 'w']:\n    t += df[c].sum()"), 'usecols=["v", "w"]'),
        ((READ, "t = [df[c].max() for c in ['v', 'w']]"), 'usecols=["v", "w"]'),
        ((READ, "def top(d, column):\n    return d[column].max()\nx = top(df, 'w')"), 'usecols=["w"]'),
        ((READ, "letter = 'v'\nx = df[f'{letter}'].max()"), 'usecols=["v"]'),
        ((READ, "n = 3\nx = df.query('v > @n')['w'].sum()"), 'usecols=["v", "w"]'),
        ((READ, "x = df.drop(columns=['k', 't'])[['v']].sum()"), 'usecols=["k", "v", "t"]'),
        ((READ, "x = df.assign(y=lambda d: d['v'] * 2)['y'].sum()"), 'usecols=["v"]'),
        ((READ, "for k, part in df.groupby('k'):\n    print(k, part['v'].sum())"), 'usecols=["k", "v"]'),
        ((READ, "y = df['w']\nX = df[['v']]\nm = X['v'].dot(y)"), 'usecols=["v", "w"]'),
        ((READ, "x = df.pivot_table(index='k', columns='v', values='w', aggfunc='sum')"), 'usecols=["k", "v", "w"]'),
    ],
)
def test_named_columns_are_all_that_is_read(folder: Path, cells: tuple[str, ...], after: str) -> None:
    """The read gets exactly the columns that the notebook names, and every result stays bit for bit."""
    source = notebook(*cells)

    card = only_card(RULE, source, folder)

    assert card.edits[0].after == cells[0].replace("'data.csv')", f"'data.csv', {after})")
    assert verify(card, source, folder).equal
    assert card.result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    "peek",
    [
        *("df.head()", "df", "df.info()", "df.shape", "df.columns", "print(df.shape)"),
        *("some = df[df['v'] > 3]\nsome.head(2)", "some = df[df['v'] > 3]\nsome.shape", "df = df[df.v > 1]\ndf.info()"),
    ],
)
def test_a_peek_makes_it_a_change_of_display(folder: Path, peek: str) -> None:
    """A look at the frame is allowed to show fewer columns, and the card says in which cell."""
    source = notebook(READ, peek, "x = df['v'].sum()")

    card = only_card(RULE, source, folder)

    assert (card.result, card.peeks) == (ResultClass.DISPLAY, ("cell-1",))
    assert verify(card, source, folder).equal


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        # used whole
        ((READ, "x = df.describe()"), ".describe()"),
        ((READ, "x = df.drop_duplicates()['v'].sum()"), ".drop_duplicates()"),
        ((READ, "x = df.dropna()['v'].sum()"), ".dropna()"),
        ((READ, "df.dtypes"), ".dtypes"),
        ((READ, "x = df.shape"), ".shape"),
        ((READ, "x = df[df['v'] > 3]"), "x is kept as a result"),
        ((READ, "x = df[df['v'] > 3]\nn = len(x)"), "x is kept as a result"),
        ((READ, "x = df[df['v'] > 3]\nn = x.shape[0]"), "x is kept as a result"),
        ((READ, "x = df[df['v'] > 3]\ni = x.index"), "x is kept as a result"),
        ((READ, "for c in df.columns:\n    print(df[c].count())"), ".columns"),
        ((READ, "df.columns = list('abcd')\nx = df['a'].count()"), ".columns is assigned"),
        ((READ, "names = {'v': 'z'}\ndf.rename(columns=names, inplace=True)\nx = df['z'].sum()"), "rename"),
        ((READ, "x = df.sample(3, weights='w', random_state=1)['v'].sum()"), ".sample()"),
        ((READ, "x = df.sample(2, axis=1, random_state=1)"), ".sample()"),
        ((READ, "f = df.groupby('k').describe\nx = f()"), ".describe"),
        ((READ, "x = [*df]"), "Starred"),
        ((READ, "x = f'{df}'"), "put into a text"),
        ((READ, "from IPython.display import display\nx = pd.concat([df, df])"), "concat()"),
        ((READ, "x = df.sort_values('v')\nx.head()"), ".head()"),
        ((READ, "x = df.sort_values('v')\nx = x[x['v'] > 1]\nx.head()"), ".head()"),
        ((READ, "df[df['v'] > 3].head()"), ".head()"),
        # functions, whenever they run
        ((READ, "def f(df=df):\n    return df.describe()\nx = f()"), "df is used inside f"),
        ((READ, "def f():\n    return df.describe()\nx = f()"), ".describe()"),
        ((READ, "f = lambda: df.describe()\nx = f()"), "a lambda"),
        ((READ, "class A:\n    x = df.describe()\ny = A.x"), "df is used inside A"),
        (("df = None\nf = lambda: df.describe()", READ, "x = df['v'].sum()\ny = f()"), "df is used inside a lambda"),
        (("b = 0\nf = lambda: b.describe()", READ + "\nb = df", "x = df['v'].sum()\ny = f()"), "b is used inside"),
        (("g = None", READ + "\ng = (df.describe() for _ in [1])", "x = list(g)"), "df"),
        ((READ, "def f():\n    global df\n    df = df.head()\nf()\nx = df['v'].sum()"), "df is used inside f"),
        # names reached unseen
        ((READ, "x = eval('df').describe()"), "eval"),
        ((READ, "x = globals()['df'].describe()"), "globals"),
        ((READ, "y = df['k'].count()\nx = pd.eval('df.v + df.w')"), "a string given to eval"),
        ((READ, "q = 'select * from df'\nx = df['v'].sum()"), "names the frame inside a string"),
        ((READ, "import __main__\nx = df['v'].sum()"), "__main__"),
        # branches, loops, rebinding
        ((READ, "if not len(df):\n    df = df.T\nx = df['v'].sum()"), ".T"),
        ((READ, "x = df['v'].sum()\ny = df if x else 0"), "IfExp"),
        ((READ, "df += df"), "+"),
        ((READ, "(d := df)\nx = d.describe()"), "bound inside an expression"),
    ],
)
def test_it_holds_back_where_any_column_may_matter(folder: Path, cells: tuple[str, ...], reason: str) -> None:
    """Each of these notebooks would lose a column that some cell needs; the rule says which cell and why."""
    place = next(index for index, cell in enumerate(cells) if "read_csv" in cell)

    assert reason in held_back(RULE, notebook(*cells, measured=place), folder)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("import pandas as pd\np = 'data.csv'\ndf = pd.read_csv(p)", "x = df['v'].sum()", "p = 'other.csv'"), "path"),
        ((READ, "import os\nx = df['v'].sum()\nos.chdir('.')"), "working directory"),
        ((READ, "x = df['v'].sum()\nopen('data.csv', 'a').close()"), "something else with the file"),
        (("import pandas as pd\ndf = pd.read_csv('data.csv', engine='python')\nx = df['v'].sum()",), "engine"),
        (("import pandas as pd\ndf = pd.read_csv('data.csv', index_col=0)\nx = df['v'].sum()",), "index_col"),
        (("import pandas as pd\nn = 3\ndf = pd.read_csv('data.csv', nrows=n)\nx = df['v'].sum()",), "no literal"),
        (("import pandas as pd\nkw = {}\ndf = pd.read_csv('data.csv', **kw)\nx = df['v'].sum()",), "not written out"),
    ],
)
def test_it_holds_back_where_the_file_is_not_certain(folder: Path, cells: tuple[str, ...], reason: str) -> None:
    """The header must be that of the file which the read will meet again."""
    assert reason in held_back(RULE, notebook(*cells), folder)


def test_rows_longer_than_the_header_are_left_alone(tmp_path: Path) -> None:
    """Pandas takes the first field of such rows as the index, so the header names other columns than one thinks."""
    (tmp_path / "data.csv").write_text("k,v,w\n1,2,3,\n4,5,6,\n")

    assert "could not be looked at" in held_back(RULE, notebook(READ + "\nx = df['v'].sum()"), tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        "k,v,w\na,1,2\n",
        'k,"v\n2",w\na,1,2\n',
        "k,k,v\na,b,1\n",
        ",v,w\n0,1,2\n",
        "k,v,w\r\na,1,2\r\n",
        "\ufeffk,v,w\na,1,2\n",
    ],
)
def test_odd_headers_keep_their_results(tmp_path: Path, content: str) -> None:
    """Doubled, unnamed, quoted names and byte order marks are read as pandas reads them."""
    (tmp_path / "data.csv").write_bytes(
        (content + content.split("\n", 1)[1] * 5).encode() if "\n2" not in content else content.encode()
    )
    name = "v\\n2" if "\n2" in content else "v"
    source = notebook(READ, f"x = df[{name!r}].sum()".replace("\\\\", "\\"))

    card = only_card(RULE, source, tmp_path)

    assert verify(card, source, tmp_path).equal


@pytest.mark.parametrize("content", ["k,value,w,t\na,1,2,x\n", "k,w,t\na,2,x\n"])
def test_a_file_that_lost_a_column_raises(folder: Path, content: str) -> None:
    """After the rewrite, a renamed or missing column raises at the read."""
    source = notebook(READ, "x = df.groupby('k')['v'].sum()")
    changed = source.with_edits(only_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text(content)

    with pytest.raises(ValueError, match="Usecols"):
        run(changed, folder)


def test_columns_in_another_order_give_the_same_result(folder: Path) -> None:
    """Reordered and additional columns are no misfit: the columns are found by name."""
    source = notebook(READ, "x = df.groupby('k')['v'].sum()")
    changed = source.with_edits(only_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text("more,v,k\n1,5,a\n2,6,b\n")

    assert run(changed, folder)[0]["x"].equals(run(source, folder)[0]["x"])


def test_a_file_that_cannot_be_looked_at_is_held_back_with_the_reason(folder: Path) -> None:
    """By hand: evidence that the file is not there."""
    source = notebook(READ, "x = df['v'].sum()")
    evidence = evidence_of(source, run(source, folder)[0], folder)
    gone = ReadEvidence("cell-0", "df", "data.csv", problem="the file is not there")

    _, held = advise(source, _with_read(evidence, gone), [find_rule(RULE)])

    assert held == (HeldBack(RULE, "cell-0", 0, "the file is not there"),)


def _with_read(evidence: object, read: ReadEvidence) -> object:
    from dataclasses import replace

    return replace(evidence, reads=(read,))  # type: ignore[type-var]


@pytest.mark.parametrize(
    "lines",
    [
        "cols = ['k', 'v']\ncols[0] = 't'",
        "cols = ['k', 'v']\nother = cols\nother.append('t')",
        "other = cols = ['k', 'v']\nother.append('t')",
        "cols = ['k', 'v']\ndef more(given):\n    given.append('t')\nmore(cols)",
        "cols = ['k', 'v']\ndef more():\n    cols.append('t')\nmore()",
        "cols = ['k', 'v']\n[cols.append(c) for c in ['t']]",
        "cols = ['k', 'v']\nboth = {'x': cols}\nboth['x'].append('t')",
        "cols = ['k', 'v']\nlist.append(cols, 't')",
        "cols = ['k', 'v']\nadd = cols.append\nadd('t')",
        "cols = ['k', 'v']\nfor i in range(1):\n    cols[0] = 't'",
        "cols = 'k'\nfor i in range(2):\n    x = df[cols].max()\n    cols = 't'",
    ],
)
def test_a_list_of_names_that_changes_unseen_is_not_known(lines: str, folder: Path) -> None:
    """Through another name, in a function, by its place, in a later round of a loop."""
    source = notebook(READ, lines + "\nx = df[cols].max()")

    assert "used whole" in held_back(RULE, source, folder)


@pytest.mark.parametrize(
    "lines", ["cols.append('t')", "if True:\n    cols.append('t')", "cols[0] = 't'", "x = cols.append('t')"]
)
def test_a_list_that_changes_above_the_read(lines: str, folder: Path) -> None:
    """What stands above the read is not read in order, so that a list changed there is not known."""
    source = notebook(f"cols = ['k']\n{lines}\n{READ}", "x = df[cols].max()")

    assert "used whole" in held_back(RULE, source, folder)


def test_a_list_that_grows_in_a_loop(folder: Path) -> None:
    """Whatever may have been appended counts."""
    lines = "cols = []\nfor c in ['v', 'w']:\n    if c != 't':\n        cols.append(c)\nx = df[cols].max()"
    card = only_card(RULE, notebook(READ, lines), folder)

    assert 'usecols=["v", "w"]' in card.edits[0].after


def test_labels_given_later_are_missing_by_those(folder: Path) -> None:
    """The columns that are left out are announced by the labels that they would have got."""
    source = notebook(READ, "df.columns = df.columns.str.upper()\nx = df['V'].max()")
    card = only_card(RULE, source, folder)

    assert verify(card, source, folder).equal
