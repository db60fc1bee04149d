"""concat-in-loop: one concat behind the loop makes the frame that many made, or it is not offered."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from harness import ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import NotebookSource, ResultClass, Technique
from memadvise.rules import advise, find_rule

RULE = "concat-in-loop"
IMPORT = "import pandas as pd\npaths = ['a.csv', 'b.csv', 'c.csv']\n"
HEAD = IMPORT + "df = pd.DataFrame()\n"
LOOP = "for path in paths:\n    part = pd.read_csv(path)\n    df = pd.concat([df, part])\n"
NUMBERED = LOOP.replace("part])", "part], ignore_index=True)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with three files: missing numbers, a column more, other texts."""
    (tmp_path / "a.csv").write_text("n,x,s,b\n1,0.5,p,True\n2,,q,False\n")
    (tmp_path / "b.csv").write_text("n,x,s,b\n3,4,é,True\n")
    (tmp_path / "c.csv").write_text("x,n,s,b,more\n1.5,,zz,False,7\n2.5,9,,True,8\n")
    return tmp_path


PAIRS = {
    "plain": [HEAD + LOOP],
    "numbered anew": [HEAD + NUMBERED],
    "three cells": [IMPORT + "df = pd.DataFrame()", LOOP, "x = df['n'].sum()\ndf['y'] = df['x'] * 2"],
    "None": [
        IMPORT + "df = None\nfor path in paths:\n    part = pd.read_csv(path)\n"
        "    df = part if df is None else pd.concat([df, part], ignore_index=True)"
    ],
    "a first file": [
        IMPORT + "df = pd.read_csv('a.csv')\nfor path in paths[1:]:\n    df = pd.concat([df, pd.read_csv(path)])"
    ],
    "inline": [
        HEAD + "for path in paths:\n    df = pd.concat((df, pd.read_csv(path, usecols=['n', 'x'])), sort=False)"
    ],
    "sorted columns": [HEAD + "for path in paths:\n    df = pd.concat([df, pd.read_csv(path)], sort=True)"],
    "with a column": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path)\n"
        "    part['path'] = path\n    print(part.shape)\n"
        "    df = pd.concat([df, part])  # grow\n# done"
    ],
    "filtered": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path)\n"
        "    part = part[part['x'] > 1].dropna(subset=['s'])\n"
        "    df = pd.concat([df, part], ignore_index=True)"
    ],
    "skipped": [
        HEAD + "for path in paths:\n    if path == 'b.csv':\n        continue\n"
        "    part = pd.read_csv(path)\n    if len(part) > 1:\n"
        "        print(path)\n    df = pd.concat([df, part])\n"
        "    if path == 'c.csv':\n        break"
    ],
    "made of lists": [
        HEAD
        + "for i in range(3):\n    df = pd.concat([df, pd.DataFrame({'a': [i, 5], 'b': str(i)})], ignore_index=True)"
    ],
    "two loops": [HEAD + "for i in range(2):\n    for path in paths:\n        df = pd.concat([df, pd.read_csv(path)])"],
    "while": [HEAD + "i = 0\nwhile i < 3:\n    df = pd.concat([df, pd.read_csv(paths[i])])\n    i += 1"],
    "imported": [
        "from pandas import concat, read_csv, DataFrame\ndf = DataFrame()\n"
        "for path in ['a.csv', 'b.csv']:\n"
        "    df = concat([df, read_csv(path)])"
    ],
    "a taken name": [HEAD + "parts = 3\n" + LOOP],
    "carriage returns": [(HEAD + NUMBERED).replace("\n", "\r\n")],
    "over a zip": [
        HEAD + "for path, k in zip(paths, 'abc'):\n    part = pd.read_csv(path)\n"
        "    part['k'] = k\n    df = pd.concat([df, part])\n"
        "\n\ntotal = len(df)"
    ],
}


@pytest.mark.parametrize("cells", PAIRS.values(), ids=PAIRS.keys())
def test_the_frame_is_identical(folder: Path, cells: list[str]) -> None:
    """Columns, their order and dtypes, values and index are the same; every other name stays."""
    source = notebook(*cells, measured=1 if len(cells) == 3 else 0)

    card = only_card(RULE, source, folder)

    assert (card.result, card.gone) == (ResultClass.IDENTICAL, ())
    verdict = verify(card, source, folder)
    assert verdict.result is ResultClass.IDENTICAL, verdict.differences


