"""Sizes that stand on a sample: how far from the truth, and what is said of that."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

import pytest
from variable_values import COUNT, KINDS, ORDINARY, full_walk, shared_part, text

from memadvise.measure.sizing.samples import MOST, SCAN
from memadvise.measure.sizing.variables import ALL_NODES, Size, changes, look, sizes
from memadvise.measure.sizing.walk import ATOM, NODES, SCANS

SEEDS = 6


@cache
def cases(kind: str) -> list[tuple[Size, int]]:
    """Return (what was found, the truth) over seeds and lengths: the sample depends on the length."""
    found = []
    for seed in range(SEEDS):
        value = KINDS[kind](Random(seed), COUNT + 777 * seed)
        found.append((sizes({"x": value})["x"], full_walk(value)))
    return found


def test_the_error_that_is_stated_holds() -> None:
    """In 95 % of all cases the truth is within four standard errors, or within 1 %."""
    every = [(kind, size, truth) for kind in KINDS for size, truth in cases(kind)]
    missed = [
        (kind, size.nbytes, size.error_bytes, truth)
        for kind, size, truth in every
        if abs(size.nbytes - truth) > max(4 * size.error_bytes, 0.01 * truth)
    ]

    assert len(missed) <= 0.05 * len(every), missed


def test_ordinary_data_are_within_five_percent() -> None:
    """In 95 % of the cases of ordinary kinds the estimate is within 5 % of the truth."""
    every = [(kind, size.nbytes, truth) for kind in sorted(ORDINARY) for size, truth in cases(kind)]
    missed = [case for case in every if abs(case[1] - case[2]) > 0.05 * case[2]]

    assert len(missed) <= 0.05 * len(every), missed


def test_the_stated_error_is_of_use() -> None:
    """For ordinary kinds the stated error is a few percent: a bound that always holds would say nothing."""
    widest = max((size.error_bytes / size.nbytes, kind) for kind in ORDINARY for size, _ in cases(kind))

    assert widest[0] < 0.05, widest


@pytest.mark.parametrize("value", [[1.5, [2, "text"], {"k": (3, None)}], {"a": [b"1" * 5000]}, (), "text", 7])
def test_what_was_counted_has_no_error(value: object) -> None:
    """Of few objects each is looked at: the size is no estimate."""
    found = sizes({"x": value})["x"]

    assert (found.nbytes, found.error_bytes) == (full_walk(value), 0)


def test_a_part_that_all_elements_share_counts_once() -> None:
    """A list to which each of 10,000 rows refers is not multiplied by the rows that were not looked at."""
    rows = shared_part(Random(1), 10_000)

    assert sizes({"x": rows})["x"].nbytes == pytest.approx(full_walk(rows), rel=0.02)


def test_objects_known_to_another_variable_keep_their_size() -> None:
    """A second reference from elsewhere halves nothing: the list is as large as it was before."""
    words = [text(Random(number)) for number in range(20_000)]
    before = sizes({"words": words})
    by_word = dict.fromkeys(words)

    after = sizes({"words": words, "by_word": by_word})

    assert after["words"].nbytes == pytest.approx(before["words"].nbytes, rel=0.1)


def test_a_list_that_grows_a_little_is_not_said_to_have_shrunk() -> None:
    """The noise of the sample is not told as a change."""
    words = [text(Random(number)) for number in range(20_000)]
    before = sizes({"words": words})
    words.append("one more")

    assert changes(before, sizes({"words": words})) == ()


def test_a_list_that_grows_by_a_fifth_is_told() -> None:
    """Growth beyond the noise is told with about what was added."""
    words = [text(Random(number)) for number in range(20_000)]
    before = sizes({"words": words})
    added = [text(Random(-number)) for number in range(1, 4001)]
    words += added

    (actual,) = changes(before, sizes({"words": words}))

    assert actual.state == "grown"
    assert actual.change_bytes == pytest.approx(full_walk(added), rel=0.3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_looked_at_is_bounded(kind: str) -> None:
    """However many objects a variable holds, only so many are looked at."""
    value = KINDS[kind](Random(5), 4 * COUNT)

    actual = look({"x": value})[1]

    assert actual <= 2 * NODES / ATOM + SCAN


def test_all_variables_share_what_may_be_looked_at() -> None:
    """Three hundred large variables are looked at no more than a few are."""
    rows: list[Any] = [{"id": number + 1000, "text": str(number)} for number in range(500)]
    namespace = {f"x{number}": [dict(row) for row in rows] for number in range(300)}

    actual = look(namespace)[1]

    assert actual <= 4 * ALL_NODES / ATOM + SCANS


def test_a_long_list_is_looked_at_no_more_than_a_short_one() -> None:
    """Two million ints cost what five thousand cost."""
    long = look({"x": list(range(1000, 2_001_000))})[1]

    assert long == look({"x": list(range(1000, 6000))})[1] <= MOST + 1


RESIDENT = """
import json, random
from dataclasses import dataclass
from memadvise.measure.spans import spans
from memadvise.measure.sizing.variables import sizes

@dataclass
class Row:
    a: int
    b: float

@dataclass(slots=True)
class Slotted:
    a: int
    b: float

rows = [None] * 500_000
sizes({{"x": [[1.5], "a"]}})
before = spans().counter.read().resident_bytes
for number in range(len(rows)):
    rows[number] = {element}
after = spans().counter.read().resident_bytes
found = sizes({{"rows": rows}})["rows"]
print(json.dumps([found.nbytes - 8 * len(rows), after - before]))
"""


@pytest.mark.parametrize(
    "element",
    [
        "number + 1000",
        "number / 3",
        "str(number) * 5",
        "(number + 1000, number / 3)",
        "{'a': number / 3}",
        "[number / 3]",
        "Row(number + 1000, number / 3)",
        "Slotted(number + 1000, number / 3)",
        "bytes(number % 200)",
    ],
)
def test_estimates_are_what_becomes_resident(element: str, fresh: Callable[[str], Any]) -> None:
    """Half a million objects take what the kernel says that they take, within 5 % (their list was there before)."""
    found, resident = fresh(RESIDENT.format(element=element))

    assert found == pytest.approx(resident, rel=0.05)


def test_a_sorted_copy_of_a_list_holds_pointers_only() -> None:
    """The elements were counted with the list that came first, though the samples of both are not the same."""
    words = [text(Random(number)) for number in range(30_000)]
    found = sizes({"words": words, "copy": sorted(words), "half": words[::2]})
    pointers = 8 * 30_000

    assert found["words"].nbytes == pytest.approx(full_walk(words), rel=0.05)
    assert found["copy"].nbytes < pointers + 4 * found["copy"].error_bytes + 0.05 * found["words"].nbytes
    assert found["half"].nbytes < pointers + 4 * found["half"].error_bytes + 0.05 * found["words"].nbytes
