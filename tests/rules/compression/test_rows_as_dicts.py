"""rows-as-dicts: rows that only become a frame are grown as columns, and everything else is left alone."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from harness import ask, evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import NotebookSource, ResultClass
from memadvise.rules import advise, find_rule

RULE = "rows-as-dicts"
IMPORT = "import pandas as pd\nnames = ['x', 'yy', '', 'é'] * 5\n"
LOOP = "rows = []\nfor i, name in enumerate(names):\n    rows.append({'id': i, 'name': name, 'share': len(name) / 7})\n"
MADE = "df = pd.DataFrame(rows)"

PAIRS = {
    "one cell": [IMPORT + LOOP + MADE],
    "three cells": [IMPORT + "rows = []", LOOP.partition("\n")[2], MADE],
    "dict()": [IMPORT + "rows = []\nfor name in names:\n    rows.append(dict(id=len(name), name=name))\n" + MADE],
    "tuples": [
        IMPORT + "rows = []\nfor name in names:\n    rows.append((name, name * 2))\n"
        "df = pd.DataFrame(rows, columns=['a', 'b'])"
    ],
    "lists": [
        IMPORT + "rows = list()\nfor name in names:\n    rows.append([name, 1.5])\n"
        "df = pd.DataFrame(rows, columns=['a', 'b'])"
    ],
    "comprehension": [IMPORT + "rows = [{'a': word, 'b': len(word)} for word in names if word]\n" + MADE],
    "comprehension of tuples over two loops": [
        IMPORT
        + "rows = [(word, number) for word in names for number in range(3) if number\n if word]\n"
        + "df = pd.DataFrame(rows, columns=['a', 'b'])"
    ],
    "branches": [
        IMPORT + "rows = []\nfor name in names:\n    if name:\n"
        "        rows.append({'a': name, 'b': 1})\n    else:\n"
        + "        rows.append({'a': None, 'b': float('nan')})\n"
        + MADE
    ],
    "one line": [IMPORT + "rows = []\nfor name in names: rows.append({'a': name, 'b': 1}); last = name\n" + MADE],
    "behind a semicolon": [
        IMPORT + "n = 1; rows = []\nfor i in range(9):\n    n += i; rows.append({'a': n, 'b': i})\n" + MADE
    ],
    "several lines": [
        IMPORT + "rows = []\nfor name in names:\n    rows.append({\n"
        "        'a': name,  # the name\n        'b': (\n            1 +\n"
        "            2),\n"
        "        'c': [one\n              for one in name],\n    })  # done\n" + MADE + "  # a frame"
    ],
    "hostile keys": [
        IMPORT + "rows = []\nfor name in names:\n    rows.append({'a \"b\\'': name, '{x}\\n': 1, '': 2})\n" + MADE
    ],
    "further in the same expression": [IMPORT + LOOP + "df = pd.DataFrame(rows).set_index('id').sort_index()"],
    "only shown": [IMPORT + LOOP + "pd.DataFrame(rows)"],
    "another name of pandas": [
        "from pandas import DataFrame\nrows = []\nfor i in range(9):\n"
        "    rows.append({'a': i, 'b': str(i)})\ndf = DataFrame(rows)"
    ],
    "a length": [
        IMPORT + "rows = []\nfor name in names:\n    rows.append({'a': name, 'b': 1})\n"
        "    if len(rows) % 5 == 0:\n        print(len(rows))\n" + MADE,
        "n = len(rows)",
    ],
    "a file": [
        "import pandas as pd\nwith open('t.txt') as lines:\n    pass\n"
        "rows = []\nwith open('t.txt') as lines:\n    for line in lines:\n"
        "        rows.append({'a': line[:2], 'b': int(line[2:])})\n" + MADE
    ],
    "while and break": [
        IMPORT + "rows = []\ni = 0\nwhile True:\n    i += 1\n    if i > 6:\n"
        "        break\n    rows.append({'a': i, 'b': -i})\nelse:\n    i = 0\n" + MADE
    ],
    "values of many kinds": [
        IMPORT + "import decimal\nrows = []\n"
        "for v in [1, 2.5, None, True, 'x', decimal.Decimal('1.5'), [1], {'q': 1}, 2**70]:\n"
        "    rows.append({'a': v, 'b': 1})\n" + MADE
    ],
    "an array of the notebook's own": [
        IMPORT + "from numpy import array\nz = array([1])\nrows = []\n"
        "for i in range(9):\n    rows.append({'a': i, 'b': z.sum()})\n" + MADE
    ],
    "a taken name": [IMPORT + "columns = 5\n" + LOOP + MADE],
    "calls seen in order": [
        IMPORT + "seen = []\ndef f(x):\n    seen.append(x)\n    return x\nrows = []\n"
        "for i in range(4):\n    rows.append({'a': f(i), 'b': f(-i)})\n" + MADE
    ],
    "a magic": [IMPORT + "%time rows = []\nfor i in range(9): rows.append({'a': i, 'b': 1})\n%time " + MADE],
    "a walrus": [IMPORT + "rows = []\nfor i in range(3):\n    rows.append({'a': (y := i + 1), 'b': y * 2})\n" + MADE],
    "tabs": [IMPORT + "rows = []\nfor i in range(3):\n\tif i:\n\t\trows.append({'a': i,\n\t\t\t'b': 2})\n" + MADE],
    "a range of the notebook's own": [
        IMPORT
        + "def range(n):\n    return [True, False]\nrows = []\n"
        + "for i in range(3):\n    rows.append({'a': i, 'b': 2})\n"
        + MADE
    ],
    "a length decides": [IMPORT + "rows = []\nwhile len(rows) < 4:\n    rows.append({'a': 1, 'b': 2})\n" + MADE],
    "further letters": [
        IMPORT + "rows = []\nfor é in ['ü😀', 'b']:\n    rows.append({'ключ': é, '😀': é + '😀'})  # 😀\n" + MADE
    ],
    "carriage returns": [(IMPORT + LOOP + MADE).replace("\n", "\r\n")],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one small text file."""
    (tmp_path / "t.txt").write_text("ab12\ncd34\n")
    return tmp_path