def test_the_code_is_what_a_person_would_write(folder: Path) -> None:
    """A list, one concat, the list let go of, and a check that is loud."""
    card = only_card(RULE, notebook(HEAD + NUMBERED), folder)

    assert card.edits[0].after == IMPORT + (
        "parts = [pd.DataFrame()]\n"
        "for path in paths:\n"
        "    part = pd.read_csv(path)\n"
        "    parts.append(part)\n"
        "df = pd.concat(parts, ignore_index=True)\n"
        "del parts\n"
        "if (df.dtypes == object).any():\n"
        '    raise TypeError("a column holds numbers in one part and something else in another")\n'
    )


def test_no_file_at_all_gives_the_same_empty_frame(folder: Path) -> None:
    """The empty frame that the loop began with is the first part."""
    card = only_card(RULE, notebook(IMPORT, "df = pd.DataFrame()\n" + LOOP, measured=1), folder)

    changed, _ = run(notebook("import pandas as pd\npaths = []", card.edits[0].after), folder)

    pd.testing.assert_frame_equal(changed["df"], pd.DataFrame())  # type: ignore[arg-type]


def test_no_file_at_all_raises_where_it_began_with_none(folder: Path) -> None:
    """Without a first frame there is nothing to put together."""
    loop = (
        "df = None\nfor path in paths:\n"
        "    df = pd.read_csv(path) if df is None else pd.concat([df, pd.read_csv(path)])"
    )
    card = only_card(RULE, notebook(IMPORT, loop, measured=1), folder)

    with pytest.raises(ValueError, match="No objects"):
        run(notebook("import pandas as pd\npaths = []", card.edits[0].after), folder)


def test_booleans_beside_numbers_raise_later(folder: Path) -> None:
    """Whole numbers, then floats, then booleans: the loop makes floats of them, one concat makes objects."""
    card = only_card(RULE, notebook(IMPORT, "df = pd.DataFrame()\n" + LOOP, measured=1), folder)
    for name, texts in {"a": "1", "b": "1.5", "c": "True"}.items():
        (folder / f"{name}.csv").write_text(f"n\n{texts}\n")

    before, _ = run(notebook(IMPORT, HEAD + LOOP), folder)

    assert str(before["df"].dtypes["n"]) == "float64"  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="numbers in one part"):
        run(notebook(IMPORT, card.edits[0].after), folder)


