"""Values to size by a sample, and what a full walk over them finds."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from memadvise.measure.sizing.kinds import NOT_DATA, own_bytes

COUNT = 15_000


@dataclass(slots=True)
class Slotted:
    """A row without a dict."""

    a: int
    b: float
    c: str


def text(random: Random, mean: int = 60) -> str:
    """Return a string of its own, of any length."""
    return "x" * int(random.expovariate(1 / mean)) + str(random.random())


def full_walk(value: object) -> int:
    """Return the bytes of all objects below a value, each once."""
    seen: set[int] = set()
    total, left = 0, [value]
    while left:
        current = left.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        total += own_bytes(current)
        if isinstance(current, dict):  # whose text keys the garbage collector does not name
            left += [*current, *current.values()]
        elif gc.is_tracked(current) or isinstance(current, tuple):
            left += [held for held in gc.get_referents(current) if not isinstance(held, NOT_DATA)]
    return total


def of_pool(random: Random, words: int, count: int) -> list[str]:
    """Return ``count`` references to ``words`` strings."""
    pool = [text(random) for _ in range(words)]
    return [pool[random.randrange(words)] for _ in range(count)]


def shared_part(random: Random, count: int) -> list[dict[str, Any]]:
    """Return rows that all refer to the same large list."""
    common = [random.random() for _ in range(50_000)]
    return [{"common": common, "id": number + 1000} for number in range(count)]


def tree(depth: int) -> list[Any]:
    """Return a full binary tree of lists."""
    return [tree(depth - 1), tree(depth - 1)] if depth else [str(0.5) * 3]


def documents(random: Random, count: int) -> dict[str, Any]:
    """Return what a JSON file may hold."""
    return {
        f"key {number}": {
            "items": [{"name": text(random, 20), "tags": ["a", text(random, 20)]} for _ in range(random.randrange(8))],
            "number": number + 1000,
        }
        for number in range(count // 10)
    }


KINDS: dict[str, Callable[[Random, int], Any]] = {
    "ints": lambda random, count: [random.randrange(10**6) for _ in range(count)],
    "small ints": lambda random, count: [random.randrange(250) for _ in range(count)],
    "floats": lambda random, count: [random.random() for _ in range(count)],
    "strs": lambda random, count: [text(random) for _ in range(count)],
    "few words": lambda random, count: of_pool(random, 50, count),
    "many words": lambda random, count: of_pool(random, count // 3, count),
    "all twice": lambda random, count: [text(random) for _ in range(count)] * 2,
    "dicts": lambda random, count: [{"a": number + 1000, "b": text(random)} for number in range(count)],
    "tuples": lambda random, count: [(number + 1000, random.random(), text(random)) for number in range(count)],
    "dict": lambda random, count: {number + 1000: text(random) for number in range(count)},
    "set": lambda random, count: {random.random() for _ in range(count)},
    "lists": lambda random, count: [[random.random() for _ in range(random.randrange(5, 12))] for _ in range(count)],
    "few long lists": lambda random, count: [[random.random() for _ in range(count // 50)] for _ in range(50)],
    "slots": lambda random, count: [Slotted(number + 1000, random.random(), text(random)) for number in range(count)],
    "shared part": shared_part,
    "tree": lambda random, count: tree(12),
    "documents": documents,
}
ORDINARY = frozenset({"ints", "floats", "strs", "dicts", "tuples", "dict", "set", "lists", "few long lists", "slots"})
