"""Evidence of files: the header that pandas itself reads, or in words why not."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import lzma
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from memadvise.model import Cell, Measurement, NotebookSource, ReadEvidence
from memadvise.observe import Patience, machine, observe
from memadvise.observe.files import SCAN_BELOW_BYTES, FileLooker, path_value, read_evidence
from memadvise.observe.frames import frame_evidence
from memadvise.rewrite.parse import parse_notebook
from memadvise.rewrite.reads import find_reads


def _evidence(code: str, **names: object) -> ReadEvidence:
    cells = parse_notebook(NotebookSource((Cell("id", 0, "import pandas as pd\n" + code),), "id"))
    return read_evidence(find_reads(cells)[0], names)


@pytest.mark.parametrize(
    ("content", "options", "header"),
    [
        ("a,b\n1,2\n", "", ("a", "b")),
        ("a,a,\n1,2,3\n", "", ("a", "a.1", "Unnamed: 2")),
        ("\ufeffa;b\r\n1;2", ", sep=';'", ("a", "b")),
        ('"a\nb", c\n1,2\n', "", ("a\nb", " c")),
        ("a, b\n1,2\n", ", skipinitialspace=True", ("a", "b")),
        ("a,b\n", "", ("a", "b")),
        ("a,b,c\n1,2,3\n", ", usecols=['c', 'a']", ("a", "c")),
    ],
)
def test_the_header_is_what_pandas_reads(tmp_path: Path, content: str, options: str, header: tuple[str, ...]) -> None:
    """With the call's own arguments, in file order."""
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode())

    found = _evidence(f"df = pd.read_csv({str(path)!r}{options})")

    assert (found.header, found.problem, found.size_bytes) == (header, "", len(content.encode()))


@pytest.mark.parametrize(
    ("content", "options", "problem"),
    [
        (b"", "", "EmptyDataError"),
        (b"\xff\xfe\x00a,b\n", "", "Unicode"),
        (b"a,b\n1,2,3\n4,5,6\n", "", "ValueError"),  # the first fields become the index
        (b"a,b\n1,2,\n", "", "ValueError"),
        (b"a,b\n1,2\n", ", sep=s", "no literal"),
        (b"a,b\n1,2\n", ", header=None", "TypeError"),
        (b"a,b\n1,2\n", ", names=[0, 1]", "TypeError"),
    ],
)
def test_files_of_which_nothing_can_be_said(tmp_path: Path, content: bytes, options: str, problem: str) -> None:
    """Never an exception: the problem says what is not known."""
    path = tmp_path / "data.csv"
    path.write_bytes(content)

    assert problem in _evidence(f"df = pd.read_csv({str(path)!r}{options})").problem


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("df = pd.read_csv('nothing-here.csv')", "not there"),
        ("df = pd.read_csv('https://example.org/a.csv')", "not on this machine"),
        ("df = pd.read_csv(open('a'))", "open file"),
        ("df = pd.read_csv(paths[0])", "not followed"),
        ("df = pd.read_csv('a.csv', **options)", "no literal"),
        ("df = pd.read_csv('a\\0b')", ""),
    ],
)
def test_paths_of_which_nothing_can_be_said(code: str, problem: str) -> None:
    """Missing files, other machines, file objects and computed paths."""
    found = _evidence(code)

    assert found.problem
    assert problem in found.problem


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("'a.csv'", "a.csv"),
        ("p", "x.csv"),
        ("d / 'a.csv'", "folder/a.csv"),
        ("d / sub / 'a.csv'", "folder/deep/a.csv"),
        ("os.path.join(sub, 'a.csv')", "deep/a.csv"),
        ("Path('b') / 'a.csv'", "b/a.csv"),
        ("sub + '/a.csv'", "deep/a.csv"),
        ("f'{sub}/a.csv'", "deep/a.csv"),
        ("f'{sub!r}/a.csv'", None),
        ("f'{sub:>9}/a.csv'", None),
        ("f'{n}.csv'", None),
        ("unknown", None),
        ("f()", None),
        ("paths[0]", None),
    ],
)
def test_paths_are_computed_without_running_code(code: str, value: str | None) -> None:
    """Literals, live names of text and paths, and what joins them; anything more is None."""
    names: dict[str, object] = {"p": "x.csv", "d": Path("folder"), "sub": "deep", "n": 3, "paths": ["a"]}

    assert path_value(ast.parse(code, mode="eval").body, names) == value


def test_a_changed_file_is_looked_at_again(tmp_path: Path) -> None:
    """What was learned of a header is kept for the same file only."""
    path = tmp_path / "data.csv"
    code = f"df = pd.read_csv({str(path)!r})"
    path.write_text("a,b\n1,2\n")
    before = _evidence(code).header
    path.write_text("a,b,c\n1,2,3\n")

    assert (before, _evidence(code).header) == (("a", "b"), ("a", "b", "c"))


def _columns(code: str, bound: int | None = SCAN_BELOW_BYTES, **names: object) -> dict[str, str]:
    cells = parse_notebook(NotebookSource((Cell("id", 0, "import pandas as pd\n" + code),), "id"))
    found = read_evidence(find_reads(cells)[0], names, bound)
    return {column.name: column.dtype for column in found.columns}