NO_OPS = {
    "looked at in the loop": [HEAD + LOOP + "    print(len(df))", "used otherwise in the loop"],
    "a condition on it": [HEAD + LOOP + "    if len(df) > 2:\n        break", "used otherwise in the loop"],
    "kept elsewhere": [HEAD + "all_parts = []\n" + LOOP + "    all_parts.append(df)", "used otherwise in the loop"],
    "in a try": [
        HEAD + "for path in paths:\n    try:\n"
        "        df = pd.concat([df, pd.read_csv(path)])\n    except OSError:\n"
        "        pass",
        "inside a try",
    ],
    "in a suppress": [
        HEAD + "import contextlib\nfor path in paths:\n"
        "    with contextlib.suppress(OSError):\n"
        "        df = pd.concat([df, pd.read_csv(path)])",
        "inside a with",
    ],
    "an else": [HEAD + LOOP + "else:\n    done = 1", "has an else"],
    "in front": [HEAD + "for path in paths:\n    df = pd.concat([pd.read_csv(path), df])", None],
    "side by side": [
        HEAD + "for path in paths:\n    df = pd.concat([df, pd.read_csv(path)], axis=1)",
        "more than ignore_index",
    ],
    "keys": [
        HEAD + "for path in paths:\n    df = pd.concat([df, pd.read_csv(path)], join='inner')",
        "more than ignore_index",
    ],
    "looked at before": [HEAD + "print(df)\n" + LOOP, "above the loop"],
    "bound again": [HEAD + LOOP + "df = df.dropna()", "bound elsewhere too"],
    "in a function": [HEAD + "def f():\n    return len(df)\n" + LOOP, "inside f"],
    "any name": [HEAD + LOOP + "x = globals()", "any name"],
    "not begun above": [
        IMPORT + "df = pd.DataFrame()\nfor k in range(2):\n    df = pd.DataFrame()\n"
        "    for path in paths:\n"
        "        df = pd.concat([df, pd.read_csv(path)])",
        "used otherwise in the loop",
    ],
    "somebody's frame": [
        HEAD + "frames = [pd.read_csv(path) for path in paths]\nfor part in frames:\n    df = pd.concat([df, part])",
        "used elsewhere in the loop",
    ],
    "from a function of the person's": [
        HEAD + "def load(path):\n    return pd.read_csv(path)\nfor path in paths:\n"
        "    part = load(path)\n    df = pd.concat([df, part])",
        "something else holds",
    ],
    "changed afterwards": [HEAD + LOOP + "    part['n'] = 0", "used elsewhere in the loop"],
    "held elsewhere": [
        HEAD + "seen = []\nfor path in paths:\n    part = pd.read_csv(path)\n"
        "    seen.append(part)\n    df = pd.concat([df, part])\n"
        "    seen[-1]['n'] = 0",
        "let something else hold part",
    ],
    "an alias": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path)\n    q = part\n"
        "    df = pd.concat([df, part])\n    q['n'] = 0",
        "let something else hold part",
    ],
    "of itself": [
        HEAD + "for path in paths:\n    df = pd.concat([df, pd.read_csv(path, skiprows=range(1, len(df)))])",
        "made of df itself",
    ],
    "other row numbers": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path).set_index('s')\n    df = pd.concat([df, part])",
        "something else holds",
    ],
    "an index": [
        HEAD + "for path in paths:\n    df = pd.concat([df, pd.read_csv(path, index_col=0)])",
        "other numbers",
    ],
    "filtered and None": [
        IMPORT + "df = None\nfor path in paths:\n    part = pd.read_csv(path)\n"
        "    part = part[part['x'] > 1]\n"
        "    df = part if df is None else pd.concat([df, part], ignore_index=True)",
        "other numbers",
    ],
    "the last part may be the frame": [
        IMPORT + "df = None\nfor path in paths:\n    part = pd.read_csv(path)\n"
        "    df = part if df is None else pd.concat([df, part])\npart['n'] = 0",
        "may be the frame itself",
    ],
    "another beginning": [IMPORT + "df = pd.DataFrame(columns=['n', 'x'])\n" + LOOP, "may have other numbers"],
    "objects": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path)\n"
        "    part['o'] = [[1]] * len(part)\n    df = pd.concat([df, part])",
        "is object",
    ],
    "text of another kind": [
        HEAD
        + "for path in paths:\n    part = pd.read_csv(path, dtype={'s': 'string'})\n    df = pd.concat([df, part])",
        "is string",
    ],
    "nullable": [
        HEAD + "for path in paths:\n    part = pd.read_csv(path, dtype={'n': 'Int64'})\n    df = pd.concat([df, part])",
        "is Int64",
    ],
    "sorted and None": [
        IMPORT + "df = None\nfor path in paths:\n    part = pd.read_csv(path)\n"
        "    df = part if df is None else pd.concat([df, part], sort=True)",
        "columns sorted",
    ],
    "gone": [HEAD + LOOP + "n = len(df)\ndel df", "bound elsewhere"],
    "other code behind": [HEAD + LOOP.rstrip("\n") + "; n = 1", None],
}


@pytest.mark.parametrize(("cell", "reason"), NO_OPS.values(), ids=NO_OPS.keys())
def test_it_holds_back(folder: Path, cell: str, reason: str | None) -> None:
    """Whatever could tell many concats from one keeps the loop as it is, with the reason (None: nothing to say)."""
    if cell.endswith("; n = 1"):
        only_card(RULE, notebook(cell), folder)  # part of the loop's last line, and so of its body
        return
    found = held_back(RULE, notebook(cell), folder)
    if reason is None:
        assert found == ""
    else:
        assert reason in found


