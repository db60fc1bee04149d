"""The demo's data file: written beside and renamed into place, kept when it is there, never over another's file."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

FILE = "orders.csv"
DEFAULT_BYTES = 150_000_000
LEAST_BYTES = 100_000
SEED = 2
_RECIPE = 1  # changes when the same size and seed make other rows
_BLOCK_ROWS = 20_000  # about 3 MB of the file
_EDGE_BYTES = 65_536


def make_data(folder: Path, size_bytes: int = DEFAULT_BYTES, seed: int = SEED) -> Path:
    """Make ``orders.csv`` in ``folder``, within 2 % of ``size_bytes``; return its path.

    The same size and seed give the same bytes (with one version of numpy); another size gives other orders over the
    same three years, not a longer or shorter piece of the same file. A file that this function made for the same size
    and seed is left as it is, one that it made for others is replaced. A hidden file beside it says which it was.

    Raises:
        ValueError: the size is below 100 KB, or there is an ``orders.csv`` that was not made here.
        OSError: there is no room on the disk.
    """
    if size_bytes < LEAST_BYTES:
        raise ValueError(f"{size_bytes:,} bytes are too few for the demo's data. Hint: --size 1MB or more")
    folder.mkdir(parents=True, exist_ok=True)
    path, label = folder / FILE, folder / f".{FILE}.made"
    asked = {"recipe": _RECIPE, "size_bytes": size_bytes, "seed": seed}
    if path.exists():
        made = _made(path, label)
        if made == asked:
            return path
        if made is None:
            raise ValueError(f"{path} was not made by this demo, or was changed since. Hint: give another --folder")
    _check_room(folder, size_bytes)
    _replace(path, _lines(size_bytes, seed))
    label.write_text(json.dumps({**asked, "fingerprint": _fingerprint(path)}) + "\n", encoding="utf-8")
    return path


def _made(path: Path, label: Path) -> dict[str, object] | None:
    """Return what the file was made for; None when it is not, or no longer, a file of ours."""
    try:
        known = json.loads(label.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(known, dict) or known.pop("fingerprint", None) != _fingerprint(path):
        return None
    return known


def _fingerprint(path: Path) -> str:
    """Return a hash of the size, the head and the tail: enough to notice another file, and read at once."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_EDGE_BYTES)
        file.seek(max(size - _EDGE_BYTES, 0))
        tail = file.read()
    return hashlib.sha256(b"%d\n%b%b" % (size, head, tail)).hexdigest()


def _check_room(folder: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size_bytes * 1.05:
        found = f"{free / 1e6:,.0f} MB are free in {folder}"
        raise OSError(f"no room for {size_bytes / 1e6:,.0f} MB of data: {found}. Hint: --size, or another --folder")


def _lines(size_bytes: int, seed: int) -> Iterator[bytes | memoryview]:
    """Yield the file's bytes: the header, then blocks of rows."""
    from memadvise.demo.orders import HEADER, Block, block_bytes, rows_for

    yield f"{HEADER}\n".encode()
    rows = rows_for(size_bytes)
    for first in range(0, rows, _BLOCK_ROWS):
        yield block_bytes(Block(first, min(_BLOCK_ROWS, rows - first), rows), seed)


def _replace(path: Path, pieces: Iterator[bytes | memoryview]) -> None:
    """Write beside and rename into place; a run that breaks off leaves what was there before."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file, tqdm(unit="B", unit_scale=True, desc=path.name, disable=None) as bar:
            for piece in pieces:
                file.write(piece)
                bar.update(len(piece))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