def test_all_rows_are_known_of_a_file_within_the_bound(tmp_path: Path) -> None:
    """A file above it is not read for advice; what was read once is known from then on."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "1,x\n" * 1000)
    code = f"df = pd.read_csv({str(path)!r})"

    assert _columns(code, 100) == {}
    assert _columns(code, None) == {"a": "int64", "b": "str"}
    assert _columns(code, 100) == {"a": "int64", "b": "str"}


def test_a_changed_file_is_scanned_again(tmp_path: Path) -> None:
    """The same size and time of change, another content: the fingerprint tells them apart."""
    path = tmp_path / "data.csv"
    code = f"df = pd.read_csv({str(path)!r})"
    path.write_text("a,b\n1,2\n")
    os.utime(path, (10**9, 10**9))
    before = _columns(code)
    path.write_text("a,b\n1,x\n")
    os.utime(path, (10**9, 10**9))

    assert (before, _columns(code)) == ({"a": "int64", "b": "int64"}, {"a": "int64", "b": "str"})


@pytest.mark.parametrize(("ending", "opener"), [("gz", gzip.open), ("bz2", bz2.open), ("xz", lzma.open)])
def test_compressed_files_are_scanned_as_pandas_reads_them(tmp_path: Path, ending: str, opener: Any) -> None:
    """By their ending, and by the argument."""
    path, bare = tmp_path / f"data.csv.{ending}", tmp_path / f"bare-{ending}"
    for one in (path, bare):
        with opener(one, "wt") as file:
            file.write("a,b\n" + "1,2024-01-31\n" * 5000)

    assert _columns(f"df = pd.read_csv({str(path)!r})") == {"a": "int64", "b": "str"}
    said = ending if ending != "gz" else "gzip"
    assert _columns(f"df = pd.read_csv({str(bare)!r}, compression={said!r})") == {"a": "int64", "b": "str"}
    assert _columns(f"df = pd.read_csv({str(bare)!r})") == {}


def test_zip_files_encodings_and_paths(tmp_path: Path) -> None:
    """As pandas reads them; `Path` objects too."""
    path = tmp_path / "data.csv.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.csv", "ä;b\n1,5;x\n".encode("latin-1"))

    found = _columns("df = pd.read_csv(p, sep=';', decimal=',', encoding='latin-1')", p=path)

    assert found == {"ä": "float64", "b": "str"}


@pytest.mark.parametrize(
    "options",
    [
        ", engine='python'",
        ", sep=None, engine='python'",
        ", sep='::', engine='python'",
        ", skipfooter=1",
        ", chunksize=2",
    ],
)
def test_reads_that_are_not_followed_to_their_end(tmp_path: Path, options: str) -> None:
    """Other engines infer types in their own way: no columns, and no error."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,x\n")

    assert _columns(f"df = pd.read_csv({str(path)!r}{options})") == {}


def test_a_file_that_breaks_off_half_way_is_not_told_of(tmp_path: Path) -> None:
    """What pandas raises at row 5,000 is for the person's own read to say."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + "1,x\n" * 5000 + "1,2,3\n")

    assert _columns(f"df = pd.read_csv({str(path)!r})") == {}


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("df = pd.read_csv('data-*.csv')", "pattern"),
        ("df = pd.read_csv(file)", "open file"),
        ("df = pd.read_csv(io.StringIO('a'))", "open file"),
        ("df = pd.read_csv('s3://bucket/a.csv')", "not on this machine"),
    ],
)
def test_sources_that_are_no_files(code: str, problem: str) -> None:
    """Each says why nothing is known."""
    assert problem in _evidence(code, file=io.StringIO("a\n1\n")).problem


def test_a_frame_that_was_just_read_is_remembered_for_its_file(tmp_path: Path) -> None:
    """Its facts are known when the frame is gone, without a scan; a file younger than the cell is another one."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    cells = parse_notebook(
        NotebookSource((Cell("id", 0, f"import pandas as pd\ndf = pd.read_csv({str(path)!r})"),), "id")
    )
    read = find_reads(cells)[0]
    frame = frame_evidence("df", pd.read_csv(path), time.monotonic() + 60)

    FileLooker({}, 0).remember(read, frame, 1.0)
    young = read_evidence(read, {}, 0).columns
    os.utime(path, (10**9, 10**9))
    FileLooker({}, 0).remember(read, frame, 1.0)
    found = read_evidence(read, {}, 0)

    assert young == ()
    assert (found.rows, found.columns) == (2, frame.columns)
    assert [column.maximum for column in found.columns] == [2, None]


def test_an_observed_cell_leaves_its_facts_behind(tmp_path: Path) -> None:
    """The read's own cell is measured first; later another changes the frame, and the file is still known."""
    path = tmp_path / "data.csv"
    path.write_text("a,b\n1,x\n2,y\n")
    os.utime(path, (10**9, 10**9))
    source = NotebookSource(
        (
            Cell("0", 0, f"import pandas as pd\ndf = pd.read_csv({str(path)!r})\ndf.head()"),
            Cell("1", 1, "df['a'] = 7.5"),
        ),
        "0",
    )
    measured = Measurement(1, 1, 1, "none", 0, 1.0)
    frame = pd.read_csv(path)

    observe(source, {"df": frame}, measured, machine(), patience=Patience(9.0, 0))
    frame["a"] = 7.5
    later = observe(NotebookSource(source.cells, "1"), {"df": frame}, measured, machine(), patience=Patience(9.0, 0))

    assert later.frames[0].columns[0].dtype == "float64"
    assert [column.dtype for column in later.reads[0].columns] == ["int64", "str"]


def test_the_bound_is_for_all_files_together(tmp_path: Path) -> None:
    """Two files of which one alone is within it."""
    paths = [tmp_path / f"{name}.csv" for name in "ab"]
    for path in paths:
        path.write_text("a,b\n" + "1,x\n" * 100)
    code = "import pandas as pd\n" + "\n".join(f"{path.stem} = pd.read_csv({str(path)!r})" for path in paths)
    source = NotebookSource((Cell("0", 0, code),), "0")

    found = observe(source, {}, Measurement(1, 1, 1, "none", 0, 1.0), machine(), patience=Patience(9.0, 600))

    assert [read.rows for read in found.reads] == [100, None]
