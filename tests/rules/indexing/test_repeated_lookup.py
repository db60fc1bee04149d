"""repeated-lookup: rows through an index are the rows of the frame, and the index is never stale or half built."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from harness import evidence_of, held_back, notebook, only_card, run, verify

from memadvise.model import NotebookSource, ResultClass
from memadvise.rules import advise, find_rule

RULE = "repeated-lookup"
READ = "import pandas as pd\ndf = pd.read_csv('data.csv')"
CSV = "k,v,w,s,b\n" + "".join(
    f"{['a', 'b', '', 'é'][row % 4]},{row},{row / 7},{['', 'x'][row % 5 == 0]},{row % 3 == 0}\n" for row in range(20)
)
TWO = "x = df[df['v'] == 3]\ny = df[df['v'] == 17]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a file of five columns, copied to the index in seven pieces."""
    (tmp_path / "data.csv").write_text(CSV)
    return tmp_path


@pytest.mark.parametrize(
    "use",
    [
        TWO,
        "x = df[df['v'] == 99]\ny = df.loc[df['k'] == 'a']",
        "x = df[(df['k'] == 'a') & (df['v'] >= 8)]\ny = df[df.w.between(1, 2)]",
        "x = [df[df['v'] == key] for key in [1, 2.0, True, None, float('nan'), float('inf'), '3', 2**40]]",
        "import numpy as np\nx = [df[df['v'] == key] for key in [np.int64(1), np.float32(2), np.bool_(True)]]",
        "x = [df[df['k'] == key] for key in ['a', '', 'é', 'nothing', 5, None]]",
        "def find(key):\n    return df[df['v'] == key]['w'].sum()\nx = [find(key) for key in range(4)]",
        "find = lambda key: df[df['v'] == key]\nx = list(map(find, [1, 2]))",
        "x = {}\nfor low in range(3):\n    x[low] = df[(df['v'] > low) & (df['v'] <= low + 2)]",
        "x = df[3 < df['v']]\ny = df[df['s'] == 'x']",
        TWO + "\nx['new'] = 1\nx.index.name = 'label'\ndf.head(3)",
    ],
)
def test_lookups_give_the_rows_of_the_frame(folder: Path, use: str) -> None:
    """Rows, order, labels and dtypes are identical for keys of every plain type, found or not."""
    source = notebook(READ, use)

    card = only_card(RULE, source, folder)
    verdict = verify(card, source, folder)

    assert (verdict.equal, verdict.result, card.result) == (True, ResultClass.IDENTICAL, ResultClass.IDENTICAL)


def test_the_code_of_a_lookup(folder: Path) -> None:
    """The person's own condition is applied once more to what the index finds."""
    card = only_card(RULE, notebook(READ, TWO), folder)

    assert card.edits[1].after == (
        "x = df_rows('\"v\" = ?', 3)[lambda df: df['v'] == 3]\ny = df_rows('\"v\" = ?', 17)[lambda df: df['v'] == 17]"
    )


@pytest.mark.parametrize(
    "names",
    [
        ["rowid", "order", "row_number", "ROW_ID"],
        ['qu"ote', "it's", "a?b", "a:b"],
        ["%s", "sele ct", "{x}", "é日本"],
        ["index", "count", "T", "back\\slash"],
        [" lead", "two\nlines", "select", "a,b"],
    ],
)
def test_names_that_are_hostile_to_sql(tmp_path: Path, names: list[str]) -> None:
    """Column names are quoted for SQL, for Python and for the template, whatever they hold."""
    pd.DataFrame({name: range(place, place + 9) for place, name in enumerate(names)}).to_csv(
        tmp_path / "data.csv", index=False
    )
    source = notebook(READ, "\n".join(f"x{place} = df[df[{name!r}] == 5]" for place, name in enumerate(names)))

    assert verify(only_card(RULE, source, tmp_path), source, tmp_path).equal


@pytest.mark.parametrize(
    ("content", "use"),
    [
        ("k,v\nNA,1\n,2\nnull,3\n", "x = df[df['v'] == 1]\ny = df[df['k'] == 'NA']"),
        ('k,v\n"a\nb",1\n"c ""d""",2\n', "x = df[df['k'] == 'a\\nb']\ny = df[df['v'] == 2]"),
        ("k,v\r\n01x,1\r\n 1,2\r\n", "x = df[df['k'] == '01x']\ny = df[df['k'] == ' 1']"),
        ("\ufeffk,v\na,1\nb,2", "x = df[df['k'] == 'a']\ny = df[df['v'] == 2]"),
        (
            "k,v\n" + "".join(f"{2**60 + row},{row}\n" for row in range(9)),
            f"x = df[df['k'] == {2**60 + 1}]\ny = df[df['v'] == 2]",
        ),
        ("k,k,v\na,b,1\na,c,2\n", "x = df[df['k.1'] == 'b']\ny = df[df['v'] == 2]"),
        (",v\n0,1\n1,2\n", "x = df[df['Unnamed: 0'] == 1]\ny = df[df['v'] == 2]"),
    ],
)
@pytest.mark.parametrize("options", ["", ", keep_default_na=False", ", na_values=['a']"])
def test_files_that_are_odd(tmp_path: Path, content: str, use: str, options: str) -> None:
    """Missing values, quoted newlines, ids beyond 2**53, doubled names and byte order marks come back as they were."""
    (tmp_path / "data.csv").write_bytes(content.encode())
    source = notebook(READ.replace("')", f"'{options})"), use)

    verdict = verify(only_card(RULE, source, tmp_path), source, tmp_path)

    assert (verdict.equal, verdict.result) == (True, ResultClass.IDENTICAL)