@pytest.mark.parametrize("cells", PAIRS.values(), ids=PAIRS.keys())
def test_the_frame_is_identical(folder: Path, cells: list[str]) -> None:
    """Columns, their order, dtypes, values and index are the same, and only the list of rows is gone."""
    source = notebook(*cells)

    card = only_card(RULE, source, folder)

    assert "rows" in card.gone
    assert card.result is ResultClass.IDENTICAL
    verdict = verify(card, source, folder)
    assert verdict.equal, verdict.differences
    assert verdict.result is ResultClass.IDENTICAL, verdict.differences


def test_the_code_is_what_a_person_would_write(folder: Path) -> None:
    """Numbers that the code surely makes stand in arrays, everything else in lists; the columns are let go of."""
    card = only_card(RULE, notebook(IMPORT + LOOP + MADE), folder)

    assert card.edits[0].after == IMPORT + (
        "from array import array\n"
        'columns = {"id": array("q"), "name": [], "share": array("d")}\n'
        "for i, name in enumerate(names):\n"
        '    columns["id"].append(i)\n'
        '    columns["name"].append(name)\n'
        '    columns["share"].append(len(name) / 7)\n'
        'df = pd.DataFrame(columns if columns["id"] else [])\n'
        "del columns"
    )


def test_a_comprehension_becomes_a_loop(folder: Path) -> None:
    """Values of a row are computed next to each other, as before."""
    card = only_card(RULE, notebook(*PAIRS["comprehension"]), folder)

    assert card.edits[0].after == IMPORT + (
        "from array import array\n"
        'columns = {"a": [], "b": array("q")}\n'
        "for word in names:\n"
        "    if word:\n"
        '        columns["a"].append(word)\n'
        '        columns["b"].append(len(word))\n'
        'df = pd.DataFrame(columns if columns["a"] else [])\n'
        "del columns"
    )


