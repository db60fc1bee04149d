"""A frame is pristine only where the rest of its cell surely leaves it as it was read."""

from __future__ import annotations

import pytest

from memadvise.model import Cell, NotebookSource
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.pristine import pristine
from memadvise.rewrite.reads import find_reads

READ = 'import pandas as pd\ndf = pd.read_csv("data.csv")\n'


def _pristine(*cells: str) -> bool:
    source = NotebookSource(tuple(Cell(str(place), place, text) for place, text in enumerate(cells)), "0")
    parsed = parse_notebook(source)
    return pristine(parsed, next(read for read in find_reads(parsed) if read.name == "df"))


@pytest.mark.parametrize(
    "rest",
    [
        "",
        "df",
        "df.head()",
        "print(len(df), df.shape)",
        "display(df)",
        'top = df[df["a"] > 1].groupby("b")["c"].sum()',
        'small = df.drop(columns=["a"])\nsmall["x"] = 1',
        'x = df["a"].fillna(0)',
        "df.columns",
        "df.dtypes",
        "other = 3\nfor i in range(3):\n    print(i)",
        "np.log(df['a'])",
    ],
)
def test_cells_that_leave_the_frame_alone(rest: str) -> None:
    """Nothing behind the read, looks at it, and new values made of it."""
    assert _pristine(READ + rest)


@pytest.mark.parametrize(
    "rest",
    [
        'df["x"] = 1',
        "df.x = 1",
        "df = df.dropna()",
        "df += 1",
        "del df",
        'del df["a"]',
        "df.dropna(inplace=True)",
        "df.dropna(**options)",
        'df.pop("a")',
        'df.insert(0, "x", 1)',
        "df.update(other)",
        'df.loc[0, "a"] = 5',
        "df.columns = ['x']",
        "df.columns.name = 'x'",
        "df.index.name = 'x'",
        "clean(df)",
        "alias = df",
        "both = [df, df]",
        "alias = (df)",
        "fix()",
        "for name in ['a']:\n    df[name] = 0",
        "if True:\n    df = 1",
        "with open('x') as df:\n    pass",
        "def fix():\n    df['x'] = 1\nfix()",
        "f = lambda: df.pop('a')",
        "exec('df = 1')",
        "globals()['df'] = 1",
        "%run other.py",
        "df.eval('x = a + b', inplace=True)",
        "df.pipe(clean)",
        "df.apply(clean)",
        "df['a'].array[0] = 5",
        "x = df['a'].array",
        "df._mgr",
        "(df := 3)",
        "import df",
        "from tools import *",
        "df.to_csv('data.csv')",
        "other.to_csv('data.csv')",
        "import os\nos.chdir('..')",
        "!rm data.csv",
        "len = clean\nlen(df)",
        "df[['a']].values[0] = 1",
        "x, df.y = 1, 2",
        "df.head",
        "df[:] = 0",
        "print(x := df)",
    ],
)
def test_cells_that_may_change_the_frame_or_the_file(rest: str) -> None:
    """Anything that stores into it, hands it on, or could reach it unseen."""
    assert not _pristine(READ + rest)


def test_a_function_of_another_cell_may_change_it() -> None:
    """A late use anywhere in the notebook counts."""
    assert not _pristine(READ + "df.head()", "def fix():\n    df.pop('a')")
    assert _pristine(READ + "df.head()", "df['x'] = 1")


def test_a_path_that_is_bound_anew_is_another_file() -> None:
    """What the path's names were at the read is not known any more at the cell's end."""
    code = 'import pandas as pd\npath = "data.csv"\ndf = pd.read_csv(path)\n'

    assert _pristine(code)
    assert not _pristine(code + 'path = "other.csv"')
