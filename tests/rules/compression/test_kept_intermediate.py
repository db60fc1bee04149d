"""kept-intermediate: what may be let go of without any later code noticing, and what may not."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from harness import MIB, ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import HeldBack, LineUse, Recommendation, ResultClass
from memadvise.rules import advise, find_rule
from memadvise.rules.compression import kept_intermediate

RULE = "kept-intermediate"


@pytest.fixture(autouse=True)
def _no_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a frame's own labels be no reason for a card: what is left of one that shares its columns."""
    monkeypatch.setattr(kept_intermediate, "_LEAST_BYTES", 2000)


READ = "import pandas as pd\nimport numpy as np\nraw = pd.read_csv('data.csv')"
CSV = "k,v,w\n" + "".join(f"{'abc'[row % 3]},{row},{'' if row % 5 == 0 else row / 7:.3}\n" for row in range(200))
USE = "x = df['v'].sum()"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of three columns, one of which has missing values."""
    (tmp_path / "data.csv").write_text(CSV.replace("nan", ""))
    return tmp_path


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("df = raw.dropna()", "df = raw.dropna()\ndel raw"),
        ("df = raw.dropna()  # no gaps\ny = 1", "df = raw.dropna()  # no gaps\ndel raw\ny = 1"),
        ("n = len(raw)\ndf = raw * 1\ndf['z'] = 1", "n = len(raw)\ndf = raw * 1\ndel raw\ndf['z'] = 1"),
        ("df = raw.sort_values(\n    'w',\n)", "df = raw.sort_values(\n    'w',\n)\ndel raw"),
        ("raw['u'] = 1\ndf = pd.concat([raw, raw])", "raw['u'] = 1\ndf = pd.concat([raw, raw])\ndel raw"),
        ("%time df = raw.dropna()", "%time df = raw.dropna()\ndel raw"),
        ("df = raw.dropna()\r\ny = 1", "df = raw.dropna()\r\ndel raw\r\ny = 1"),
        ("df: pd.DataFrame = raw.dropna()", "df: pd.DataFrame = raw.dropna()\ndel raw"),
        ("if len(raw):\n    n = 2\ndf, y = raw * 1, 1", "if len(raw):\n    n = 2\ndf, y = raw * 1, 1\ndel raw"),
        ("df = raw.dropna()\nf = lambda raw: raw", "df = raw.dropna()\ndel raw\nf = lambda raw: raw"),
        ("df = raw.dropna()\ns = 'raw data'", "df = raw.dropna()\ndel raw\ns = 'raw data'"),
    ],
)  # fmt: skip
def test_a_frame_is_deleted_right_behind_its_last_use(folder: Path, before: str, after: str) -> None:
    """The line stands at the top level below the statement; every other name is as it was."""
    source = notebook(READ, before, USE, measured=2)

    card = only_card(RULE, source, folder)

    assert [(edit.cell_id, edit.after) for edit in card.edits] == [("cell-1", after)]
    assert (card.gone, card.unkept, card.result) == (("raw",), (), ResultClass.IDENTICAL)
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("made", "uses"),
    [
        ("a = np.arange(900.0)\nb = a * 2", "x = b.sum()"),
        ("a = [float(n) for n in range(900)]\nb = [n + 1 for n in a]", "x = sum(b)"),
        ("a = {n: str(n) for n in range(500)}\nb = ' '.join(a.values())", "x = len(b)"),
        ("a = pd.Series(range(500))\nb = a.rolling(3).mean()", "x = b.sum()"),
    ],
)
def test_arrays_lists_dicts_and_series_are_let_go_of_too(folder: Path, made: str, uses: str) -> None:
    """Whatever holds memory and runs no code of the person's when it goes."""
    source = notebook("import numpy as np\nimport pandas as pd\n" + made, uses, measured=1)

    card = only_card(RULE, source, folder)

    assert card.gone == ("a",)
    assert verify(card, source, folder).result is ResultClass.IDENTICAL


