"""Bad input: a clear message or a smaller report, never a traceback of memadvise, never a changed cell."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from live_kernel import Kernel

from memadvise.show.report_json import schema

OURS = ("src/memadvise", "site-packages/memadvise", "internal error", "Error in callback")


def is_clean(text: str) -> bool:
    """Tell whether nothing on the screen comes from a defect of memadvise."""
    return not any(sign in text for sign in OURS)


@pytest.fixture
def kernel(loaded: Kernel) -> Kernel:
    """The loaded kernel, its namespace and history empty."""
    loaded.start_again()
    return loaded


WRONG_OPTIONS = {
    "--bogus": "unrecognized arguments: --bogus",
    "--limit 2GBB": "'2GBB' is not a size",
    "--limit": "expected one argument",
    "--limit 5": "less than any kernel takes",
    "--name": "expected one argument",
    "stray words": "unrecognized arguments: stray words",
    "--name 'unclosed": "No closing quotation",
}


@pytest.mark.parametrize("options", WRONG_OPTIONS)
@pytest.mark.parametrize("above", ["", "%%time\n"])
def test_wrong_option_runs_nothing(kernel: Kernel, above: str, options: str) -> None:
    """A wrong option is a UsageError that says what is wrong, and the cell does not run unguarded instead."""
    ran = kernel.run(f"{above}%%memadvise {options}\nran = 1")

    assert ran.reply["ename"] == "UsageError"
    assert WRONG_OPTIONS[options] in ran.text
    assert "Hint: " in ran.text or "quotation" in ran.text
    assert is_clean(ran.everything)
    assert "ran" not in kernel.state()["names"]


WRONG_LINES = {
    "%memadvise bogus": "no command 'bogus'",
    "%memadvise session": "no command 'session'",
    "%memadvise _apply 1": "no command '_apply'",
    "%memadvise apply": "which recommendation",
    "%memadvise apply x": "which recommendation",
    "%memadvise apply 999": "",
    "%memadvise explain": "which rule",
    "%memadvise explain nonsense": "no rule is called 'nonsense'",
    "%memadvise 'unclosed": "No closing quotation",
}


@pytest.mark.parametrize("line", WRONG_LINES)
def test_wrong_line_is_a_usage_error(kernel: Kernel, line: str) -> None:
    """A line that memadvise does not understand is answered with a UsageError and a hint."""
    ran = kernel.run(line)

    assert ran.reply["ename"] == "UsageError"
    assert WRONG_LINES[line] in ran.text
    assert "Hint: " in ran.text
    assert is_clean(ran.everything)


RAISING = {
    "missing file": ("open('missing.csv')", "FileNotFoundError"),
    "missing file read by pandas": ("import pandas as pd\nlost = pd.read_csv('missing.csv')", "FileNotFoundError"),
    "a folder": ("import pandas as pd\nlost = pd.read_csv('.')", "IsADirectoryError"),
    "an unreadable file": ("import pandas as pd\nlost = pd.read_csv('noise.csv')", "UnicodeDecodeError"),
    "an empty file": ("import pandas as pd\nlost = pd.read_csv('empty.csv')", "EmptyDataError"),
    "pandas not imported": ("lost = pd.read_csv('orders.csv')", "NameError"),
    "no memory": ("lost = bytearray(1 << 62)", "MemoryError"),
    "a keyboard interrupt of its own": ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "its own exit": ("import sys\nsys.exit(1)", "SystemExit"),
}


@pytest.mark.parametrize("name", RAISING)
def test_cell_that_raises_gets_its_report(kernel: Kernel, folder: Path, name: str) -> None:
    """A cell that raises keeps its exception, and its report says so."""
    (folder / "noise.csv").write_bytes(b"a,b\n\xff\xfe\x00,1\n")
    (folder / "empty.csv").write_bytes(b"")
    cell, error = RAISING[name]

    ran = kernel.run(f"%%memadvise\n{cell}")

    assert ran.reply["ename"] == error
    assert len(ran.reports) == 1
    assert ran.reports[0].startswith(f"The cell raised: {error}")
    assert is_clean(ran.everything)


def test_file_that_goes_away_after_the_read(kernel: Kernel, folder: Path) -> None:
    """A frame whose file was removed meanwhile still gets a report."""
    (folder / "going.csv").write_text("a,b\n1,2\n")
    ran = kernel.run(
        "%%memadvise\nimport os, pandas\nt = pandas.read_csv('going.csv')\nos.remove('going.csv')\nt.a.sum()"
    )

    assert ran.reply["status"] == "ok"
    assert len(ran.reports) == 1
    assert is_clean(ran.everything)


FRAMES = {
    "not from a file": "t = pd.DataFrame({'a': range(5)})",
    "2,000 columns": "t = pd.DataFrame(np.zeros((3, 2000)))",
    "2,000 text columns": "t = pd.DataFrame({f'c{i}': ['x', 'y'] for i in range(2000)})",
    "zero rows": "t = pd.DataFrame({'a': [], 'b': []})",
    "no columns": "t = pd.DataFrame()",
    "duplicate column names": "t = pd.DataFrame([[1, 'x'], [2, 'y']], columns=['a', 'a'])",
    "column names that are no text": "t = pd.DataFrame([[1, 2, 3, 4]], columns=[0, None, (1, 2), 1.5])",
    "two levels of columns": "t = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([('a', 'x'), ('b', 'y')]))",
    "column names that raise": "class C(str):\n    def __str__(self): raise ValueError\n    __repr__ = __str__\n"
    "t = pd.DataFrame({C('a'): [1]})",
    "an extension type": "t = pd.DataFrame({'a': pd.arrays.IntervalArray.from_breaks([0, 1, 2])})",
    "sparse": "t = pd.DataFrame({'a': pd.arrays.SparseArray([0, 0, 1])})",
}


@pytest.mark.parametrize("name", FRAMES)
def test_strange_frame(kernel: Kernel, name: str) -> None:
    """A frame of any shape and with any column names is reported on, and used and read from a file as well."""
    kernel.run("import pandas as pd, numpy as np")
    made = kernel.run(f"%%memadvise\n{FRAMES[name]}\nn = len(t)")
    stored = kernel.run("t.to_csv('strange.csv', index=False)")
    read = kernel.run("%%memadvise\ntry:\n    again = pd.read_csv('strange.csv')\nexcept Exception:\n    again = None")

    assert made.reply["status"] == "ok"
    assert [len(made.reports), len(read.reports)] == [1, 1]
    assert is_clean(made.everything + read.everything)
    assert "internal error" not in stored.text


FRAMES_OF_OBJECTS = {
    "frames in a frame": "t = pd.DataFrame({'a': [pd.DataFrame({'b': [1]}), None]})",
    "a frame that holds itself": "t = pd.DataFrame({'a': [None]}, dtype=object)\nt.iat[0, 0] = t",
    "values that raise": "class H:\n    def __eq__(self, *_): raise ValueError\n"
    "    __hash__ = __sizeof__ = __repr__ = __eq__\n"
    "t = pd.DataFrame({'a': [H(), H()]})",
}


@pytest.mark.parametrize("name", FRAMES_OF_OBJECTS)
def test_frame_of_objects(kernel: Kernel, name: str) -> None:
    """A frame whose values can not even be compared costs at most the advice: the report is there, and no traceback."""
    kernel.run("import pandas as pd")
    ran = kernel.run(f"%%memadvise\n{FRAMES_OF_OBJECTS[name]}\nn = len(t)")
    kernel.run("del t")

    assert ran.reply["status"] == "ok"
    assert len(ran.reports) == 1
    assert "Traceback" not in ran.everything
    assert ran.text.count("\n") <= 1


def test_zero_rows_in_the_file(kernel: Kernel, folder: Path) -> None:
    """A file with a header and no rows gets a report when its frame is grouped."""
    (folder / "none.csv").write_text("country,amount\n")
    kernel.run("import pandas as pd\nnone = pd.read_csv('none.csv')")
    ran = kernel.run("%%memadvise\nnone.groupby('country')['amount'].sum()")

    assert len(ran.reports) == 1
    assert is_clean(ran.everything)


def test_hostile_column_name_is_text(kernel: Kernel, folder: Path) -> None:
    """A column named like a tag reaches neither the page nor generated code as anything but text."""
    name = "<img src=x onerror=alert(1)>"
    (folder / "hostile.csv").write_text(f"{name},country,other\n" + "1,A,x\n" * 2000)
    kernel.run(f"import pandas as pd\nh = pd.read_csv('hostile.csv')\nkey = {name!r}")
    pages = kernel.run(f"%%memadvise --name '{name}'\ntotal = h.groupby('country')[{name!r}].sum()")

    assert is_clean(pages.everything)
    assert len(pages.html) == 1
    assert "<img" not in pages.html[0]


def test_report_that_can_not_be_written(kernel: Kernel) -> None:
    """An unwritable path is one clear line; the cell has run and its report is shown."""
    ran = kernel.run("%%memadvise --json no/such/folder/report.json\nran = 1\nran")

    assert "memadvise: the report was not written to no/such/folder/report.json: No such file or directory" in ran.text
    assert len(ran.reports) == 1
    assert kernel.state()["Out"] == {"1": "int: 1"}


def test_report_of_one_cell_fits_the_schema(kernel: Kernel, folder: Path) -> None:
    """`--json` writes the report of this cell, as the schema says; a cell that raised is in it, too."""
    kernel.run("%%memadvise --json one.json --name 'a label'\nmade = bytearray(1000)\n1 / 0")
    found = json.loads((folder / "one.json").read_text())
    jsonschema.validate(found, schema())
    (cell,) = found["cells"]

    assert cell["status"] == "error"
    assert cell["error"]["type"] == "ZeroDivisionError"
    assert cell["name"] == "a label"
    assert cell["source"].startswith("%%memadvise --json one.json")


def test_quiet_shows_nothing(kernel: Kernel) -> None:
    """With `-q` nothing is shown, and the cell is in the history of measured cells."""
    ran = kernel.run("%%memadvise -q --name hushed\nx = 1")

    assert not ran.outputs
    assert not ran.reports
    assert not ran.widgets
    assert "hushed" in kernel.run("%memadvise history").text


def test_cell_id_that_no_longer_exists(kernel: Kernel) -> None:
    """A cell with an id that no notebook knows is measured and gets its advice from the history."""
    ran = kernel.run("%%memadvise\nx = 1", cell_id="gone-for-good")

    assert len(ran.reports) == 1
    assert is_clean(ran.everything)


def test_working_directory_that_is_gone(kernel: Kernel, folder: Path) -> None:
    """A cell that removes its own working directory gets its report."""
    (folder / "leaving").mkdir()
    ran = kernel.run("%%memadvise\nimport os\nhome = os.getcwd()\nos.chdir('leaving')\nos.rmdir('../leaving')")
    back = kernel.run("os.chdir(home)")

    assert ran.reply["status"] == "ok"
    assert len(ran.reports) == 1
    assert is_clean(ran.everything)
    assert back.reply["status"] == "ok"


def test_broken_standard_output(kernel: Kernel) -> None:
    """A cell that breaks standard output is measured; nothing of ours raises for want of a place to print."""
    kernel.run("class Broken:\n    def write(self, text): raise OSError('broken')\n    def flush(self): pass")
    ran = kernel.run("%%memadvise --json no/such/folder/x.json\nimport sys\nusual, sys.stdout = sys.stdout, Broken()")
    kernel.run("sys.stdout = usual")
    back = kernel.run("print('back')")

    assert len(ran.reports) == 1
    assert is_clean(ran.everything)
    assert back.text == "back\n"


def test_two_panels_at_once(kernel: Kernel) -> None:
    """Each measured cell has a panel of its own, and an earlier one stays."""
    runs = [kernel.run(f"%%memadvise\nx = {number}") for number in range(2)]

    assert [ran.widgets for ran in runs] == [1, 1]
    assert [len(ran.reports) for ran in runs] == [1, 1]


def test_recursion_limit_reached_in_a_cell(kernel: Kernel) -> None:
    """Lists nested a thousand deep and a lowered recursion limit do not disturb the report."""
    ran = kernel.run("%%memadvise\ndeep = []\nfor _ in range(100_000):\n    deep = [deep]")
    low = kernel.run("%%memadvise\nimport sys\nusual = sys.getrecursionlimit()\nsys.setrecursionlimit(120)")
    back = kernel.run("sys.setrecursionlimit(usual)\nwhile deep:\n    deep = deep[0]")

    assert len(ran.reports) == 1
    assert is_clean(ran.everything)
    assert low.reply["status"] == "ok"
    assert back.reply["status"] == "ok"
