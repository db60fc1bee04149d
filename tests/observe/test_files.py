"""Evidence of files: the header that pandas itself reads, or in words why not."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from memadvise.model import Cell, NotebookSource, ReadEvidence
from memadvise.observe.files import path_value, read_evidence
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