@pytest.mark.parametrize(
    ("use", "reason"),
    [
        (TWO + "\nz = df.shape", "used elsewhere"),
        (TWO + "\nb = df", "used elsewhere"),
        (TWO + "\nz = df[df['v'] != 3]", "used elsewhere"),
        (TWO + "\nz = df[(df['v'] == 3) | (df['v'] == 4)]", "used elsewhere"),
        (TWO + "\ndel df", "used elsewhere"),
        (TWO + "\nclass A:\n    key = 3\n    rows = df[df['v'] == key]", "class body"),
        (TWO + "\nz = f\"{len(df[df['v'] == 3])}\"", "f-string"),
        (TWO + "\nz = eval('1')", "eval"),
        (TWO + "\nclosing = 5", "uses the name closing"),
        (TWO + "\nfrom os import path as Path", "uses the name Path"),
        (TWO + "\nos = 'linux'", "uses the name os"),
        (TWO + "\nimport os\nos.chdir('.')", "working directory"),
        (TWO + "\nopen('data.csv', 'a').close()", "something else with the file"),
        ("x = df[df['b'] == True]\ny = df[df['v'] == 3]", "'b' is bool"),
    ],
)
def test_it_holds_back_where_an_index_is_not_the_frame(folder: Path, use: str, reason: str) -> None:
    """Other uses of the frame, names that the written code needs, and a file that may change."""
    assert reason in held_back(RULE, notebook(READ, use), folder)


@pytest.mark.parametrize(
    ("column", "reason"),
    [
        (["-0.0", "1.5"], "-0.0"),
        (["1e300", "1.5"], "beyond 2**53"),
        (["9007199254740992.0", "1.5"], "beyond 2**53"),
        (["18446744073709551615", "1"], "uint64"),
        (["True", ""], "object"),
    ],
)
def test_values_that_sqlite_would_not_give_back(tmp_path: Path, column: list[str], reason: str) -> None:
    """Signed zeros, huge floats and mixed columns hold it back, also where they are only carried along."""
    (tmp_path / "data.csv").write_text("v,c\n" + "".join(f"{row},{column[row % 2]}\n" for row in range(8)))

    assert reason in held_back(RULE, notebook(READ, TWO), tmp_path)


def test_names_that_differ_only_in_case_are_left_alone(tmp_path: Path) -> None:
    """SQLite does not tell `v` from `V`."""
    (tmp_path / "data.csv").write_text("v,V\n1,2\n3,4\n")

    assert "differ only in case" in held_back(RULE, notebook(READ, TWO), tmp_path)


def test_one_lookup_is_no_repeated_lookup(folder: Path) -> None:
    """Reading the file once for one lookup is what an index would do as well."""
    assert held_back(RULE, notebook(READ, "x = df[df['v'] == 3]"), folder) == ""


@pytest.mark.parametrize("key", ["b'a'", "__import__('decimal').Decimal(3)", "pd.Timestamp('2020')", "2**70"])
def test_keys_of_other_types_raise(folder: Path, key: str) -> None:
    """A key that SQLite compares otherwise than pandas raises instead of finding other rows."""
    changed = _rewritten(folder, notebook(READ, "key = 3\nx = df[df['v'] == key]\ny = df[df['k'] == key]"), key)

    with pytest.raises((TypeError, OverflowError)):
        run(changed, folder)


def test_floats_never_look_up_whole_numbers_beyond_floats(tmp_path: Path) -> None:
    """Pandas calls 2**53 + 1 equal to float(2**53), SQLite does not: such a key raises."""
    (tmp_path / "data.csv").write_text("v,c\n" + "".join(f"{2**53 + row},{row}\n" for row in range(8)))
    changed = _rewritten(
        tmp_path, notebook(READ, "key = 3\nx = df[df['v'] == key]\ny = df[df['c'] == key]"), "float(2**53)"
    )

    with pytest.raises(TypeError, match="whole numbers or text"):
        run(changed, tmp_path)


def _rewritten(folder: Path, source: NotebookSource, key: str) -> NotebookSource:
    """Return the rewritten notebook with another key."""
    changed = source.with_edits(only_card(RULE, source, folder).edits)
    cells = [cell.source.replace("key = 3", f"key = {key}") for cell in changed.cells]
    return notebook(*cells)


# --- the index itself ------------------------------------------------------------------------------------------------


