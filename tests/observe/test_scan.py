"""A scan says what one plain read of the whole file gives, or that it does not know."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas._libs import parsers
from pandas.io.parsers import readers

from memadvise.model import ColumnEvidence
from memadvise.observe import scan as scanning
from memadvise.observe.frames import frame_evidence
from memadvise.observe.joined import MIXED
from memadvise.observe.scan import Scanned, compressed, not_scanned, scan

CASES = 4


def _whole(path: Path, **keywords: object) -> Scanned:
    """Return the live evidence of one plain read."""
    frame = pd.read_csv(path, **keywords)  # type: ignore[call-overload]
    found = frame_evidence("df", frame, time.monotonic() + 60)
    return Scanned(found.rows, found.columns)


def _differs(seen: ColumnEvidence, true: ColumnEvidence) -> str:
    """Say in what a scanned column promises something that is not so; empty when in nothing."""
    if seen.dtype == MIXED:
        return "" if replace(seen, nbytes=0) == ColumnEvidence(seen.name, MIXED, 0) else "mixed, but has facts"
    if seen.dtype != true.dtype:
        return f"{seen.dtype} is {true.dtype}"
    wrong = []
    for name in ("nulls", "minimum", "maximum", "negative_zero", "whole", "zeros", "monotone", "element", "text"):
        said, so = getattr(seen, name), getattr(true, name)
        if said not in (None, "") and said != so:
            wrong.append(f"{name} {said!r} is {so!r}")
    if seen.exact and (seen.cardinality, True) != (true.cardinality, true.exact):
        wrong.append(f"cardinality {seen.cardinality} is {true.cardinality}")
    return "; ".join(wrong)


def _check(path: Path, **keywords: object) -> Scanned:
    seen, true = scan(str(path), keywords), _whole(path, **keywords)
    assert seen.rows == true.rows
    assert [one.name for one in seen.columns] == [one.name for one in true.columns]
    assert {one.name: _differs(one, so) for one, so in zip(seen.columns, true.columns, strict=True)} == dict.fromkeys(
        (one.name for one in true.columns), ""
    )
    return seen


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Return what makes the chunks of pandas and our pieces a few rows long."""

    def shrink(cells: int, piece_bytes: int, parallel_rows: int | None = None) -> None:
        monkeypatch.setattr(parsers, "DEFAULT_BUFFER_HEURISTIC", cells)
        monkeypatch.setattr(scanning, "_SMALL_BYTES", 0)
        monkeypatch.setattr(scanning, "_PIECE_BYTES", piece_bytes)
        if parallel_rows and hasattr(readers, "_PARALLEL_READ_MIN_BYTES"):
            monkeypatch.setattr(readers, "_PARALLEL_READ_MIN_BYTES", 1)
            monkeypatch.setattr(readers, "_PARALLEL_CHUNK_BYTES", 8 * parallel_rows)
            monkeypatch.setattr(readers, "_PARALLEL_MIN_CHUNK_ROWS", parallel_rows)

    return shrink


VALUES = {
    "int": ["1", "0", "-7", "12", "1"],
    "big": ["1", str(2**53 + 1), str(2**62 + 1)],
    "uint": ["1", str(2**63 + 1)],
    "huge": ["1", str(2**70)],
    "float": ["1.5", "-0.0", "2", "1e300"],
    "bool": ["True", "False", "true"],
    "text": ["a", "b", "é", "x y"],
    "date": ["2024-01-31", "2024-02-01"],
    "code": ["007", "7", "x"],
    "missing": [""],
    "words": ["NA", "null", "x"],
    "inf": ["inf", "-inf", "3"],
    "minus": ["-0", "5"],
}


def _random_file(random: Random, rows: int) -> str:
    """Return a file whose columns change their kind now and then."""
    columns = []
    for _ in range(random.choice([1, 2, 5])):
        kinds = random.choices(list(VALUES), k=random.choice([1, 1, 2, 3]))
        values: list[str] = []
        while len(values) < rows:
            pool = VALUES[random.choice(kinds)]
            values += random.choices(pool, k=random.choice([1, 2, 4, 8, 16, 30]))
        columns.append(values[:rows])
    lines = [",".join(row) for row in zip(*columns, ["z"] * rows, strict=True)]
    return "\n".join([",".join(f"c{place}" for place in range(len(columns) + 1)), *lines]) + "\n"


