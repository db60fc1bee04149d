"""redundant-copy: where a copy can be left out, and the code that would notice."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from harness import MIB, ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import HeldBack, LineUse, NotebookSource, Recommendation, ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression import redundant_copy

RULE = "redundant-copy"
READ = "import pandas as pd\nimport numpy as np\ndf = pd.read_csv('data.csv')"
CSV = "k,v,w,u\n" + "".join(f"{'abc'[row % 3]},{row},{'' if row % 5 == 0 else f'{row / 7:.3}'},{row / 3:.4}\n"
                              for row in range(200))  # fmt: skip
ARRAY = "import numpy as np\na = np.arange(900.0)"
LATER = "s = float(work['v'].sum()), float(df['v'].sum())"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of text, whole numbers and floats, some of them missing."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


def _ask(source: NotebookSource, folder: Path) -> tuple[list[Recommendation], list[HeldBack]]:
    """Run the notebook up to the measured cell, as the person has, and ask about all of it."""
    place = next(cell.index for cell in source.cells if cell.cell_id == source.measured)
    so_far = replace(source, cells=source.cells[: place + 1])
    evidence = evidence_of(so_far, run(so_far, folder)[0], folder)
    cards, held = advise(source, evidence, [find_rule(RULE)])
    return list(cards), list(held)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("work = df.copy()", "work = df.copy(deep=False)"),
        ("work = df.copy(deep=True)  # mine", "work = df.copy(deep=False)  # mine"),
        ("work = df.copy(\n)", "work = df.copy(deep=False)"),
        ("work = df[df['v'] > 3].copy()", "work = df[df['v'] > 3]"),
        ("work = df.loc[(df['v'] > 3) & ~df['w'].isna()].copy()", "work = df.loc[(df['v'] > 3) & ~df['w'].isna()]"),
        ("work = df.dropna().copy()", "work = df.dropna()"),
        ("work = (df\n    .query('v > 3')\n    .copy()  # why\n)", "work = (df\n    .query('v > 3')\n      # why\n)"),
        ("work = (df[df.v > 3]).copy()", "work = (df[df.v > 3])"),
        ("work = df.dropna() \\\n    .copy()", "work = df.dropna()"),
        ("work = df[['v', 'w']].copy()", "work = df[['v', 'w']]"),
        ("work = df['v'].copy()", "work = df['v']"),
        ("work = df[df['v'] > 3].sort_values('w').copy()", "work = df[df['v'] > 3].sort_values('w')"),
    ],
)
def test_a_copy_of_a_frame_is_left_out(folder: Path, before: str, after: str) -> None:
    """The edit is the person's own line with less in it; later cells see the same."""
    source = notebook(READ, before, "s = work.sum(), df.shape", measured=1)

    card = only_card(RULE, source, folder)

    assert card.edits[0].after == after
    assert card.result is ResultClass.IDENTICAL
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL


