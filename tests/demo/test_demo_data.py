"""The demo's data: always the same, like real files, and never half there or over somebody's own file."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pandas as pd
import pytest

from memadvise.demo import make_data, orders

SIZE = 1_500_000
Usage = namedtuple("Usage", "total used free")


def test_same_size_and_seed_give_the_same_bytes(tmp_path: Path) -> None:
    """Two files of the same size and seed are equal byte for byte; another seed gives another file."""
    first, second = (make_data(tmp_path / name, SIZE).read_bytes() for name in "ab")

    assert first == second
    assert make_data(tmp_path / "c", SIZE, seed=3).read_bytes() != first


@pytest.mark.parametrize("size", [300_000, 1_000_000, 12_000_000])
def test_the_file_is_as_large_as_asked(tmp_path: Path, size: int) -> None:
    """The file's size is within 2 % of what was asked for."""
    assert make_data(tmp_path, size).stat().st_size == pytest.approx(size, rel=0.02)


def test_the_data_are_like_real_ones(tmp_path: Path) -> None:
    """There are 16 columns, unique orders out of order, skewed names, missing values, drifting dates, quoted text."""
    frame = pd.read_csv(make_data(tmp_path, SIZE))

    assert frame.shape[1] == 16
    assert sorted(frame["order_id"]) == list(range(1, len(frame) + 1))
    assert not frame["order_id"].is_monotonic_increasing
    assert frame["product"].nunique() > 150
    assert frame["country"].value_counts(normalize=True).iloc[0] > 0.15
    assert 0.01 < frame["country"].isna().mean() < 0.03
    assert 0.02 < frame["amount"].isna().mean() < 0.04
    assert frame["coupon"].isna().mean() > 0.9
    assert frame["order_date"].str.fullmatch(r"202[345]-\d\d-\d\d").all()
    assert frame["order_date"].str.startswith("2025").sum() > frame["order_date"].str.startswith("2023").sum()
    assert frame["note"].str.contains('"Happy birthday", please', regex=False).any()


def test_a_file_that_is_there_is_kept(tmp_path: Path) -> None:
    """Asked again for the same, nothing is written; asked for another size, the file is made anew."""
    path = make_data(tmp_path, SIZE)
    written = path.stat().st_mtime_ns

    assert make_data(tmp_path, SIZE).stat().st_mtime_ns == written
    assert make_data(tmp_path, 2 * SIZE).stat().st_size > 1.9 * SIZE


@pytest.mark.parametrize("made_here", [False, True])
def test_a_persons_own_file_is_left_alone(tmp_path: Path, made_here: bool) -> None:
    """An orders.csv that was not made here, or was changed since, is refused and stays as it is."""
    path = tmp_path / "orders.csv"
    if made_here:
        make_data(tmp_path, SIZE)
    with path.open("a", encoding="utf-8") as file:
        file.write("mine\n")
    before = path.read_bytes()

    with pytest.raises(ValueError, match="Hint: give another --folder"):
        make_data(tmp_path, SIZE)
    assert path.read_bytes() == before


def test_a_run_that_breaks_off_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the writing fails in the middle, neither the file nor anything beside it is there."""

    def fails(block: orders.Block, seed: int) -> bytes:
        if block.first:
            raise OSError("disk full")
        return b"1,2,3\n"

    monkeypatch.setattr(orders, "block_bytes", fails)

    with pytest.raises(OSError, match="disk full"):
        make_data(tmp_path, 5_000_000)
    assert list(tmp_path.iterdir()) == []


def test_no_room_on_the_disk_is_said_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without room the message says how much is wanted and free, and what to do."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**7, 9 * 10**6, 10**6))

    with pytest.raises(OSError, match=r"no room for 2 MB of data: 1 MB are free .* Hint: --size"):
        make_data(tmp_path, 2_000_000)
    assert list(tmp_path.iterdir()) == []


def test_too_small_a_size_is_refused(tmp_path: Path) -> None:
    """A size that gives no data worth a look is refused with a hint."""
    with pytest.raises(ValueError, match="too few"):
        make_data(tmp_path, 10)
