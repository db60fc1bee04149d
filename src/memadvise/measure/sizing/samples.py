"""Which elements of a container are looked at: by chance, the same at each call; the person's random numbers stay."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from itertools import compress, islice
from typing import Any

MOST = 2000  # elements looked at in one container
REACH = 300_000  # dicts and sets can't be indexed: as many of their elements are stepped over, from either end
SCAN = 60_000  # elements of a list whose addresses alone are looked at, to see what it holds twice
BLOCKS = 6
BITS = 48


Draw = Callable[[int], int]  # gives that many random bits


def spread(count: int, most: int, draw: Draw) -> list[int]:
    """Return the indexes of a sample of ``count`` elements, in no order: any first part of it is a sample, too.

    By chance: equal steps would meet only one of the columns of a flattened table. A container that grows keeps most
    of its sample with the same bits, so that the change is not lost in the noise.
    """
    if count <= most:
        return list(range(count))
    digits = (count - 1).bit_length()
    mask = (1 << digits) - 1
    chosen: dict[int, None] = {}
    while len(chosen) < most:
        place = draw(BITS) & mask
        if place < count:
            chosen[place] = None
    return list(chosen)


def references(elements: list[Any]) -> list[int]:
    """Return how many references there are to each element beside those of this list itself."""
    counts = [count - _OURS for count in map(sys.getrefcount, elements)]
    held = [id(element) for element, count in zip(elements, counts, strict=True) if count > 1]
    if len(held) > len(set(held)):
        times: dict[int, int] = {}
        for key in held:
            times[key] = times.get(key, 0) + 1
        counts = [count - times.get(id(element), 1) + 1 for element, count in zip(elements, counts, strict=True)]
    return counts


_OURS = next(map(sys.getrefcount, [object()]))


def iterated(forward: Iterator[Any], backward: Iterator[Any] | None, count: int, most: int, draw: Draw) -> list[Any]:
    """Return a sample of what can only be iterated, from its two ends (``backward`` None: from its beginning)."""
    if count <= most:
        return list(islice(forward, count))
    if count <= REACH or backward is None:
        return _stepped(forward, min(count, REACH), most, draw)
    half = min(count, REACH) // 2
    return [
        element
        for pair in zip(
            _stepped(forward, half, most // 2, draw), _stepped(backward, half, most // 2, draw), strict=True
        )
        for element in pair
    ]


def _stepped(elements: Iterator[Any], reached: int, most: int, draw: Draw) -> list[Any]:
    places = spread(reached, most, draw)
    chosen = bytearray(reached)
    for place in places:
        chosen[place] = 1
    in_order = dict(zip(sorted(places), compress(elements, chosen), strict=True))
    return [in_order[place] for place in places]


def blocks(count: int, most: int) -> list[tuple[int, int]]:
    """Return the ranges of a sequence of ``count`` elements whose addresses are looked at, evenly spread."""
    if count <= most:
        return [(0, count)]
    length, step = most // BLOCKS, count // BLOCKS
    return [(start, start + length) for start in range(0, step * BLOCKS, step)]