@pytest.mark.parametrize("who", ["work", "df"])
@pytest.mark.parametrize(
    "change",
    [
        "{x}['v'] = 0",
        "{x}.loc[3, 'v'] = -1",
        "{x}.loc[{x}['v'] > 50, 'w'] = 0.5",
        "{x}.iloc[2:9, 1] = 0",
        "{x}.at[1, 'k'] = 'zz'",
        "{x}.fillna(0, inplace=True)",
        "{x}['w'].fillna(0, inplace=True)",
        "{x}.sort_values('u', ascending=False, inplace=True)",
        "{x}.drop(columns='u', inplace=True)",
        "{x}.insert(0, 'n', 1)\n{x}['n'] += 1",
        "{x}[{x}[['v', 'u']] > 20] = 0",
        "{x}.replace({{'a': 'q'}}, inplace=True)",
        "{x}.index.name = 'i'\n{x}.columns.name = 'c'",
        "{x}.rename(columns={{'v': 'v2'}}, inplace=True)\n{x}['v'] = 3",
        "{x}.update(pd.DataFrame({{'v': [7, 8]}}))",
        "{x}.mask({x}['v'] > 9, inplace=True)",
        "{x}.eval('z = u * 2', inplace=True)",
        "part = {x}['v']\npart.iloc[0] = 99\npart = {x}[['u']]\npart.iloc[0, 0] = 99.0",
        "for name in ['u', 'w']:\n    {x}.loc[:, name] = {x}[name] * 2",
        "{x}.attrs['a'] = 1\ndel {x}['u']",
    ],
)
def test_writing_to_either_frame_is_seen_in_that_one_only(folder: Path, change: str, who: str) -> None:
    """Copy-on-write: each way to change a frame that people use, on the copy and on the original."""
    source = notebook(READ, "work = df.copy()", change.format(x=who), LATER, measured=1)

    (card,), _ = _ask(source, folder)

    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("copy", "view", "write"),
    [
        ("work = df.copy()", "x = work['v'].values", "work.loc[0, 'v'] = -1"),
        ("work = df.copy()", "x = work['v'].values\ndel work", "df.loc[0, 'v'] = -1"),
        ("work = df.copy()", "x = work['v'].to_numpy()\nwork = work.dropna()", "df.iloc[0, 1] = -1"),
        ("work = df.copy()", "x = np.asarray(df['v'])\ndf = None", "work.at[0, 'v'] = -1"),
        ("work = df['v'].copy()", "x = work.values", "work[0] = -1"),
        ("work = df['v'].copy()", "x = work.values", "work += 1"),
        ("work = df.sort_values('v').copy()", "x = work['v'].values\nwork = None", "df.loc[0, 'v'] = -1"),
        ("work = df.dropna().copy()", "keep = memoryview\nx = keep(work['v'])\nwork = None", "df.loc[:, 'v'] *= 2"),
        ("work = df.copy()", "x = np.shares_memory(work['v'], df['v'])", "y = 1"),
    ],
)
def test_memory_that_pandas_does_not_know_of_is_written_to(folder: Path, copy: str, view: str, write: str) -> None:
    """An array of a frame's own memory sees what is written into that frame, and must not see another's."""
    source = notebook(READ, copy, view, write, "s = np.sum(x)", measured=1)

    cards, held = _ask(source, folder)

    assert cards == []
    assert "memory" in held[0].reason


def test_the_original_array_gives_its_memory_to_the_copy(folder: Path) -> None:
    """`b = a` and `del a`: there is one array, and a later use of the old name is loud."""
    source = notebook(ARRAY, "b = a.copy()\nb[0] = 5", "x = b.sum()", measured=1)

    card = only_card(RULE, source, folder)

    assert card.edits[0].after == "b = a\ndel a\nb[0] = 5"
    assert card.gone == ("a",)
    assert verify(card, source, folder).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("first", "use", "reason"),
    [
        (ARRAY, "b = a.copy()\ny = a[0]", "is used for more than the copy"),
        (ARRAY + "\nv = a[:5]", "b = a.copy()\nb[0] = 9\ns = v.sum()\ndel v", "is used for more than the copy"),
        (ARRAY + "\nc = a", "b = a.copy()", "is used for more than the copy"),
        (ARRAY + "\nb0 = [a]\ndel b0", "b = a.copy()", "is used for more than the copy"),
        ("import numpy as np\na = np.asfortranarray(np.ones((30, 30)))", "b = a.copy()", "lies otherwise in memory"),
        ("import numpy as np\na = np.arange(900.0)[::3]", "b = a.copy()", "may be another name of something else"),
        ("import numpy as np\na = np.arange(900.0).reshape(90, 10)", "b = a.copy()", "lies otherwise in memory"),
        ("import numpy as np\nc = np.arange(900.0)\na = c", "b = a.copy()", "may be another name of something else"),
        (ARRAY, "b = a.copy()\nb = b + 1", "b is bound more than once"),
        (ARRAY, "b = a.copy(); c = 1", "the line holds other code"),
        (ARRAY + "\ndef f():\n    return a.sum()", "b = a.copy()", "is used for more than the copy"),
        (ARRAY + "\na = a + 1", "b = a.copy()", "is used for more than the copy"),
    ],
)
def test_an_array_that_may_be_needed_is_copied(folder: Path, first: str, use: str, reason: str) -> None:
    """Views, aliases, another order in memory, a later use: two arrays stay two."""
    assert reason in held_back(RULE, notebook(first, use, "x = b.sum()", measured=1), folder)


CATEGORY = "df['c'] = df['k'].astype('category')"
MATRIX = "m = pd.DataFrame(np.ones((90, 9)), columns=list('abcdefghi'))"
XARRAY = "import xarray\nwork = work.dropna()"
SCALER = "from sklearn.preprocessing import StandardScaler\nz = StandardScaler(copy=False).fit_transform(work)"