def test_another_pandas_has_other_types(folder: Path) -> None:
    """Before pandas 3 text is of objects."""
    source = notebook(HEAD + LOOP)
    evidence = replace(evidence_of(source, run(source, folder)[0], folder), pandas_version="2.3.0")

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert not cards
    assert "needs pandas 3" in held[0].reason


def test_a_loop_in_another_cell_gets_no_card(folder: Path) -> None:
    """The copies are made while the loop runs, and nowhere else."""
    assert ask(RULE, notebook(HEAD + LOOP, "x = df['n'].sum()", measured=1), folder) == ([], [])


CELLS = ["1", "2", "", "0.5", "-3", "x", "True", "False", "2024-01-01", "9007199254740993"]


def random_files(rng: random.Random, folder: Path) -> None:
    """Write three files with random columns of one or several kinds, and random lengths, none included."""
    kinds = {
        name: rng.choice([CELLS[:2], CELLS[:5], CELLS[:5], ["x", "y", ""], ["x", "é"], CELLS[6:8], ["", "True"], CELLS])
        for name in "uvwx"
    }
    for name in "abc":
        columns = rng.sample("uvwx", rng.randint(2, 4)) if rng.random() < 0.5 else list("uvwx")
        rows = [
            ",".join(rng.choice(kinds[column]) for column in columns) for _ in range(rng.choice([0, 1, 2, 5, 5, 9]))
        ]
        (folder / f"{name}.csv").write_text("\n".join([",".join(columns), *rows]) + "\n")


def test_random_files_give_identical_frames_or_an_error(folder: Path) -> None:
    """Where a card is offered the frame is identical, unless the check raises because of objects."""
    cards = 0
    for seed in range(200):
        rng = random.Random(seed)
        random_files(rng, folder)
        options = rng.choice(["", ", ignore_index=True", ", sort=True", ", ignore_index=False, sort=False"])
        begin, first = rng.choice([("pd.DataFrame()", ""), ("None", "part if df is None else ")])
        step = f"    part = pd.read_csv(path)\n    df = {first}pd.concat([df, part]{options})"
        source: NotebookSource = notebook(f"{IMPORT}df = {begin}\nfor path in paths:\n{step}")
        for card in ask(RULE, source, folder)[0]:
            cards += 1
            verdict = verify(card, source, folder)
            assert verdict.result is ResultClass.IDENTICAL, (seed, verdict.differences)

    assert cards > 30


STREAM = (
    "import pandas as pd\nimport os\nfiles = [name for name in sorted(os.listdir('in'))]\n"
    "df = pd.DataFrame()\n"
    "for name in files:\n    part = pd.read_csv('in/' + name)\n    df = pd.concat([df, part])\n"
    "# one file of all\ndf.to_csv('all.csv', index=False)\n"
)
STREAMS = {
    "plain": [STREAM],
    "read again": [STREAM + "total = pd.read_csv('all.csv')\nn = len(total)"],
    "the name is used for something else below": [STREAM, "part = pd.read_csv('all.csv')\npart.shape"],
    "two cells": [
        STREAM.partition("for name in files")[0],
        "for name in files" + STREAM.partition("for name in files")[2],
    ],
    "inline and None": [
        STREAM.replace("pd.DataFrame()", "None")
        .replace("    part = pd.read_csv('in/' + name)\n", "")
        .replace("[df, part]", "[df, pd.read_csv('in/' + name)], ignore_index=True")
        .replace("df = pd.concat", "df = pd.read_csv('in/' + name) if df is None else pd.concat")
    ],
    "glob": [
        STREAM.replace("import os", "import glob")
        .replace("[name for name in sorted(os.listdir('in'))]", "'all.csv'")
        .replace("in files", "in sorted(glob.glob('in/*.csv'))")
        .replace("'in/' + name", "name, sep=',', low_memory=False")
        .replace("'all.csv', index", "files, sep=';', index")
    ],
}