@pytest.fixture
def changed(folder: Path) -> NotebookSource:
    """Return a rewritten notebook of two lookups, run once: its index is there."""
    source = notebook(READ, TWO)
    rewritten = source.with_edits(only_card(RULE, source, folder).edits)
    run(rewritten, folder)
    return rewritten


def _indexes(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "memadvise_cache").iterdir())


def test_a_second_run_finds_the_index(folder: Path, changed: NotebookSource) -> None:
    """The same file, the same columns: nothing is built again, and nothing else lies in the folder."""
    before = _indexes(folder)

    run(changed, folder)

    assert (_indexes(folder), len(before)) == (before, 1)


def test_a_changed_file_gets_a_new_index(folder: Path, changed: NotebookSource) -> None:
    """Same size and same time of change, other content in the middle: the rows are those of the file as it is."""
    path = folder / "data.csv"
    padding = f"b,100,1.5,{'x' * 2000},True\n" * 40  # more than the 64 KiB at each end that the stamp covers
    path.write_text(CSV + padding + "a,5,1,x,True\n" + padding)
    run(changed, folder)
    status = path.stat()
    path.write_text(CSV + padding + "a,3,1,x,True\n" + padding)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    namespace, _ = run(changed, folder)

    assert path.stat().st_size == status.st_size
    assert len(namespace["x"]) == 2  # type: ignore[arg-type]


def test_other_arguments_of_the_read_get_a_new_index(folder: Path, changed: NotebookSource) -> None:
    """Someone edits `na_values` in the written code: the index of the old reading is not used."""
    edited = notebook(
        *(cell.source.replace("Path('data.csv'))", "Path('data.csv'), na_values=['b'])") for cell in changed.cells)
    )

    found = run(edited, folder)[0]["y"]

    assert "na_values" in edited.cells[0].source
    assert found["k"].isna().all()  # type: ignore[index]
    assert len(_indexes(folder)) == 2


def test_what_an_interrupted_build_left_is_never_used(folder: Path) -> None:
    """A half-filled table of a killed kernel with the same process id does not double rows."""
    source = notebook(READ, TWO)
    rewritten = source.with_edits(only_card(RULE, source, folder).edits)
    run(rewritten, folder)
    (index,) = (folder / "memadvise_cache").iterdir()
    index.rename(index.with_suffix(f".{os.getpid()}.partial"))

    namespace, _ = run(rewritten, folder)

    assert len(namespace["x"]) == 1  # type: ignore[arg-type]


def test_a_failed_build_leaves_nothing(folder: Path, changed: NotebookSource) -> None:
    """A late row that does not fit the types raises, and no part of an index stays behind."""
    before = _indexes(folder)
    (folder / "data.csv").write_text(CSV + "a,no number,1,x,True\n")

    with pytest.raises(ValueError, match="no number"):
        run(changed, folder)
    assert _indexes(folder) == before


@pytest.mark.parametrize("header", ["k,v,w,s,b,more", "v,k,w,s,b", "k,v,w,s", "k,value,w,s,b"])
def test_another_header_raises(folder: Path, changed: NotebookSource, header: str) -> None:
    """Rows come out whole: a column more, less, renamed or elsewhere must not pass unseen."""
    (folder / "data.csv").write_text(header + "\n" + ",".join("1" for _ in header.split(",")) + "\n")

    with pytest.raises(ValueError, match="other columns"):
        run(changed, folder)


def test_an_index_that_was_removed_raises_and_is_not_made_empty(folder: Path, changed: NotebookSource) -> None:
    """SQLite opens it for reading only: a missing file is an error, never a new empty table."""
    with_removal = notebook(
        changed.cells[0].source, "import shutil\nshutil.rmtree('memadvise_cache')", changed.cells[1].source
    )

    with pytest.raises((sqlite3.OperationalError, pd.errors.DatabaseError)):
        run(with_removal, folder)
    assert not (folder / "memadvise_cache").exists()


def test_the_lookups_see_the_file_as_it_was_read(folder: Path, changed: NotebookSource) -> None:
    """The index is made where the read stood: a file that changes afterwards changes nothing before the next read."""
    cells = [changed.cells[0].source, "open('data.csv', 'a').write('a,3,9,x,True\\n')", changed.cells[1].source]

    namespace, _ = run(notebook(*cells), folder)

    assert len(namespace["x"]) == 1  # type: ignore[arg-type]


def test_no_room_raises(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk without room for the index is said so before anything is written."""
    source = notebook(READ, TWO)
    rewritten = source.with_edits(only_card(RULE, source, folder).edits)
    shutil.rmtree(folder / "memadvise_cache")
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())

    with pytest.raises(OSError, match="no room"):
        run(rewritten, folder)
    assert _indexes(folder) == []


def test_it_is_held_back_when_the_frame_is_gone(folder: Path) -> None:
    """By hand: without the live frame the types of all rows are not known."""
    source = notebook(READ, TWO)
    evidence = evidence_of(source, {}, folder)

    cards, held = advise(source, evidence, [find_rule(RULE)])

    assert cards == ()
    assert "not alive" in held[0].reason
