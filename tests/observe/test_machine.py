"""The machine's limits, read from made-up file systems."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from memadvise.observe.machine import machine

TOTAL = psutil.virtual_memory().total
MB = 10**6
NO_LIMIT_V1 = "9223372036854771712\n"


def write(root: Path, files: dict[str, str]) -> Path:
    """Write a tree of small files."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_no_groups(tmp_path: Path) -> None:
    """Without control groups (macOS, Windows) the limit is the machine's memory."""
    actual = machine(tmp_path)

    assert (actual.limit_bytes, actual.limit_source) == (TOTAL, "machine")
    assert 0 < actual.available_bytes <= TOTAL


def test_v2(tmp_path: Path) -> None:
    """The limit of the process's own v2 group; cached file pages count as available."""
    group = "sys/fs/cgroup/user/kernel"
    files = {
        "proc/self/cgroup": "0::/user/kernel\n",
        f"{group}/memory.max": f"{100 * MB}\n",
        f"{group}/memory.current": f"{70 * MB}\n",
        f"{group}/memory.stat": f"anon 1\ninactive_file {30 * MB}\nfile 5\n",
    }

    actual = machine(write(tmp_path, files))

    assert (actual.limit_bytes, actual.limit_source) == (100 * MB, "container (cgroup v2)")
    assert actual.available_bytes == 60 * MB


def test_v2_limit_of_a_parent(tmp_path: Path) -> None:
    """A group without a limit is bound by the lowest limit above it."""
    files = {
        "proc/self/cgroup": "0::/a/b/c\n",
        "sys/fs/cgroup/a/b/c/memory.max": "max\n",
        "sys/fs/cgroup/a/b/memory.max": f"{200 * MB}\n",
        "sys/fs/cgroup/a/memory.max": f"{150 * MB}\n",
        "sys/fs/cgroup/a/memory.current": f"{140 * MB}\n",
    }

    actual = machine(write(tmp_path, files))

    assert (actual.limit_bytes, actual.available_bytes) == (150 * MB, 10 * MB)


def test_v2_in_a_container(tmp_path: Path) -> None:
    """Inside a container the path may be that of the host: then the mount itself is the group."""
    files = {"proc/self/cgroup": "0::/../outside\n", "sys/fs/cgroup/memory.max": f"{300 * MB}\n"}

    assert machine(write(tmp_path, files)).limit_bytes == 300 * MB


def test_v1(tmp_path: Path) -> None:
    """The limit of the process's own v1 group, also where the controller shares its line."""
    group = "sys/fs/cgroup/memory/docker/x"
    files = {
        "proc/self/cgroup": "5:devices:/\n4:cpu,memory:/docker/x\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT_V1,
        f"{group}/memory.limit_in_bytes": f"{100 * MB}\n",
        f"{group}/memory.usage_in_bytes": f"{80 * MB}\n",
        f"{group}/memory.stat": f"inactive_file 1\ntotal_inactive_file {10 * MB}\n",
    }

    actual = machine(write(tmp_path, files))

    assert (actual.limit_bytes, actual.limit_source) == (100 * MB, "container (cgroup v1)")
    assert actual.available_bytes == 30 * MB


@pytest.mark.parametrize(
    ("v1", "v2", "source"),
    [
        (100 * MB, 200 * MB, "container (cgroup v1)"),
        (300 * MB, 200 * MB, "container (cgroup v2)"),
        (None, 200 * MB, "container (cgroup v2)"),
        (100 * MB, None, "container (cgroup v1)"),
        (None, None, "machine"),
    ],
)
def test_hybrid(tmp_path: Path, v1: int | None, v2: int | None, source: str) -> None:
    """On a hybrid machine both trees are read and the lowest real limit counts."""
    files = {
        "proc/self/cgroup": "4:memory:/one\n0::/two\n",
        "sys/fs/cgroup/memory/one/memory.limit_in_bytes": f"{v1}\n" if v1 else NO_LIMIT_V1,
        "sys/fs/cgroup/unified/two/memory.max": f"{v2}\n" if v2 else "max\n",
    }

    actual = machine(write(tmp_path, files))

    assert actual.limit_bytes == min(limit for limit in (v1, v2, TOTAL) if limit)
    assert actual.limit_source == source


def test_used_up(tmp_path: Path) -> None:
    """A group above its limit has nothing left, not less than nothing."""
    files = {
        "proc/self/cgroup": "0::/\n",
        "sys/fs/cgroup/memory.max": f"{100 * MB}\n",
        "sys/fs/cgroup/memory.current": f"{120 * MB}\n",
    }

    assert machine(write(tmp_path, files)).available_bytes == 0


@pytest.mark.parametrize("text", ["", "garbage", "4:memory", "a:b:c:d\n", "0::relative\n", "\x00\n"])
def test_broken_files(tmp_path: Path, text: str) -> None:
    """Files that say nothing sensible are as good as none."""
    files = {"proc/self/cgroup": text, "sys/fs/cgroup/memory/memory.limit_in_bytes": "what?\n"}

    assert machine(write(tmp_path, files)).limit_source == "machine"


def test_this_machine() -> None:
    """On the machine that runs this test the numbers are in order."""
    actual = machine()

    assert 0 < actual.limit_bytes <= actual.total_bytes == TOTAL
    assert 0 <= actual.available_bytes <= actual.limit_bytes
