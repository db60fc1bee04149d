"""The folder of derived files: what is in it, and how to be rid of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from memadvise.rewrite.sqlite_index import FOLDER

_OURS = re.compile(r".+-[0-9a-f]{16}(\.[0-9a-f]+)?\.(sqlite|partial)(-journal|-wal|-shm)?")


def cached(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield (path, bytes) of the derived files below ``folder``; files of another name are somebody else's."""
    for path in sorted(folder.rglob(f"{FOLDER}/*")):
        if path.is_file() and _OURS.fullmatch(path.name):
            yield path, path.stat().st_size


def clear(folder: Path) -> int:
    """Remove the derived files below ``folder`` and the cache folders that are empty then; return the bytes freed."""
    freed = 0
    for path, size in list(cached(folder)):
        path.unlink()
        freed += size
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
    return freed