def test_several_are_let_go_of_with_one_card(folder: Path) -> None:
    """Each in its own cell, behind its own last use."""
    source = notebook(READ, "mid = raw.dropna() + raw.dropna()", "df = mid.groupby('k').sum()", USE, measured=3)

    card = only_card(RULE, source, folder)

    assert set(card.gone) == {"raw", "mid"}
    assert [edit.after.splitlines()[-1] for edit in card.edits] == ["del raw", "del mid"]
    assert verify(card, source, folder).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("shown", "after"),
    [
        ("df.sort_values('w')", "display(df.sort_values('w'))"),
        ("df[df['v'] > 2]  # a look", "display(df[df['v'] > 2])  # a look"),
        ("y = 1\ndf.groupby('v').sum()", "y = 1\ndisplay(df.groupby('v').sum())"),
        ("(df\n .assign(q=1)\n .query('v > 1')\n)", "display((df\n .assign(q=1)\n .query('v > 1')\n))"),
        ("%%memadvise\ndf + df", "%%memadvise\ndisplay(df + df)"),
    ],
)
def test_a_displayed_frame_is_shown_and_not_kept(folder: Path, shown: str, after: str) -> None:
    """`display(X)` as the last line shows the same and leaves nothing in `Out`."""
    source = notebook("import pandas as pd\ndf = pd.read_csv('data.csv')", shown, USE, measured=2)
    namespace, _ = run(source, folder)
    ran = namespace["In"]
    assert isinstance(ran, list)
    ran[2] = ran[2].removeprefix("%%memadvise\n") + "\n"  # as IPython keeps it

    cards, _ = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert [edit.after for edit in cards[0].edits] == [after]
    assert (cards[0].gone, cards[0].unkept) == ((), ("cell-1",))
    verdict = verify(cards[0], source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL
    assert "Out[cell-1]" in verdict.compared


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["df = raw.dropna()", "raw2 = raw", USE], "raw2 is the same object"),
        (["df = raw", USE], "df is the same object"),
        (["df = raw.rename(columns={'v': 'u'})", "x = df['u'].sum()"], "df uses its memory"),
        (["box = [raw]\ndf = raw.dropna()", USE], "something else refers to it"),
        (["g = raw.groupby('k')\ndf = g.sum()\ny = raw.v.sum()", USE + ", g.ngroups"], "something else refers to it"),
        (["df = raw.dropna()\nn = raw\ndef f():\n    return raw", USE], "uses raw"),
        (["df = raw.dropna()", "f = lambda: raw", USE], "uses raw, whenever it runs"),
        (["df = raw.dropna()\ng = (row for row in raw)", USE], "uses raw, whenever it runs"),
        (["df = raw.dropna()", "y = pd.eval('raw.v').sum()", USE], "inside a string"),
        (["df = raw.dropna()", "y = eval('1')", USE], "uses eval"),
        (["df = raw.dropna()", "y = 'v ~ raw + 1'", USE], "names raw in a formula"),
        (
            ["df = raw.dropna()", "def evaluate(text):\n    return text\ny = evaluate('raw * 2')", USE],
            "given to evaluate",
        ),
        (["df = raw.dropna()", "y = 'raw' in globals()", USE], "uses globals"),
        (["raw = raw.dropna()\ndf = raw + raw", USE], "bound or deleted more than once"),
        (["df = raw.dropna()\nfor raw in []:\n    pass", USE], "bound or deleted more than once"),
        (["df = raw.dropna()\nfrom math import *", USE], "bound or deleted more than once"),
        (["df = raw.dropna(); y = 1", USE], "shares its line"),
        (["df = raw.dropna()\nprint(raw.shape)", USE], "makes nothing else of it: a result?"),
        (["df = raw.dropna()\nraw['z'] = 1", USE], "makes nothing else of it: a result?"),
        (["df = raw.dropna()\nraw.to_csv('out.csv')", USE], "makes nothing else of it: a result?"),
        (["for row in raw['v']:\n    df = raw.dropna()", USE], "makes nothing else of it: a result?"),
        (["df = pd.read_csv('data.csv')", USE], "never used after cell 0 makes it: a result?"),
        (["y = 1", "y = y + len(raw)\ndf = raw.dropna()", USE], "changes y, which it takes from above"),
        (["df = raw.dropna()", "y = Out[1] if False else 2", USE], "an earlier cell's output"),
    ],
)
def test_it_holds_back_and_says_why(folder: Path, cells: list[str], reason: str) -> None:
    """Aliases, shared memory, late and hidden uses, results, rebinding: nothing is offered."""
    source = notebook(READ, *cells, measured=len(cells))

    assert reason in held_back(RULE, source, folder)


def test_a_name_that_is_used_above_its_making_is_kept(folder: Path) -> None:
    """Run again from the top, the first cell needs what the second one made."""
    source = notebook(
        "try:\n    n = len(raw)\nexcept NameError:\n    n = 0", READ, "df = raw.dropna()", USE, measured=3
    )

    assert "cell 0 uses raw above the line that makes it" in held_back(RULE, source, folder)