@pytest.mark.filterwarnings("ignore::pandas.errors.DtypeWarning")
@pytest.mark.parametrize("cells", [8, 32, 128])
@pytest.mark.parametrize("piece_bytes", [1, 300, 2000, 10**6])
@pytest.mark.parametrize("parallel", [None, 2, 6])
def test_whatever_way_pandas_cuts_the_file_the_scan_is_right_or_silent(
    tmp_path: Path, small_chunks: Callable[..., None], cells: int, piece_bytes: int, parallel: int | None
) -> None:
    """Columns that change their kind between chunks: serial chunks of some rows, and ranges of bytes in parallel."""
    random = Random(f"{cells} {piece_bytes} {parallel}")
    path = tmp_path / "kinds.csv"
    small_chunks(cells, piece_bytes, parallel)
    seen: list[ColumnEvidence] = []
    for _ in range(CASES):
        path.write_text(_random_file(random, random.choice([1, 3, 8, 17, 40, 64, 65])))
        options = random.choice([{}, {}, {"low_memory": False}, {"dtype": {"c0": "str"}}, {"na_filter": False}])
        seen += _check(path, **options).columns

    assert sum(column.dtype != MIXED for column in seen) > len(seen) / 4  # a scan that is always silent is right, too


@pytest.mark.filterwarnings("ignore::pandas.errors.DtypeWarning")
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), cells=st.sampled_from([8, 64, 2**18]), piece=st.sampled_from([1, 400, 10**7]))
def test_a_scan_of_random_tables(tmp_path_factory: pytest.TempPathFactory, seed: int, cells: int, piece: int) -> None:
    """The odd tables of the rules' tests, with the arguments that read them."""
    import sys

    sys.path.insert(0, str(Path(__file__).parent.parent / "rules"))
    try:
        from random_tables import random_table
    finally:
        sys.path.pop(0)
    table = random_table(Random(seed))
    path = tmp_path_factory.mktemp("scan") / "table.csv"
    path.write_bytes(table.content)
    keywords = eval(f"dict({table.options.lstrip(', ')})")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parsers, "DEFAULT_BUFFER_HEURISTIC", cells)
        patch.setattr(scanning, "_SMALL_BYTES", 0 if seed % 2 else 2**20)
        patch.setattr(scanning, "_PIECE_BYTES", piece)
        seen = _check(path, **keywords)

    assert all(column.nulls is not None for column in seen.columns if column.dtype != MIXED)


def test_large_files_are_scanned_in_bounded_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However wide the rows: a piece takes about what it may, and begins at a multiple of its rows."""
    monkeypatch.setattr(scanning, "_SMALL_BYTES", 0)
    monkeypatch.setattr(scanning, "_PIECE_BYTES", 100_000)
    path = tmp_path / "wide.csv"
    path.write_text("a,b\n" + "".join(f"{row},{'x' * (10 if row < 500 else 1000)}\n" for row in range(6000)))
    seen = []

    for piece in scanning._pieces(str(path), {}, progress=False):
        seen.append((piece.index[0], len(piece), int(piece.memory_usage().sum())))

    assert sum(rows for _, rows, _ in seen) == 6000
    assert all(start % rows == 0 for start, rows, _ in seen[:-1])
    assert max(nbytes for _, _, nbytes in seen[-15:]) < 250_000


def test_a_bar_is_shown_only_where_one_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, for large files, and gone afterwards."""
    monkeypatch.setattr(scanning, "_BAR_BYTES", 10)
    path = tmp_path / "bar.csv"
    path.write_text("a,b\n" + "1,x\n" * 1000)

    scan(str(path), {})
    silent = capsys.readouterr()
    scan(str(path), {}, progress=True)
    shown = capsys.readouterr()

    assert (silent.out, silent.err, shown.out) == ("", "", "")
    assert "bar.csv" in shown.err


@pytest.mark.parametrize(
    ("keywords", "followed"),
    [
        ({"sep": ";"}, True),
        ({"sep": r"\s+"}, True),
        ({"engine": "c"}, True),
        ({"engine": "python"}, False),
        ({"engine": "pyarrow"}, False),
        ({"sep": None}, False),
        ({"sep": "||"}, False),
        ({"sep": "ä"}, False),
        ({"converters": {}}, False),
        ({"dtype_backend": "pyarrow"}, False),
    ],
)
def test_which_arguments_are_followed(keywords: dict[str, object], followed: bool) -> None:
    """Only those under which pieces are read as the whole is."""
    assert (not_scanned(keywords) == "") is followed


def test_a_header_alone_has_no_facts_but_no_rows(tmp_path: Path) -> None:
    """An empty table is one, too."""
    path = tmp_path / "empty.csv"
    path.write_text("a,b\n")

    assert _check(path).rows == 0


def test_compressed_files_are_larger_than_they_look() -> None:
    """By the argument or the name."""
    assert compressed("a.csv.gz", {})
    assert compressed("a", {"compression": "zip"})
    assert not compressed("a.csv.gz", {"compression": None})
    assert not compressed("a.csv", {})
