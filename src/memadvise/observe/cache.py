"""What is known of whole files, kept in this process for as long as a file is the same."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from memadvise.observe.scan import Scanned

Fingerprint = tuple[object, ...]
_MOST_FILES = 64
_END_BYTES = 1 << 16


@dataclass(frozen=True)
class Kept:
    """What is known of a file; ``complete``: nothing was left out for want of time."""

    scanned: Scanned
    complete: bool


_KEPT: OrderedDict[Fingerprint, Kept] = OrderedDict()


def fingerprint(path: str, keywords: Mapping[str, object], pandas_version: str) -> Fingerprint:
    """Return what tells this content of the file, read with these arguments, from any other."""
    status = os.stat(path)
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        digest.update(file.read(_END_BYTES))
        file.seek(max(status.st_size - _END_BYTES, 0))
        digest.update(file.read(_END_BYTES))
    arguments = repr(sorted(keywords.items()))
    return os.path.abspath(path), status.st_size, status.st_mtime_ns, digest.hexdigest(), arguments, pandas_version


def kept(key: Fingerprint) -> Kept | None:
    """Return what is known of the file, or None."""
    found = _KEPT.get(key)
    if found is not None:
        _KEPT.move_to_end(key)
    return found


def keep(key: Fingerprint, scanned: Scanned, *, complete: bool = True) -> None:
    """Keep what is known, unless more is known already; what was not asked for longest makes room."""
    before = _KEPT.get(key)
    if before is not None and before.complete and not complete:
        return
    _KEPT[key] = Kept(scanned, complete)
    _KEPT.move_to_end(key)
    while len(_KEPT) > _MOST_FILES:
        _KEPT.popitem(last=False)