def _months(folder: Path, rng: random.Random) -> None:
    """Write four files of sales: missing values, whole numbers in a column of floats, quotes, an empty column."""
    (folder / "in").mkdir(exist_ok=True)
    for month in range(4):
        rows = []
        for number in range(rng.randint(1, 6)):
            price = rng.choice(["1", "2.50", "0.1", "", "1e3"]) if month else rng.choice(["11.95", "3"])
            text = rng.choice(["USB-C, long", '"say ""hi"""', "é", "", "NA", "007x"]) if month else "start"
            flag = rng.choice(["True", "False"])
            rows.append(f'{month * 10 + number},"{text.strip(chr(34))}",{price},{flag},')
        (folder / "in" / f"{month}.csv").write_text("\n".join(["id,text,price,flag,none", *rows]) + "\n")


@pytest.mark.parametrize("cells", STREAMS.values(), ids=STREAMS.keys())
def test_files_that_are_only_put_together_are_written_one_by_one(folder: Path, cells: list[str]) -> None:
    """The written file is the same byte for byte, and neither the frame nor the last part is kept."""
    measured = next(index for index, cell in enumerate(cells) if "to_csv" in cell)
    source, offered = notebook(*cells, measured=measured), 0
    for seed in range(12):
        _months(folder, random.Random(seed))
        cards, _ = ask(RULE, source, folder)
        for card in (card for card in cards if card.technique is Technique.CHUNKING):
            offered += 1
            expected = (folder / "all.csv").read_bytes()
            (folder / "all.csv").unlink()
            verdict = verify(card, source, folder)
            (folder / "all.csv").unlink()
            run(source.with_edits(card.edits), folder)

            assert (folder / "all.csv").read_bytes() == expected
            assert not (folder / "all.csv.part").exists()
            assert verdict.result is ResultClass.IDENTICAL, verdict.differences
            assert ask(RULE, source.with_edits(card.edits), folder)[0] == []
    assert offered > 3


def test_the_stream_is_what_a_person_would_write(folder: Path) -> None:
    """Types of all rows, one open file, the header once, and the new file put in place when it is whole."""
    _months(folder, random.Random(1))
    cards, _ = ask(RULE, notebook(STREAM), folder)

    assert cards[0].edits[0].after == (
        "import pandas as pd\nimport os\nfiles = [name for name in sorted(os.listdir('in'))]\n"
        'column_types = {"id": "int64", "text": "str", "price": "float64", "flag": "bool", "none": "float64"}\n'
        'with open("all.csv.part", "w", newline="", encoding="utf-8") as whole_file:\n'
        "    for name in files:\n"
        "        piece = pd.read_csv('in/' + name)\n"
        "        if list(piece.columns) != list(column_types):\n"
        '            raise ValueError("this file has another header than the first one")\n'
        "        for column, column_type in column_types.items():\n"
        '            if column_type == "float64" and piece[column].dtype == "int64":\n'
        '                piece[column] = piece[column].astype("float64")\n'
        "            elif piece[column].dtype != column_type "
        'and not (column_type == "str" and piece[column].isna().all()):\n'
        '                raise TypeError(f"{column} is {piece[column].dtype}, not {column_type}")\n'
        "        piece.to_csv(whole_file, header=whole_file.tell() == 0, index=False)\n"
        "    if whole_file.tell() == 0:\n"
        '        raise ValueError("there is no file to read")\n'
        "# one file of all\nos.replace(\"all.csv.part\", 'all.csv')\n"
    )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("id,text,price,flag,none\n1.5,x,1,True,\n", TypeError),
        ("id,text,price,flag,none\n1,x,1,maybe,\n", TypeError),
        ("id,text,price,flag,none\n1,x,True,True,\n", TypeError),
        ("id,text,price,flag,none\nTrue,x,1,True,\n", TypeError),
        ("id,text,price,flag,none\n,x,1,True,\n", TypeError),
        ("id,text,price,flag,none\n", TypeError),
        ("id,price,text,flag,none\n1,1,x,True,\n", ValueError),
        ("id,text,price,flag,none,more\n1,x,1,True,,1\n", ValueError),
    ],
)
def test_a_later_file_that_does_not_fit_raises_and_leaves_the_old_file(
    folder: Path, text: str, error: type[Exception]
) -> None:
    """Another type or header is an error, and the file that was there stays as it was."""
    _months(folder, random.Random(1))
    source = notebook(STREAM)
    card = ask(RULE, source, folder)[0][0]
    before = (folder / "all.csv").read_bytes()
    (folder / "in" / "9.csv").write_text(text)

    with pytest.raises(error):
        run(source.with_edits(card.edits), folder)

    assert (folder / "all.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (", index=False)\n", ")\n", "row labels"),
        (", index=False)\n", ", index=False, float_format='%.2f')\n", "more than index and sep"),
        ("'all.csv', index", "'all.csv.gz', index", "no plain text"),
        ("'all.csv', index", "name[:1] + '.csv', index", "no plain text"),
        ("files = [name for name in sorted(os.listdir('in'))]", "files = (name for name in os.listdir('in'))",
         "list of their own"),
        ("for name in files", "for name in os.listdir('in')", "list of their own"),
        ("read_csv('in/' + name)", "read_csv('in/' + name, index_col='none')", "other numbers"),
        ("read_csv('in/' + name)", "read_csv('in/' + name, dtype={'id': 'int32'})", "is int32"),
        ("index=False)\n", "index=False)\nn = len(df)\n", "used elsewhere"),
        ("index=False)\n", "index=False)\nn = len(part)\n", "last file's frame"),
        ("index=False)\n", "index=False)\npart = part.head()\n", "last file's frame"),
        ("import os\n", "import os\ndef f():\n    return part\n", "last file's frame"),
    ],
)  # fmt: skip
def test_a_stream_is_held_back(folder: Path, old: str, new: str, reason: str) -> None:
    """What could make the written file another one, or is used further, keeps the frame."""
    _months(folder, random.Random(1))
    assert old in STREAM

    cards, held = ask(RULE, notebook(STREAM.replace(old, new)), folder)

    assert Technique.CHUNKING not in [card.technique for card in cards]
    assert any(reason in item.reason for item in held), held


