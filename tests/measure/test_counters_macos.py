"""macOS, by fakes of libproc: start, peak and end are footprint, and the mark is the true peak of each stretch."""

from __future__ import annotations

import ctypes
import os

import pytest
from fake_systems import Mac, RusageInfoV4
from hypothesis import given
from hypothesis import strategies as st

from memadvise.measure.counters.error import page_bytes
from memadvise.measure.counters.macos import LAYOUT, FootprintInterval, footprint

MIB = 1 << 20
SIZES = st.integers(min_value=MIB, max_value=1 << 40)
CURVES = st.lists(SIZES, min_size=0, max_size=8)


def mac(falls_to_zero: bool = False) -> tuple[Mac, FootprintInterval]:
    """Return a Mac and a counter on it. The trial in its constructor needs a kernel that sees new memory."""
    system = Mac()
    counter = FootprintInterval(system)
    system._falls_to_zero = falls_to_zero
    return system, counter


def test_layout_is_that_of_the_header() -> None:
    """The struct has the header's size, and the two fields stand where the header has them."""
    system = Mac(footprint=5)
    system.interval = 6

    found = footprint(system, 1)

    assert LAYOUT.size == ctypes.sizeof(RusageInfoV4) == 296
    assert (found.now, found.highest) == (5, 6)


def test_the_process_that_asks_is_the_one_that_is_looked_at() -> None:
    """Flavor 4 of this very process, also after a fork: the pid is taken at each call."""
    system, counter = mac()
    counter.read()

    assert set(system.asked) == {(os.getpid(), 4)}


@given(before=CURVES, curve=CURVES, falls_to_zero=st.booleans())
def test_peak_of_a_cell(before: list[int], curve: list[int], falls_to_zero: bool) -> None:
    """The peak is exact, whatever was before; resident samples (another quantity) are left out."""
    system, counter = mac(falls_to_zero)
    system.grow_to(*before)

    start = counter.begin()
    system.grow_to(*curve)
    end = counter.read()
    peak, bound = counter.peak(start, end, 0, [1 << 50])

    assert start.resident_bytes == (before or [50 * MIB])[-1]
    assert end.resident_bytes == [start.resident_bytes, *curve][-1]
    assert (peak, bound) == (max([start.resident_bytes, *curve]), page_bytes())


@given(lines=st.lists(CURVES, min_size=1, max_size=6), falls_to_zero=st.booleans())
def test_splits(lines: list[list[int]], falls_to_zero: bool) -> None:
    """Each split is the exact peak of its line, that where the line began included; the cell's is the highest."""
    system, counter = mac(falls_to_zero)
    now = counter.begin().resident_bytes
    start, highest = counter.read(), 0
    for curve in lines:
        system.grow_to(*curve)
        split = counter.split()
        expected = (max([now, *curve]), [now, *curve][-1])

        assert split == expected
        highest, now = max(highest, split[0]), split[1]

    assert counter.peak(start, counter.read(), highest, [])[0] == max([50 * MIB, *(max(c, default=0) for c in lines)])


@pytest.mark.parametrize("broken", ["broken_rusage", "broken_reset"])
def test_a_call_that_fails_later(broken: str) -> None:
    """A call that worked at first and fails later is an error, never a wrong number."""
    system, counter = mac()
    setattr(system, broken, True)

    with pytest.raises(OSError, match="failed"):
        counter.split()


def test_method_says_what_is_measured() -> None:
    """The report says that it is footprint."""
    _, counter = mac()
    start = counter.begin()

    assert counter.method_of(start, counter.read()) == counter.method
    assert "footprint, not resident" in counter.method
