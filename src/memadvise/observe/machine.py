"""The memory of this machine, and how much of it this process may really use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import psutil

from memadvise.model import MachineEvidence

GROUPS = "sys/fs/cgroup"


@dataclass(frozen=True)
class _Version:
    """Where one version of control groups keeps its numbers; the folders are tried in this order."""

    source: str
    folders: tuple[str, ...]
    limit: str
    usage: str
    reclaimable: str


V1 = _Version(
    source="container (cgroup v1)",
    folders=(f"{GROUPS}/memory",),
    limit="memory.limit_in_bytes",
    usage="memory.usage_in_bytes",
    reclaimable="total_inactive_file",
)
V2 = _Version(
    source="container (cgroup v2)",
    folders=(GROUPS, f"{GROUPS}/unified"),
    limit="memory.max",
    usage="memory.current",
    reclaimable="inactive_file",
)


@dataclass(frozen=True)
class _Limit:
    """A limit that holds for this process, and what is left below it, in bytes."""

    limit_bytes: int
    available_bytes: int
    source: str


def machine(root: Path = Path("/")) -> MachineEvidence:
    """Return total memory, the limit that this kernel may use and where it stands, and what it may still take.

    On a hybrid machine the memory controller is in one of two trees, so both are read. ``root`` is the root of the file
    system in which the control groups are looked up.
    """
    memory = psutil.virtual_memory()
    total, available = int(memory.total), int(memory.available)
    # a limit above the machine's memory (v1 writes "none" as a huge number) limits nothing
    found = [limit for limit in _limits(root) if limit.limit_bytes < total]
    lowest = min(found, key=lambda limit: limit.limit_bytes, default=_Limit(total, available, "machine"))
    left = min([available, *(limit.available_bytes for limit in found)])
    return MachineEvidence(total, lowest.limit_bytes, lowest.source, max(0, left))


def _limits(root: Path) -> Iterator[_Limit]:
    """Yield every limit of this process's groups and of the groups above them."""
    for version, group in _groups(_text(root / "proc/self/cgroup")):
        for folder in version.folders:
            for path in (group, *group.parents):
                limit = _limit(root / folder / str(path).lstrip("/"), version)
                if limit:
                    yield limit


def _groups(text: str) -> Iterator[tuple[_Version, PurePosixPath]]:
    """Yield the groups of ``/proc/self/cgroup``, lines ``ID:CONTROLLERS:PATH``; v2 has the id 0 and no controllers."""
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        # a path outside of this namespace begins with /..: what can be seen of it is the mount itself
        group = PurePosixPath("/") if path.startswith("/..") else PurePosixPath(path)
        if number == "0" and not controllers:
            yield V2, group
        elif "memory" in controllers.split(","):
            yield V1, group


def _limit(folder: Path, version: _Version) -> _Limit | None:
    limit = _number(_text(folder / version.limit))
    if limit is None:
        return None
    usage = _number(_text(folder / version.usage)) or 0
    cache = re.search(rf"^{version.reclaimable} (\d+)$", _text(folder / "memory.stat"), re.MULTILINE)
    # pages of files that nobody used lately are given back before anything is killed
    used = usage - int(cache.group(1)) if cache else usage
    return _Limit(limit, limit - max(0, used), version.source)


def _number(text: str) -> int | None:
    """Return the number of a one-line file; None for ``max`` and for a file that is not there."""
    return int(text) if text.strip().isdigit() else None


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