KEPT = IMPORT + "frames = []\nfor path in paths:\n    frames.append(pd.read_csv(path))\ndf = pd.concat(frames)"


@pytest.mark.parametrize(
    "cells",
    [
        [KEPT, "x = df['n'].sum()"],
        [KEPT + "  # all\nn = len(df)", "df"],
        [IMPORT + "frames = [pd.read_csv(path) for path in paths]", "print(len(frames))", "df = pd.concat(frames)",
         "df.head()"],
    ],
)  # fmt: skip
def test_a_list_of_parts_is_let_go_of(folder: Path, cells: list[str]) -> None:
    """Behind the concat nothing names the list: it is unbound there, and all else stays."""
    source = notebook(*cells, measured=len(cells) - 1)

    card = only_card(RULE, source, folder)

    assert (card.gone, len(card.edits)) == (("frames",), 1)
    assert "df = pd.concat(frames)" in card.edits[0].after
    assert "\ndel frames" in card.edits[0].after
    assert verify(card, source, folder).result is ResultClass.IDENTICAL


@pytest.mark.parametrize(
    ("cells", "measured"),
    [
        ([KEPT], 0),
        ([KEPT, "x = 1"], 1),
        ([KEPT, "x = df['n'].sum()", "first = frames[0]"], 1),
        ([KEPT, "x = df['n'].sum()", "def f():\n    return frames"], 1),
        ([KEPT, "x = df['n'].sum()", "y = eval('1')"], 1),
        ([KEPT + "; n = 1", "x = df['n'].sum()"], 1),
        ([KEPT, "df = df.dropna()", "x = df['n'].sum()"], 2),
        ([KEPT + "\nframes = None", "x = df['n'].sum()"], 1),
        ([IMPORT + "def load():\n    return [pd.read_csv('a.csv')]\nframes = load()\ndf = pd.concat(frames)",
          "x = df['n'].sum()"], 1),
    ],
)  # fmt: skip
def test_a_list_that_is_used_or_harmless_stays(folder: Path, cells: list[str], measured: int) -> None:
    """Where the list is used again, may be, or does not concern the measured cell, there is nothing to say."""
    assert ask(RULE, notebook(*cells, measured=measured), folder) == ([], [])