@pytest.mark.parametrize("other", ["%%bash\necho raw", "!ls raw", "%store raw", "def broken(:\n    raw"])
def test_other_languages_and_broken_cells_may_use_the_name(folder: Path, other: str) -> None:
    """What can't be read as Python and mentions the name holds it back."""
    source = notebook(READ, "df = raw.dropna()", USE, measured=2)
    evidence = evidence_of(source, run(source, folder)[0], folder)
    more = notebook(READ, "df = raw.dropna()", USE, other, measured=2)

    cards, held = advise(more, evidence, [find_rule(RULE)])

    assert not cards
    assert "mentions raw" in held[0].reason


@pytest.mark.parametrize(
    ("cells", "measured"),
    [
        ([READ, "df = raw.dropna()", USE, "y = raw['w'].sum()"], 2),  # needed again below
        ([READ + "\ndf = raw.dropna()", USE], 0),  # made in the measured cell
        (["x = 1", READ + "\ndf = raw.dropna()"], 0),  # made below the measured cell
        ([READ + "\ndel raw", "x = 1"], 1),  # gone already
        ([READ.replace("raw =", "raw, y ="), "x = 1"], 1),  # not made by a plain assignment
        (["raw = 5\ndf = raw + 1", "x = df"], 1),  # not large
        (["class Big(list):\n    pass\nraw = Big(range(900))\ndf = list(raw)", "x = sum(df)"], 1),  # the person's class
        (["class A:\n    pass\nraw = [A() for n in range(900)]\ndf = len(raw)", "x = df"], 1),  # likewise, inside
    ],
)
def test_nothing_is_said_where_nothing_is_wasted(folder: Path, cells: list[str], measured: int) -> None:
    """No card and no reason: the value is needed, gone, small, or not of a known kind."""
    source = notebook(*cells, measured=measured)
    if "raw, y =" in cells[0]:
        cells[0] = cells[0].replace("pd.read_csv('data.csv')", "pd.read_csv('data.csv'), 1")
        source = notebook(*cells, measured=measured)

    cards, held = ask(RULE, source, folder)

    assert (cards, [item for item in held if "raw" in item.reason]) == ([], [])


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (["df * 2", "y = _", USE], "an earlier cell's output"),
        (["df * 2", "y = Out[2].shape", USE], "an earlier cell's output"),
        (["df * 2", "y = _2", USE], "an earlier cell's output"),
        (["display = print\ndf * 2", USE], "display is another thing"),
        (["y = 1; df * 2", USE], "shares its line"),
        (["n = 1", "n = n + 1\ndf * 2", USE], "changes n, which it takes from above"),
    ],
)
def test_a_displayed_frame_that_may_be_needed_is_kept(folder: Path, cells: list[str], reason: str) -> None:
    """`_`, `Out[2]`, another `display`: the last expression stays as it is."""
    source = notebook("import pandas as pd\ndf = pd.read_csv('data.csv')", *cells, measured=len(cells))
    namespace: dict[str, object] = {}
    try:
        namespace, _ = run(source, folder)
    except NameError:  # `_` is IPython's: here it is what the harness has no need of
        whole = notebook(*[cell.source for cell in source.cells if "_" not in cell.source[-2:]], measured=1)
        namespace, _ = run(whole, folder)

    cards, held = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert not cards
    assert any(reason in item.reason for item in held)


@pytest.mark.parametrize("shown", ["df", "df.head()", "df['v'].sum()", "df * 2;"])
def test_a_display_that_keeps_nothing_more_is_left_alone(folder: Path, shown: str) -> None:
    """A frame that has a name anyway, a small result, a result that is not shown."""
    source = notebook("import pandas as pd\ndf = pd.read_csv('data.csv')", shown, USE, measured=2)
    namespace, _ = run(source, folder)
    outputs = namespace["Out"]
    if shown.endswith(";"):  # IPython keeps nothing of such a line
        assert isinstance(outputs, dict)
        outputs.clear()

    cards, _ = advise(source, evidence_of(source, namespace, folder), [find_rule(RULE)])

    assert not [card for card in cards if card.unkept and card.predicted_peak.low_bytes < 600 * MIB - 2000]


def test_a_display_that_was_imported_is_the_same_one(folder: Path) -> None:
    """`from IPython.display import display` binds the name, and changes nothing."""
    shown = "from IPython.display import display\ndf * 2"
    source = notebook("import pandas as pd\ndf = pd.read_csv('data.csv')", shown, USE, measured=2)

    cards, _ = ask(RULE, source, folder)

    assert [edit.after for edit in cards[0].edits] == [shown.replace("df * 2", "display(df * 2)")]


def test_a_cell_that_stands_twice_is_not_guessed_at(folder: Path) -> None:
    """Which of two equal cells made `Out[2]` is not known."""
    source = notebook("import pandas as pd\ndf = pd.read_csv('data.csv')", "df * 2", "df * 2", USE, measured=3)

    assert ask(RULE, source, folder)[0] == []