@pytest.mark.parametrize(
    ("above", "copied", "below", "reason"),
    [
        ("", "work = df.copy()", "work['v'].array[0] = 9", "uses .array"),
        ("", "work = df.copy()", "v = df['v'].values\nv.flags.writeable = True\nv[0] = 5", "uses .writeable"),
        ("", "work = df.copy()", "v = df['v'].to_numpy()\nv.setflags(write=True)", "uses .setflags"),
        ("df = df[['v', 'u']] * 1.5", "work = df.copy()", SCALER, "says copy= to StandardScaler"),
        ("", "work = df.copy()", "%%cython\nwork.array", "may be written to"),
        ("import copy", "work = copy.deepcopy(df)", "", "deepcopy also copies the objects in it"),
        (CATEGORY, "work = df.copy()", "work['c'].values[0] = 'b'", "has categories"),
        ("df['c'] = df['v'].astype('Int64')", "work = df.copy()", "work['c'].values[0] = 5", "the dtype Int64"),
        ("df['c'] = pd.to_datetime(df['v'], utc=True)", "work = df.copy()", "", "the dtype datetime64[ns, UTC]"),
        ("df['c'] = (df['v'] > 3).astype('boolean')", "work = df.copy()", "", "the dtype boolean"),
        ("df['c'] = df['k'].astype(pd.StringDtype('python'))", "work = df.copy()", "", "the dtype string[python]"),
        ("df['c'] = df['v'].astype('int64[pyarrow]')", "work = df.copy()", "", "the dtype int64[pyarrow]"),
        ("", "df = df.copy()", "", "puts its columns into one piece"),
        ("", "df = df[['v', 'u']].copy()", "", "the other columns may stay in memory"),
        (
            "m = pd.DataFrame(np.ones((90, 9)), columns=list('abcdefghi'))",
            "work = m[['a', 'c']].copy()",
            "",
            "may stay",
        ),
        ("m = pd.DataFrame(np.ones((9, 90)))", "work = m.copy()", "", "more than 80 columns"),
        ("df = df.dropna()", "work = df.copy()", XARRAY, "is not known for certain"),
    ],
)
def test_it_holds_back_and_says_why(folder: Path, above: str, copied: str, below: str, reason: str) -> None:
    """Code that gets past copy-on-write, dtypes that let it, copies with another purpose."""
    cards, held = _ask(notebook(READ + "\n" + above, copied, below, measured=1), folder)

    assert not cards
    assert reason in " | ".join(item.reason for item in held)


def test_categories_are_safe_where_nobody_takes_their_values(folder: Path) -> None:
    """Codes can only be written to through `.values` and `.array`."""
    source = notebook(
        READ + "\ndf['c'] = df['k'].astype('category')", "work = df.copy()", "work['c'] = 'a'", measured=1
    )

    (card,), _ = _ask(source, folder)

    assert verify(card, source, folder).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("first", "use"),
    [
        (READ, "work = df.copy(deep=False)"),
        (READ, "work = df['v'].values.copy()"),
        (READ, "frames = {'a': df}\nwork = frames['a'].copy()"),
        (READ, "work = df.pipe(lambda d: d).copy()"),
        (READ, "work = df.iloc[:50].copy()"),
        (READ, "work = df.squeeze().copy()"),
        (READ, "work = [df.copy(), df.copy()]"),
        (READ, "def f(d):\n    work = d.copy()\n    return work\ny = f(df)"),
        ("d = {n: n for n in range(900)}", "work = d.copy()"),
        ("d = list(range(900))", "work = d.copy()"),
        (READ, "x = len(df)"),
    ],
)
def test_nothing_is_said_of_other_copies(folder: Path, first: str, use: str) -> None:
    """Shallow ones, arrays of frames, containers, slices, copies inside functions: not this rule's."""
    cards, held = ask(RULE, notebook(first, use, measured=1), folder)

    assert cards == []
    assert not any("work is a copy of d," in item.reason for item in held)


def test_columns_that_do_not_lie_in_one_piece_may_round(folder: Path) -> None:
    """Every second row of a frame is a view with gaps; sums over it may differ in their last bits."""
    every_second = "part = pd.DataFrame(np.random.default_rng(1).random((4000, 3)), columns=list('abv')).iloc[::2]"
    source = notebook(READ + "\n" + every_second, "work = part.copy()", "s = work.sum(), work.skew()", measured=1)

    card = only_card(RULE, source, folder)

    assert card.result is ResultClass.ROUNDING
    assert verify(card, source, folder).equal


def test_the_history_knows_no_cells_below_an_array(folder: Path) -> None:
    """The next cell may use the old name."""
    source = replace(notebook(ARRAY, "b = a.copy()", measured=1), origin="history")

    assert "the cells below this one are not known" in held_back(RULE, source, folder)


