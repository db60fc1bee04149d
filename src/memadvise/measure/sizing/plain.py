"""How Python's own containers and the instances of the person's classes hold memory."""

from __future__ import annotations

import gc
import mmap
import sys
from collections import deque
from typing import Any

from memadvise.measure.sizing.kinds import ALIGNMENT, NOT_DATA, attributes, has_inline_values, own_bytes
from memadvise.measure.sizing.samples import REACH, SCAN, blocks, iterated, spread
from memadvise.measure.sizing.sizers import Sizer, register, register_builtin
from memadvise.measure.sizing.walk import Walk

UNKNOWN = 1 << 20  # bytes of an unknown container, the list of whose contents would be as large


def _indexed(kind: type[Any]) -> Sizer:
    def size(walk: Walk, value: Any, depth: int) -> float:
        count = kind.__len__(value)
        places = spread(count, walk.room(), walk.draw(depth))
        sample = [kind.__getitem__(value, place) for place in places]

        def again(known: dict[int, int], taken: int) -> tuple[dict[int, int], float]:
            return _addresses(kind, value, count, places[:taken], known)

        found = walk.many(sample, count, depth, again)
        return own_bytes(value) + found + _more(walk, value, kind, depth)

    return size


def _addresses(
    kind: type[Any], value: Any, count: int, places: list[int], known: dict[int, int]
) -> tuple[dict[int, int], float]:
    """Return how often known objects are met in parts of a sequence, and how much of it was looked at.

    The places where they were found at first are left out.
    """
    ranges = blocks(count, SCAN)
    found: dict[int, int] = {}
    for start, end in ranges:
        for key in [key for key in map(id, kind.__getitem__(value, slice(start, end))) if key in known]:
            found[key] = found.get(key, 0) + 1
    for place in places:
        if any(start <= place < end for start, end in ranges):
            key = id(kind.__getitem__(value, place))
            if key in known:
                found[key] -= 1
    return found, sum(end - start for start, end in ranges) / count


def _unordered(kind: type[Any]) -> Sizer:
    def size(walk: Walk, value: Any, depth: int) -> float:
        count = kind.__len__(value)
        sample = iterated(kind.__iter__(value), None, count, walk.room(), walk.draw(depth))
        return own_bytes(value) + walk.many(sample, count, depth) + _more(walk, value, kind, depth)

    return size


def _deque(walk: Walk, value: deque[Any], depth: int) -> float:
    """Size a deque from its ends: to find one by its index takes as long as its distance from them."""
    count = deque.__len__(value)
    sample = iterated(deque.__iter__(value), deque.__reversed__(value), count, walk.room(), walk.draw(depth))
    found = walk.many(sample, count, depth, ends=count > REACH)
    return own_bytes(value) + found + _more(walk, value, deque, depth)


def _mapping(walk: Walk, value: dict[Any, Any], depth: int) -> float:
    count = dict.__len__(value)
    pairs = iterated(
        iter(dict.items(value)), reversed(dict.items(value)), count, max(1, walk.room() // 2), walk.draw(depth)
    )
    keys, values = [key for key, _ in pairs], [held for _, held in pairs]
    del pairs  # its references are not the person's
    found = walk.many(keys, count, depth, ends=count > REACH, portion=0.5)
    keys.clear()
    return (
        own_bytes(value) + found + walk.many(values, count, depth, ends=count > REACH) + _more(walk, value, dict, depth)
    )


def _more(walk: Walk, value: object, kind: type, depth: int) -> float:
    """Size the attributes that a subclass of a container adds."""
    return 0.0 if type(value) is kind else walk.parts(list(attributes(value).values()), depth)


def _object(walk: Walk, value: object, depth: int) -> float:
    """Size any other object by what the garbage collector knows that it refers to: no code of its class runs."""
    own = own_bytes(value)
    if own > UNKNOWN:
        return own
    held = [other for other in gc.get_referents(value) if not issubclass(type(other), NOT_DATA)]
    return own + _inline_values(value, held) + walk.parts(held, depth)


def _inline_values(value: object, held: list[Any]) -> int:
    """Return the bytes of attributes that CPython holds beside an instance, which ``__sizeof__`` leaves out.

    One pointer each and one to spare, and the order in which they were set, in bytes; 3.13 has sizes beside it.
    """
    if not has_inline_values(type(value)) or not held or (len(held) == 1 and type(held[0]) is dict):
        return 0
    places = len(held) + 1
    order = -(-(places + 2) // 8) * 8 + (8 if sys.version_info >= (3, 13) else 0)
    return -(-(8 * places + order) // ALIGNMENT) * ALIGNMENT


def _memoryview(walk: Walk, value: memoryview, depth: int) -> float:
    return own_bytes(value) + walk.size(value.obj, depth + 1)  # all views of it together have one reference


def _own(walk: Walk, value: object, depth: int) -> float:
    return own_bytes(value)


def _nothing(walk: Walk, value: object, depth: int) -> float:
    return 0.0


register("builtins", "memoryview", _memoryview)
register_builtin(dict, _mapping)
register_builtin(list, _indexed(list))
register_builtin(tuple, _indexed(tuple))
register_builtin(deque, _deque)
register_builtin(set, _unordered(set))
register_builtin(frozenset, _unordered(frozenset))
register_builtin(mmap.mmap, _own)
for _kind in NOT_DATA:
    register_builtin(_kind, _nothing)
register_builtin(object, _object)
