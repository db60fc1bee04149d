"""Sizes as people write them, and where a cell is stopped."""

from __future__ import annotations

import pytest

from memadvise.guard import limit_for, parse_size, threshold
from memadvise.model import MachineEvidence

GB = 10**9


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("600MB", 600_000_000),
        ("500M", 500_000_000),
        ("1.5 GB", 1_500_000_000),
        ("2GiB", 2 << 30),
        ("2 gib", 2 << 30),
        (".5g", 500_000_000),
        ("1T", 10**12),
        ("1500000kB", 1_500_000_000),
        ("600000000", 600_000_000),
        (" 600 MB ", 600_000_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    """Decimal and binary units, with and without a space, in any case."""
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "MB", "x", "-3GB", "1e9", "3 XB", "1,5GB", "9" * 400 + "GB", "2GBs", "٣GB", "nan"]
)
def test_no_size(text: str) -> None:
    """What is no size is refused with a hint how to write one."""
    with pytest.raises(ValueError, match="Hint: write it like"):
        parse_size(text)


@pytest.mark.parametrize("text", ["600", "0", "0MB", "3kB"])
def test_forgotten_unit(text: str) -> None:
    """A size below one megabyte would stop every cell: the unit was forgotten."""
    with pytest.raises(ValueError, match="Hint: write the unit"):
        parse_size(text)


@pytest.mark.parametrize(("limit", "stop"), [(GB, 980_000_000), (100_000_000, 92_000_000), (1_000_000, 0)])
def test_threshold_is_early(limit: int, stop: int) -> None:
    """The cell is stopped 2 % before the limit, at least 8 MB before it."""
    assert threshold(limit) == stop


@pytest.mark.parametrize(
    ("asked", "limit"),
    [(None, 5 * GB), (2 * GB, 2 * GB), (50 * GB, 5 * GB)],
)
def test_limit(asked: int | None, limit: int) -> None:
    """The limit is what was asked for, at most what the kernel has and what is still available."""
    machine = MachineEvidence(16 * GB, 8 * GB, "container (cgroup v2)", available_bytes=4 * GB)

    assert limit_for(machine, asked, resident_bytes=GB) == limit


def test_limit_of_the_container() -> None:
    """A container's limit holds though the machine has more available."""
    machine = MachineEvidence(16 * GB, 2 * GB, "container (cgroup v1)", available_bytes=10 * GB)

    assert limit_for(machine, resident_bytes=GB) == 2 * GB