def test_it_needs_pandas_3(folder: Path) -> None:
    """Before, a shallow copy shares every later change with the original."""
    source = notebook(READ, "work = df.copy()", LATER, measured=1)
    evidence = replace(evidence_of(source, run(source, folder)[0], folder), pandas_version="2.3.0")

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert not cards
    assert "before pandas 3" in held[0].reason


def test_a_copy_of_an_earlier_cell_counts_where_the_measured_one_uses_it(folder: Path) -> None:
    """The measured cell then starts lower; one that mentions neither frame gets no card."""
    used = notebook(READ, "work = df.copy()", "x = work['v'].sum()", measured=2)
    other = notebook(READ, "work = df.copy()", "x = 1", measured=2)

    cards, _ = ask(RULE, used, folder)

    assert [edit.cell_id for edit in cards[0].edits] == ["cell-1"]
    assert ask(RULE, other, folder) == ([], [])


def test_a_copy_below_the_peak_is_left_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line account says on which line the peak is; a copied selection counts on its own line only."""
    monkeypatch.setattr(redundant_copy, "_WORTH", 0.01)
    made = {}
    for name, text, peaks in [
        ("peak below", "y = 1\nwork = df.copy()\nz = 2", (300, 400, 600)),
        ("peak above", "y = 1\nwork = df.copy()\nz = 2", (600, 300, 300)),
        ("selection at the peak", "y = 1\nwork = df[df['v'] > 1].copy()\nz = 2", (300, 600, 500)),
        ("selection elsewhere", "y = 1\nwork = df[df['v'] > 1].copy()\nz = 2", (300, 500, 600)),
    ]:
        source = notebook(READ, text, measured=1)
        evidence = evidence_of(source, run(source, folder)[0], folder)
        lines = tuple(LineUse(number, peak * MIB, 0, 1) for number, peak in enumerate(peaks, start=1))
        held = tuple(replace(one, nbytes=200 * MIB, alone_bytes=200 * MIB) for one in evidence.held)
        took = replace(evidence.measurement, lines=lines)
        cards, _ = advise(source, replace(evidence, measurement=took, held=held), [find_rule(RULE)])
        made[name] = [card.predicted_peak.low_bytes // MIB for card in cards]

    assert made["peak below"] == [400]
    assert made["peak above"] == []
    assert made["selection at the peak"] == [500]
    assert made["selection elsewhere"] == []


def test_trifles_get_no_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy of less than a MiB is noise."""
    monkeypatch.setattr(redundant_copy, "_LEAST_BYTES", 2**20)

    assert ask(RULE, notebook(READ, "work = df.copy()", measured=1), folder) == ([], [])


def test_random_changes_after_a_copy_give_the_same_values(folder: Path) -> None:
    """Copies of frames and selections, then random changes of either one: every card verifies."""
    draw, offered = random.Random(7), 0
    makes = ["work = df.copy()", "work = df[df['v'] > {n}].copy()", "work = df[['k', 'v', 'w', 'u']].copy()",
             "work = df.dropna().copy()", "work = df.query('v > {n}').copy()"]  # fmt: skip
    steps = ["{x}.loc[{x}.index[{n}], 'v'] = {n}", "{x}['{c}'] = {x}['{c}'] * 2", "{x}.iloc[{n}, 1] = {n}",
             "{x}.loc[{x}['v'] > {n}, '{c}'] = {n}", "{x}.sort_values('{c}', inplace=True)", "{x}['z'] = {n}",
             "{x}.fillna({{'w': {n}}}, inplace=True)", "{x}.reset_index(drop=True, inplace=True)",
             "{x} = {x}[{x}['v'] > {n} // 3]", "part = {x}['{c}']\npart.iloc[0] = {n}", "{x}.values[0] = 3",
             "{x}.where({x}['v'] > {n}, inplace=True)", "{x} = {x}.rename(columns={{'z': 'q'}})"]  # fmt: skip
    for _ in range(60):
        changes = [
            draw.choice(steps).format(x=draw.choice(["work", "df"]), c=draw.choice("vwu"), n=draw.randint(1, 40))
            for _ in range(draw.randint(1, 5))
        ]
        source = notebook(READ, draw.choice(makes).format(n=draw.randint(1, 40)), *changes, LATER, measured=1)
        for card in _ask(source, folder)[0]:
            verdict = verify(card, source, folder)
            offered += 1

            assert verdict.equal, (source.cells, verdict.differences)
            assert list(ResultClass).index(verdict.result) <= list(ResultClass).index(card.result)

    assert offered > 20
