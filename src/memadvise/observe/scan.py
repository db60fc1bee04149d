"""A CSV file -> facts of its columns over all rows, read with pandas' own reader and the call's own arguments.

The file is read in pieces of bounded memory. What is told is what *one* plain read of the whole file gives; where that
depends on how pandas itself cuts the file into chunks, the column is "mixed" and nothing more is said of it (`joined`
says when). pandas infers types chunk by chunk: a power of two of rows each, or, for larger files, ranges of bytes of
which it keeps the result only where all agree. Pieces here are powers of two of rows that begin at multiples of their
size, so that every chunk of pandas is cut out of a piece, or put together of pieces.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from memadvise.model import ColumnEvidence
from memadvise.rewrite.quiet import quiet

# arguments under which pieces are read as the whole is
_FOLLOWED_WORDS = """
    sep delimiter header names index_col usecols dtype engine true_values false_values skipinitialspace skiprows
    nrows na_values keep_default_na na_filter skip_blank_lines parse_dates date_format dayfirst compression
    thousands decimal lineterminator quotechar quoting doublequote escapechar comment encoding encoding_errors
    on_bad_lines low_memory memory_map float_precision
"""
FOLLOWED = frozenset(_FOLLOWED_WORDS.split())
_SMALL_BYTES = 1 << 20  # a file up to this size is read in one piece, and pandas reads it at one go as well
_ALL_ROWS = 1 << 20  # there are no more rows in it
_LOOK_ROWS = 64  # of larger ones: they say how many rows a piece may have
_PIECE_BYTES = 24 << 20  # in memory, of the columns of a piece; the parser needs several times that
_BAR_BYTES = 100_000_000  # from here on a progress bar is shown where one is asked for
_COMPRESSED = (".gz", ".bz2", ".zip", ".xz", ".zst", ".tar", ".tgz")


@dataclass(frozen=True)
class Scanned:
    """What is known of all rows of a file."""

    rows: int
    columns: tuple[ColumnEvidence, ...]


def not_scanned(keywords: Mapping[str, object]) -> str:
    """Return why a read with these arguments is not followed; empty when it is."""
    odd = sorted(set(keywords) - FOLLOWED)
    if odd:
        return f"the scan does not follow {', '.join(odd)}"
    separator = keywords.get("sep", keywords.get("delimiter", ","))
    one_byte = isinstance(separator, str) and (separator == r"\s+" or (len(separator) == 1 and separator.isascii()))
    if keywords.get("engine", "c") not in {"c", None} or not one_byte:
        return "the scan follows the C engine only"
    return ""


def compressed(path: str, keywords: Mapping[str, object]) -> bool:
    """Tell whether the file is (probably) larger than its size says."""
    said = keywords.get("compression", "infer")
    return said is not None if said != "infer" else path.lower().endswith(_COMPRESSED)


def scan(path: str, keywords: Mapping[str, Any], *, progress: bool = False) -> Scanned:
    """Read the whole file in pieces; raises what pandas raises, and ValueError for arguments that are not followed."""
    if reason := not_scanned(keywords):
        raise ValueError(reason)
    from memadvise.observe.joined import JoinedColumn

    columns: list[JoinedColumn] = []
    rows = pieces = 0
    for piece in _ahead(_pieces(path, keywords, progress)):
        if not columns:
            columns = [JoinedColumn(str(name)) for name in piece.columns]
        sizes = piece.memory_usage(index=False).tolist()
        for column, (_, values), nbytes in zip(columns, piece.items(), sizes, strict=True):
            column.add(values, nbytes)
        rows += len(piece)
        pieces += 1
    pinned = keywords.get("dtype")
    alone = pieces == 1 and (compressed(path, keywords) or os.path.getsize(path) <= _SMALL_BYTES)
    return Scanned(
        rows,
        tuple(
            column.evidence(alone=alone, pinned=column.name in pinned if isinstance(pinned, dict) else bool(pinned))
            for column in columns
        ),
    )


def _ahead(pieces: Generator[Any, None, None]) -> Iterator[Any]:
    """Yield the pieces while the next one is read: pandas' parser leaves the interpreter alone most of the time."""
    with closing(pieces), ThreadPoolExecutor(1, "memadvise-scan") as other:
        coming = other.submit(next, pieces, None)
        while (piece := coming.result()) is not None:
            coming = other.submit(next, pieces, None)
            yield piece


def _pieces(path: str, keywords: Mapping[str, Any], progress: bool) -> Generator[Any, None, None]:
    pandas = sys.modules["pandas"]  # a frame was read: it is loaded
    size = os.path.getsize(path)
    with quiet():
        step, start = _first_step(path, size, keywords), 0
        reader = pandas.read_csv(path, iterator=True, **keywords)
    with closing(reader), _bar(path, size, progress) as bar:
        while True:
            try:
                with quiet():
                    piece = reader.get_chunk(step)
            except StopIteration:
                return
            bar.update(max(_position(reader) - bar.n, 0))
            yield piece
            if len(piece) < step:
                return
            start += step
            step = _next_step(step, start, _bytes(piece))


def _first_step(path: str, size: int, keywords: Mapping[str, Any]) -> int:
    """Return how many rows the first piece has: as many as its bytes allow, if all rows are like the first ones."""
    if size <= _SMALL_BYTES and not compressed(path, keywords):
        return _ALL_ROWS
    first = sys.modules["pandas"].read_csv(path, **{**keywords, "nrows": _LOOK_ROWS})
    wanted = _PIECE_BYTES * max(len(first), 1) // max(_bytes(first), 1)
    return 1 << max(min(wanted, _ALL_ROWS).bit_length() - 1, 0)


def _next_step(step: int, start: int, nbytes: int) -> int:
    """Return how many rows the next piece has; it begins at a multiple of them."""
    if nbytes > 2 * _PIECE_BYTES:
        return max(step >> (nbytes // _PIECE_BYTES).bit_length() - 1, 1)
    return step * 2 if nbytes * 2 < _PIECE_BYTES and start % (step * 2) == 0 else step


def _bytes(frame: Any) -> int:
    """Return about how much memory a frame takes; the objects behind a pointer are taken for seven more."""
    sizes = zip(frame.memory_usage(index=False), frame.dtypes, strict=True)
    return int(sum(size * (8 if dtype.kind == "O" and dtype != "str" else 1) for size, dtype in sizes))


def _bar(path: str, size: int, progress: bool) -> Any:
    from tqdm import tqdm

    class Bar(tqdm):
        """One that starts no thread, which would stay in the person's kernel."""

        monitor_interval = 0

    shown = progress and size > _BAR_BYTES
    return Bar(
        desc=os.path.basename(path),
        total=size,
        unit="B",
        unit_scale=True,
        file=sys.stderr,
        disable=not shown,
        leave=False,
    )


def _position(reader: Any) -> int:
    """Return how many bytes of the file were read, 0 where that can't be told."""
    handle: Any = getattr(getattr(reader, "handles", None), "handle", None)
    with suppress(Exception):
        for inner in ("buffer", "raw", "fileobj"):
            handle = getattr(handle, inner, handle)
        return int(handle.tell())
    return 0