def _with_lines(folder: Path, cell: str, *peaks: int) -> tuple[list[Recommendation], list[HeldBack]]:
    """Ask about a notebook whose measured cell took these peaks, line by line, in MiB."""
    source = notebook(READ, cell, measured=1)
    evidence = evidence_of(source, run(source, folder)[0], folder)
    lines = tuple(LineUse(number, peak * MIB, 0, 1) for number, peak in enumerate(peaks, start=1))
    held = tuple(replace(one, nbytes=100 * MIB, alone_bytes=100 * MIB) for one in evidence.held)
    took = replace(evidence.measurement, peak_bytes=max(peaks) * MIB, lines=lines)
    cards, reasons = advise(source, replace(evidence, measurement=took, held=held), [find_rule(RULE)])
    return list(cards), list(reasons)


def test_inside_the_measured_cell_it_must_stand_above_the_peak(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines say where the peak is: below the deletion it falls, above it stays."""
    monkeypatch.setattr(kept_intermediate, "_WORTH", 0.05)
    cell = "df = raw.dropna()\nx = df.merge(df, on='k')"

    falls, _ = _with_lines(folder, cell, 300, 600)
    between, _ = _with_lines(folder, cell, 550, 600)
    stays, _ = _with_lines(folder, cell, 600, 500)

    assert [card.predicted_peak.low_bytes // MIB for card in falls] == [500]
    assert [edit.after for edit in falls[0].edits] == ["df = raw.dropna()\ndel raw\nx = df.merge(df, on='k')"]
    assert [card.predicted_peak.low_bytes // MIB for card in between] == [550]
    assert stays == []


def test_the_cell_that_lets_go_of_it_still_holds_it(folder: Path) -> None:
    """The likely peak is of all changed cells: where the name is deleted, it was all still there."""
    source = notebook(READ, "df = raw.dropna()", "df * 2", USE, measured=3)
    evidence = evidence_of(source, run(source, folder)[0], folder)
    took = replace(evidence.measurement, start_bytes=500 * MIB, peak_bytes=520 * MIB)
    sizes = {"raw": 200 * MIB, "Out[3]": 100 * MIB}
    held = tuple(replace(one, alone_bytes=sizes.get(one.name, 0), nbytes=200 * MIB) for one in evidence.held)

    (card,), _ = advise(source, replace(evidence, measurement=took, held=held), [find_rule(RULE)])

    assert (card.predicted_peak.low_bytes // MIB, card.predicted_peak.likely_bytes // MIB) == (220, 400)


def test_the_history_knows_no_cells_below(folder: Path) -> None:
    """Without the notebook only what was run is known: the next cell may use the name, or the output."""
    source = replace(notebook(READ, "df = raw.dropna()", "df * 2", USE, measured=3), origin="history")

    assert held_back(RULE, source, folder).count("not run yet") == 2


def test_trifles_get_no_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a MiB, or less than a twentieth of what the cell takes, is noise."""
    source = notebook(READ, "df = raw.dropna()", USE, measured=2)
    monkeypatch.setattr(kept_intermediate, "_LEAST_BYTES", 2**20)

    assert ask(RULE, source, folder) == ([], [])


def test_random_notebooks_end_with_the_same_values(folder: Path) -> None:
    """Cells of random steps over frames: every card verifies, and what a later cell needs is never deleted."""
    draw, offered = random.Random(4), 0
    steps = ["{n} = {a}.dropna()", "{n} = {a}[{a}['v'] > 3]", "{n} = pd.concat([{a}, {b}])", "{n} = {a}",
             "{n} = {a}.sort_values('w')", "{n} = {a}[['k', 'v', 'w']]", "n_{n} = len({a})", "{a} * 2",
             "{n} = {a}.copy()", "print({a}.shape)", "{a}['w'] = {a}['w'] + 1", "box_{n} = [{a}]"]  # fmt: skip
    for _ in range(60):
        names, cells = ["raw"], [READ]
        for number in range(draw.randint(2, 6)):
            text = draw.choice(steps).format(n=f"f{number}", a=draw.choice(names), b=draw.choice(names))
            names += [f"f{number}"] if text.startswith(f"f{number} =") else []
            cells.append(text)
        source = notebook(*cells, measured=draw.randint(1, len(cells) - 1))
        for card in ask(RULE, source, folder)[0]:
            verdict = verify(card, source, folder)
            offered += 1

            assert verdict.equal, (cells, card.edits, verdict.differences)
            assert verdict.result is ResultClass.IDENTICAL

    assert offered > 10
