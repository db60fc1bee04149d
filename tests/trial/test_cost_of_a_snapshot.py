"""A snapshot is small, and taking it needs little memory and time; the full-size figures are in the benchmarks."""

from __future__ import annotations

import pickle
import time
import tracemalloc

import numpy as np
import pandas as pd

from memadvise.trial import snapshot

MIB = 2**20


def _frame(rows: int) -> pd.DataFrame:
    random = np.random.default_rng(0)
    text = pd.Series(random.integers(0, 1000, rows)).map("a text of some length {}".format).astype("str")
    return pd.DataFrame(
        {"f": random.random(rows), "i": random.integers(0, 9, rows), "t": text, "c": text.astype("category")}
    )


def test_a_large_frame_takes_little_memory_and_time() -> None:
    """2 million rows (about 120 MB): less than 30 MB of Python's and NumPy's memory, and less than 2 s of CPU."""
    frame = _frame(2_000_000)
    snapshot(frame.head())
    tracemalloc.start()
    start = time.process_time()
    found = snapshot(frame, keep_bytes=0)
    took = time.process_time() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 30 * MIB
    assert took < 2
    assert len(pickle.dumps(found)) < 100_000


def test_what_is_kept_stays_within_its_bound() -> None:
    """The pickle is at most what may be kept and some kilobytes, over all columns and elements together."""
    values = {name: pd.DataFrame(np.random.default_rng(1).random((5000, 20))) for name in "abcdef"}

    assert len(pickle.dumps(snapshot(values, keep_bytes=MIB))) < 1.5 * MIB


def test_many_columns_stay_small() -> None:
    """A frame of 2,000 columns has a snapshot of less than 1 MB beside its numbers, in about a second."""
    frame = pd.DataFrame(np.ones((200, 2000)))
    start = time.process_time()
    found = snapshot(frame, keep_bytes=0)

    assert time.process_time() - start < 3
    assert len(pickle.dumps(found)) < MIB


def test_long_texts_are_not_kept() -> None:
    """Of a text of a megabyte only the first characters are in the snapshot."""
    assert len(pickle.dumps(snapshot({"page": "x" * MIB, "pages": ["y" * MIB] * 10}))) < 20_000