@pytest.mark.parametrize("columns", ["", ", columns=['id', 'name', 'share']"])
def test_an_empty_list_later_gives_the_same_empty_frame(folder: Path, columns: str) -> None:
    """`pd.DataFrame([])` has no columns: without rows the rewritten code asks for that very frame."""
    source = notebook("import pandas as pd\nnames = ['x']", LOOP + MADE[:-1] + columns + ")", measured=1)
    card = only_card(RULE, source, folder)
    empty = NotebookSource((source.cells[0], source.cells[1]), "cell-1").with_edits(card.edits)
    before = notebook("import pandas as pd\nnames = []", source.cells[1].source)
    after = notebook("import pandas as pd\nnames = []", empty.cells[1].source)

    old, new = run(before, folder)[0]["df"], run(after, folder)[0]["df"]

    import pandas as pd

    pd.testing.assert_frame_equal(new, old)
    assert type(new.columns) is type(old.columns)


def test_a_number_that_does_not_fit_an_array_raises(folder: Path) -> None:
    """Beyond 64 bits pandas would make objects: the array says so."""
    source = notebook("import pandas as pd\ntexts = ['1', '2']",
                      "rows = []\nfor text in texts:\n    rows.append({'a': int(text), 'b': text})\n" + MADE,
                      measured=1)  # fmt: skip
    card = only_card(RULE, source, folder)

    assert 'array("q")' in card.edits[0].after
    with pytest.raises(OverflowError):
        run(notebook("import pandas as pd\ntexts = ['1', '9' * 30]", card.edits[0].after), folder)


def test_half_a_row_raises_when_the_frame_is_made(folder: Path) -> None:
    """An error between two values leaves columns of unequal length: no frame is made of them."""
    loop = "rows = []\nfor text in texts:\n    rows.append({'a': text, 'b': 1 / float(text)})"
    source = notebook("import pandas as pd\ntexts = ['1', '2']", loop, MADE, measured=1)
    card = only_card(RULE, source, folder)
    changed = source.with_edits(card.edits)
    namespace: dict[str, object] = {"texts": ["1", "0"], "pd": __import__("pandas")}

    with pytest.raises(ZeroDivisionError):
        exec(changed.cells[1].source, namespace)
    with pytest.raises(ValueError, match="same length"):
        exec(changed.cells[2].source, namespace)


