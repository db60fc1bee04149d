"""whole-file-reduction: what may be done piece by piece, and what only looks as if it could."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify
from pieces import ROWS

from memadvise.model import ResultClass
from memadvise.rules import advise, find_rule

RULE = "whole-file-reduction"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
CSV = "k,v,w,t,b\n" + "".join(
    f"{['a', 'b', '', 'é'][row % 4]},{row * 7 % 20},{row / 7},text {row},{row % 3 == 0}\n" for row in range(20)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of five columns, read in seven pieces."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


PAIRS = [
    (
        (READ, "x = df.groupby('k')['v'].sum()"),
        (
            "import pandas as pd\n# df is read in pieces where it is used, further below",
            'with pd.read_csv(\n    \'data.csv\',\n    usecols=["k", "v"],\n'
            '    dtype={"k": "str", "v": "int64"},\n    chunksize=3,\n) as chunks:\n'
            "    df_parts = pd.concat(chunk.groupby('k')['v'].sum() for chunk in chunks)\n"
            "x = df_parts.groupby(level=0).sum()",
        ),
    ),
    (
        (READ + "\nx = df['v'].max()",),
        (
            "import pandas as pd\n"
            'with pd.read_csv(\'data.csv\', usecols=["v"], dtype={"v": "int64"}, chunksize=3) as chunks:\n'
            "    df_parts = pd.Series([chunk['v'].max() for chunk in chunks])\n"
            "x = df_parts.max()",
        ),
    ),
    (
        (READ, "df.head(2)", "some = df[df['v'] > 15]"),
        (
            'import pandas as pd\ndf_dtypes = {"k": "str", "v": "int64", "w": "float64", "t": "str", "b": "bool"}',
            "pd.read_csv('data.csv', dtype=df_dtypes, nrows=2)",
            "assert list(pd.read_csv('data.csv', nrows=0)) == list(df_dtypes), \"the file has other columns now\"\n"
            "with pd.read_csv('data.csv', dtype=df_dtypes, chunksize=3) as chunks:\n"
            "    some = pd.concat(chunk[chunk['v'] > 15] for chunk in chunks)",
        ),
    ),
]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_code_that_is_written(folder: Path, before: tuple[str, ...], after: tuple[str, ...]) -> None:
    """Exact text: the person's own expression over one piece, and how the pieces' results come together."""
    source = notebook(*before)
    card = only_card(RULE, source, folder)

    assert tuple(cell.source for cell in source.with_edits(card.edits).cells) == after
    assert verify(card, source, folder).equal


@pytest.mark.parametrize("where", ["", "[df['v'] > 3]", "[(df['k'] == 'a') & ~df['v'].isin([7, 1])]", "[df['v'] > 99]"])
@pytest.mark.parametrize(
    "use",
    [
        "df{}.groupby('k')['v'].sum()",
        "df{}.groupby('k')['w'].sum()",
        "df{}.groupby(['k', 'v']).size()",
        "df{}.groupby('v')['t'].count()",
        "df{}.groupby('k')[['v', 'w']].max()",
        "df{}.groupby('k')['w'].mean()",
        "df{}.groupby('k')['v'].min().nlargest(2)",
        "df{}.groupby(['k'])['v'].mean().reset_index()",
        "df{}['w'].sum()",
        "df{}['v'].mean()",
        "df{}['t'].count()",
        "df{}.w.sum() / 3",
    ],
)
def test_reductions_over_pieces_equal_the_whole(folder: Path, use: str, where: str) -> None:
    """Labels, names, dtypes and order are those of the whole, also when no row fits in some piece or in any."""
    source = notebook(READ, f"x = {use.format(where)}")

    card = only_card(RULE, source, folder)
    verdict = verify(card, source, folder)

    assert verdict.equal, verdict.differences
    order = list(ResultClass)
    assert order.index(verdict.result) <= order.index(card.result)


@pytest.mark.parametrize(
    "use",
    [
        "x = df[df['k'] == 'a']",
        "x = df.loc[df['v'].between(3, 9, inclusive='left')]",
        "x = df.loc[df['t'].str.contains('t 1[0-2]', na=False), ['w', 'k']]",
        "x = df[df['b'] == True]['w']",
        "x = df[df['k'] == 'nothing']",
        "x = df[df['k'].isna()].drop(columns='k')",
        "df[df['v'] < 3]",
        "limit = 3\nx = df[df['v'] < limit + 1]",
        "wanted = ['a', 'é']\nx = df[df['k'].isin(wanted)]",
        "x = df[df['v'] < 5]\nx['new'] = 1\nx.loc[x['v'] == 0, 'k'] = 'z'",
    ],
)
def test_rows_that_fit_are_the_same_rows(folder: Path, use: str) -> None:
    """Filtered rows keep their labels, order and types; what the person then does to them is none of ours."""
    source = notebook(READ, use)

    verdict = verify(only_card(RULE, source, folder), source, folder)

    assert (verdict.equal, verdict.result) == (True, ResultClass.IDENTICAL)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        ("x = df[df['v'] > 3]['v'].sum()\ny = df.shape", "used elsewhere"),
        ("b = df\nx = df['v'].sum()", "used elsewhere"),
        ("df = df[df['v'] > 3]", "bound elsewhere"),
        ("def f():\n    return df[df['v'] > 3]['v'].sum()\nx = f()", "inside a functiondef"),
        ("for i in range(2):\n    x = df[df['v'] > 3]['v'].sum()", "inside a for"),
        ("x = [df[df['v'] > i]['v'].sum() for i in range(2)]", "several times or not at all"),
        ("x = 5 or df['v'].sum()", "several times or not at all"),
        ("x = f\"{df['v'].sum()}\"", "f-string"),
        ("m = 1; x = df['v'].sum()", "shares a line"),
        # conditions that are more than one fixed value
        ("keys = (k for k in 'ab')\nx = df[df['k'].isin(keys)]['v'].sum()", "tests with keys"),
        ("keys = map(str, 'ab')\nx = df[df['k'].isin(keys)]['v'].sum()", "tests with keys"),
        ("d = {'x': iter('ab')}\nx = df[df['k'].isin(d['x'])]['v'].sum()", "tests with d['x']"),
        ("import numpy as np\nlimits = np.arange(20)\nx = df[df['v'] > limits]['v'].sum()", "tests with limits"),
        ("n = 1\nx = (n := 9) + df[df['v'] > n]['v'].sum()", "tests with n"),
        (
            "n = 1\ndef s():\n    global n\n    n = 9\n    return 0\nx = [s(), df[df['v'] > n]['v'].sum()]",
            "tests with n",
        ),
        # reductions that do not compose, or types that are not proven
        ("x = df.groupby('w')['v'].sum()", "group key 'w' is float64"),
        ("x = df.groupby('b')['v'].sum()", "group key 'b' is bool"),
        ("x = df.groupby('k')['k'].count()", "reduced as well"),
        ("x = df.groupby('k')['t'].max()", "max of the str column"),
        ("x = df.groupby('k')[['v', 'w']].mean()", "several columns"),
        ("x = df[df['v'] > 3]['v'].max()", "no minimum or maximum"),
        # reached unseen
        ("x = df['v'].sum()\ny = eval('1')", "eval"),
        ("x = df['v'].sum()\ny = lambda: pd.eval('df.v.sum()')", "string given to eval"),
    ],
)
def test_it_holds_back_where_pieces_are_not_the_whole(folder: Path, use: str, reason: str) -> None:
    """Each of these notebooks would give another result, or fail, when read in pieces."""
    assert reason in held_back(RULE, notebook(READ, use), folder)


@pytest.mark.parametrize(
    "use",
    [
        "x = df.groupby('k')['v'].median()",
        "x = df['v'].std()",
        "x = df['v'].diff()",
        "x = df.groupby('k')['v'].nunique()",
        "df.loc[df['v'] > 3, 'v'] = 0",
        "x = df.drop_duplicates()",
        "x = df['v'].cumsum()",
        "x = df.sample(2, random_state=1)",
    ],
)
def test_other_work_is_no_waste_of_this_kind(folder: Path, use: str) -> None:
    """Medians, order-dependent work and assignments get neither a card nor a word."""
    assert held_back(RULE, notebook(READ, use), folder) == ""


@pytest.mark.parametrize(
    ("column", "use", "reason"),
    [
        (["1", "text"] * 9, "df[df['n'] == 1]['c'].count()", None),
        (["9000000000000000000"] * 9, "df['c'].mean()", "may not fit 64 bits"),
        (["9000000000000000000"] * 9, "df.groupby('n')['c'].mean()", "may not fit 64 bits"),
        (["-0.0", "0.0"] * 9, "df['c'].max()", "-0.0"),
        (["1e300", "1.5"] * 9, "df['c'].sum()", "beyond 2**53"),
        (["inf", "1.5"] * 9, "df['c'].sum()", "beyond 2**53"),
        (["18446744073709551615", "1"] * 9, "df['c'].count()", "uint64"),
        (["True", "False", ""] * 6, "df['c'].count()", "object"),
        ([""] * 18, "df['c'].sum()", None),
    ],
)
def test_what_the_values_decide(tmp_path: Path, column: list[str], use: str, reason: str | None) -> None:
    """Overflow, signed zeros and types that pieces see otherwise hold it back; None: a card with equal results."""
    (tmp_path / "data.csv").write_text("n,c\n" + "".join(f"{row % 3},{value}\n" for row, value in enumerate(column)))
    source = notebook(READ, f"x = {use}")

    if reason is None:
        assert verify(only_card(RULE, source, tmp_path), source, tmp_path).equal
    else:
        assert reason in held_back(RULE, source, tmp_path)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (("import pandas as pd\np = 'data.csv'\ndf = pd.read_csv(p)\np = 'b.csv'\nx = df['v'].sum()",), "path"),
        ((READ, "import os\nos.chdir('.')", "x = df['v'].sum()"), "working directory"),
        ((READ, "n = 1\n%cd -q .", "x = df['v'].sum()"), "working directory"),
        (
            (READ, "pd.DataFrame({'v': [1]}).to_csv('b.csv')\nopen('data.csv', 'a').close()", "x = df['v'].sum()"),
            "the file",
        ),
        ((READ, "n = 1\n!rm -f ./data.csv.bak data.csv.tmp", "x = df['v'].sum()"), "the file"),
        ((READ, "%%bash\necho df", "x = df['v'].sum()"), "mentions df"),
        (
            ("import pandas as pd\nfrom pandas import read_csv\ndf = read_csv('data.csv')\nx = df['v'].sum()",),
            "own name",
        ),
        (("import pandas as pd\ndf = pd.read_csv('data.csv', nrows=9)\nx = df['v'].sum()",), "nrows"),
        (("import pandas as pd\ndf = pd.read_csv('data.csv', index_col=0)\nx = df['v'].sum()",), "index_col"),
    ],
)
def test_a_read_may_move_only_where_it_reads_the_same_file(folder: Path, cells: tuple[str, ...], reason: str) -> None:
    """The read moves down to its use: nothing between may change the path, the folder or the file."""
    source = notebook(*cells)
    runnable = notebook(*(cell for cell in cells if not cell.startswith("%%")))
    namespace, _ = run(runnable, folder)

    cards, held = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert cards == ()
    assert reason in " | ".join(item.reason for item in held)


@pytest.mark.parametrize(
    "cells",
    [
        ("%%time\nimport pandas as pd\n%time df = pd.read_csv('data.csv')", "%time x = df['v'].sum()"),
        ("import pandas as pd\r\ndf = pd.read_csv('data.csv')\r\nn = 1", "m = 2\r\nx = df['v'].sum()\r\nz = 3"),
        (READ, "x = (\n    df[df['v'] > 2]  # 'some'\n    .groupby('k')['v']  # é\n    .mean(\n    )\n)  # end"),
        (READ, "'é' ; \nx = df['v'].sum()"),
        (
            "import pandas as pd\nfrom pathlib import Path\nD = Path('.')",
            "df = pd.read_csv(D / 'data.csv')\nx = df['v'].sum()",
        ),
        (READ, "chunk = chunks = df_parts = 5", "x = df['v'].sum() + chunk + chunks"),
    ],
)
def test_cells_as_people_write_them(folder: Path, cells: tuple[str, ...]) -> None:
    """Timed lines, CRLF, comments inside the expression, names that are taken: the code runs and the result stays."""
    source = notebook(*cells, measured=len(cells) - 1)

    assert verify(only_card(RULE, source, folder), source, folder).equal


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (CSV + "a,7.5,1,x,True\n", ValueError),  # a late row that is no whole number
        (CSV + "a,,1,x,True\n", ValueError),
        (CSV.replace("k,v,w", "k,value,w", 1), ValueError),
        ("k,w\n" + "a,1\n" * 5, ValueError),
    ],
)
def test_a_file_that_no_longer_fits_raises(folder: Path, content: str, error: type[Exception]) -> None:
    """The types and names of the columns are pinned for every piece."""
    source = notebook(READ, "x = df[df['w'] >= 0].groupby('k')['v'].sum()")
    changed = source.with_edits(only_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text(content)

    with pytest.raises(error):
        run(changed, folder)


@pytest.mark.parametrize("header", ["k,v,w,t,b,more", "v,k,w,t,b", "k,v,w,t"])
def test_whole_rows_need_the_same_header(folder: Path, header: str) -> None:
    """A filter gives every column: one more, one less or another order must not pass unseen."""
    source = notebook(READ, "x = df[df['v'] > 15]")
    changed = source.with_edits(only_card(RULE, source, folder).edits)
    (folder / "data.csv").write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")

    with pytest.raises(AssertionError, match="other columns"):
        run(changed, folder)


def test_values_that_were_not_looked_at_are_not_promised(folder: Path) -> None:
    """By hand: evidence that ran out of time says nothing of a float column."""
    source = notebook(READ, "x = df['w'].sum()")
    evidence = evidence_of(source, run(source, folder)[0], folder)
    frame = evidence.frames[0]
    unseen = tuple(replace(one, minimum=None, maximum=None, negative_zero=None) for one in frame.columns)

    cards, held = advise(source, replace(evidence, frames=(replace(frame, columns=unseen),)), [find_rule(RULE)])

    assert cards == ()
    assert "not looked at" in held[0].reason


def test_pieces_are_small_in_these_tests() -> None:
    """What is proven here is proven over several pieces."""
    assert ROWS < 20 / 4