NO_OPS = {
    "used otherwise": [[IMPORT + LOOP + MADE, "first = rows[0]"], "used otherwise in cell 1"],
    "an alias": [[IMPORT + LOOP + MADE, "other = rows"], "used otherwise in cell 1"],
    "extended": [[IMPORT + LOOP + "rows.extend([{'id': 1}])\n" + MADE], "used otherwise"],
    "added to": [[IMPORT + LOOP + "rows += [{'id': 1, 'name': '', 'share': 1.0}]\n" + MADE], "bound elsewhere too"],
    "printed": [[IMPORT + LOOP + MADE + "\nprint(rows)"], "used otherwise"],
    "sorted": [[IMPORT + LOOP + "rows.sort(key=str)\n" + MADE], "used otherwise"],
    "a method taken": [
        [IMPORT + "rows = []\nadd = rows.append\nfor n in names:\n    rows.append({'a': n})\n" + MADE],
        "used otherwise",
    ],
    "in a function": [
        [IMPORT + "rows = []\ndef f(n):\n    rows.append({'a': n, 'b': 1})\nfor n in names:\n    f(n)\n" + MADE],
        "inside f",
    ],
    "in a lambda": [
        [
            IMPORT + "rows = []\nf = lambda n: rows.append({'a': n})\nfor n in names:\n"
            "    f(n)\n    rows.append({'a': n})\n" + MADE
        ],
        "used otherwise",
    ],
    "in a try": [
        [
            IMPORT + "rows = []\nfor n in names:\n    try:\n"
            "        rows.append({'a': n, 'b': n[0]})\n    except IndexError:\n"
            "        pass\n" + MADE
        ],
        "inside a try",
    ],
    "in a suppress": [
        [
            IMPORT + "import contextlib\nrows = []\nfor n in names:\n"
            "    with contextlib.suppress(IndexError):\n"
            "        rows.append({'a': n, 'b': n[0]})\n" + MADE
        ],
        "inside a with",
    ],
    "other names": [
        [
            IMPORT + "rows = []\nfor n in names:\n    rows.append({'a': n, 'b': 1})\n"
            "rows.append({'b': 1, 'a': 'z'})\n" + MADE
        ],
        "same names in the same order",
    ],
    "computed names": [
        [IMPORT + "k = 'a'\nrows = []\nfor n in names:\n    rows.append({k: n, 'b': 1})\n" + MADE],
        "not written out",
    ],
    "unpacked": [
        [IMPORT + "more = {'q': 1}\nrows = []\nfor n in names:\n    rows.append({'a': n, **more})\n" + MADE],
        "not written out",
    ],
    "the same name twice": [
        [IMPORT + "rows = []\nfor n in names:\n    rows.append({'a': n, 'a': 1})\n" + MADE],
        "not written out",
    ],
    "a row of its own": [
        [IMPORT + "rows = []\nfor n in names:\n    row = {'a': n}\n    rows.append(row)\n" + MADE],
        "not written out",
    ],
    "no names": [[IMPORT + "rows = []\nfor n in names:\n    rows.append((n, 1))\n" + MADE], "no names"],
    "fewer names": [[IMPORT + LOOP + "df = pd.DataFrame(rows, columns=['id', 'name'])"], "other columns"],
    "an index": [[IMPORT + LOOP + "df = pd.DataFrame(rows, index=range(20))"], "plain pd.DataFrame"],
    "two frames": [[IMPORT + LOOP + MADE + "\ndf2 = pd.DataFrame(rows)"], "more than once"],
    "a frame in a loop": [[IMPORT + LOOP + "for _ in range(2):\n    df = pd.DataFrame(rows)"], "made inside a for"],
    "a frame in a function": [[IMPORT + LOOP + "f = lambda: pd.DataFrame(rows)\ndf = f()"], "made inside a function"],
    "a row after the frame": [
        [IMPORT + LOOP + MADE + "\nrows.append({'id': 1, 'name': '', 'share': 1.0})"],
        "after the frame",
    ],
    "a row in another cell's loop later": [
        [IMPORT + LOOP + MADE, "for i in range(2):\n    rows.append({'id': i, 'name': '', 'share': 1.0})"],
        "after the frame",
    ],
    "begun again": [[IMPORT + "rows = [1]", LOOP + MADE], "bound elsewhere too"],
    "a length in a row": [
        [IMPORT + "rows = []\nfor n in names:\n    rows.append({'a': n, 'b': len(rows)})\n" + MADE],
        "part of a row",
    ],
    "a length in an f-string": [[IMPORT + LOOP + "print(f'{len(rows)} rows')\n" + MADE], "f-string"],
    "by any name": [[IMPORT + LOOP + MADE, "x = globals()"], "any name"],
    "in a query": [[IMPORT + "import duckdb\n" + LOOP + MADE + "\nq = 'select * from rows'"], "query"],
    "a comprehension's variable": [
        [IMPORT + "word = 3\nrows = [{'a': word} for word in names]\n" + MADE],
        "overwrite word",
    ],
    "a comprehension in another cell": [[IMPORT + "rows = [{'a': word} for word in names]", MADE], "different cells"],
    "a comprehension in a comprehension": [
        [IMPORT + "rows = [{'a': [c for c in word]} for word in names]\n" + MADE],
        "another one",
    ],
    "from a function": [
        ['import pandas as pd\nimport json\nrows = json.loads(\'[{"a": 1}, {"a": 2}]\')\n' + MADE],
        "not an empty list",
    ],
    "a list of another's": [
        [IMPORT + "def dict(**k):\n    return k\nrows = []\nfor n in names:\n    rows.append(dict(a=n))\n" + MADE],
        "not written out",
    ],
}


@pytest.mark.parametrize(("cells", "reason"), NO_OPS.values(), ids=NO_OPS.keys())
def test_it_holds_back(folder: Path, cells: list[str], reason: str) -> None:
    """Whatever else is done with the list, and whatever a loop of columns would do otherwise, is said as the reason."""
    assert reason in held_back(RULE, notebook(*cells), folder)


@pytest.mark.parametrize(
    "cells",
    [
        [IMPORT + LOOP],
        [IMPORT + "rows = []\nfor n in names:\n    rows.append(n)\ndf = pd.DataFrame(rows)"],
        [IMPORT + LOOP + "DataFrame = print\nDataFrame(rows)"],
        [IMPORT + LOOP + MADE + "\ndel rows"],
    ],
)
def test_there_is_nothing_to_say(folder: Path, cells: list[str]) -> None:
    """Without rows, without a frame, or without a live list nothing is known to be wasted."""
    assert ask(RULE, notebook(*cells), folder) == ([], [])


def test_a_cell_that_does_not_mention_the_rows_gets_no_card(folder: Path) -> None:
    """The measured cell decides."""
    source = notebook(IMPORT + LOOP + MADE, "x = df['id'].sum()", measured=1)

    assert advise(source, evidence_of(source, run(source, folder)[0], folder), [find_rule(RULE)]) == ((), ())


VALUES = ["i", "-i", "i * 2", "i / 3", "float(i)", "int(i)", "names[i % 4]", "None", "bool(i % 2)", "len(names)",
          "round(i / 7, 2)", "i % 3 - 2.5", "2 ** i", "str(i)", "[i]", "float('nan')", "names[i % 4] or None",
          "1 if i % 3 else 'x'", "i if i % 2 else None", "10 ** 18 * i if i < 9 else i"]  # fmt: skip


def random_notebook(rng: random.Random) -> NotebookSource:
    """Return a notebook that grows rows of random kinds in a random shape."""
    keys = rng.sample(["a", "b", "x y", "é", "'q'", "1"], rng.randint(1, 5))
    values = [rng.choice(VALUES) for _ in keys]
    kind = rng.choice(["dict", "tuple", "list"])
    if kind == "dict":
        row = "{" + ", ".join(f"{key!r}: {value}" for key, value in zip(keys, values, strict=True)) + "}"
    else:
        row = ", ".join(values) + ","
        row = f"({row})" if kind == "tuple" else f"[{row}]"
    made = "df = pd.DataFrame(rows)" if kind == "dict" else f"df = pd.DataFrame(rows, columns={keys!r})"
    condition = rng.choice(["", "i % 2", "i > 3"])
    over = f"range({rng.randint(1, 12)})"
    if rng.random() < 0.3:
        filtered = f" if {condition}" if condition else ""
        cells = [f"rows = [{row} for i in {over}{filtered}]\n{made}"]
    else:
        step = f"if {condition}:\n        rows.append({row})" if condition else f"rows.append({row})"
        cells = ["rows = []", f"for i in {over}:\n    {step}", made]
        cells = ["\n".join(cells)] if rng.random() < 0.5 else cells
    return notebook("import pandas as pd\nnames = ['x', 'yy', '', 'é']", *cells, measured=1)


def test_random_rows_give_identical_frames(folder: Path) -> None:
    """Whatever the values are, the frame of columns is the frame of rows."""
    cards = 0
    for seed in range(150):
        source = random_notebook(random.Random(seed))
        found, _ = ask(RULE, source, folder)
        for card in found:
            cards += 1
            verdict = verify(card, source, folder)
            assert verdict.result is ResultClass.IDENTICAL, (seed, source.cells, verdict.differences)

    assert cards > 80
