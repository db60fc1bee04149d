"""The timeline's strip of lines and the children's curve."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import made_up
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up import GIB, MIB
from pages import Page, assert_harmless

from memadvise.model import CallUse, LineUse, Measurement
from memadvise.show import drawer, timeline_svg
from memadvise.show.strip import MOST_LABELS, Stretch, named, stretches

MARKS = st.lists(st.tuples(st.floats(0, 10), st.integers(1, 40)), max_size=120)
CALL = CallUse("f", "In [1]", 1, "x = 1", 1, 1, 1, 1)
CHILDREN = ((0.2, 0), (0.4, 300 * MIB), (0.9, 260 * MIB), (1.0, 0))


def used(line: int, increment: int) -> LineUse:
    """Return a line that took so much."""
    return LineUse(line, 0, 0, 1, increment, calls=(CALL,))


def measured() -> Measurement:
    """Return a measurement with everything that is drawn."""
    marks = ((0.0, 2), (1.0, 3), (1.3, 4))
    lines = (used(2, 900 * MIB), used(3, 90 * MIB))
    return replace(made_up.measurement(), marks=marks, lines=lines, children=CHILDREN)


def test_lines_stand_below_the_curve() -> None:
    """Each line that ran for a while is named; without marks the drawing is what it was."""
    texts = re.findall(r">([^<>]+)</text>", timeline_svg(measured(), 0))

    assert [text for text in texts if text in ("2", "3", "4", "line")] == ["2", "3", "4", "line"]
    assert "line" not in Page(timeline_svg(made_up.measurement(), 0)).text


def test_children_are_named_with_their_highest() -> None:
    """The second curve has its label, and the words for who can't see it; without children neither is there."""
    source = timeline_svg(measured(), 0)
    without = timeline_svg(replace(measured(), children=()), 0)

    assert "child processes, up to 300 MiB" in Page(source).text
    assert "at the end; child processes up to 300 MiB" in source
    assert "child" not in without


def test_large_children_are_not_cut_off() -> None:
    """Children larger than the kernel stretch the axis."""
    large = tuple((at_s, 10 * size) for at_s, size in CHILDREN)

    assert "3 GiB" in Page(timeline_svg(replace(measured(), children=large), 0)).text


def test_all_of_it_follows_the_rules_of_the_page() -> None:
    """No ids, no scripts, no colours but the theme's, small however much is in it."""
    many = replace(
        measured(),
        marks=tuple((0.005 * n, n % 90) for n in range(280)),
        children=tuple((0.003 * n, n * MIB) for n in range(396)),
    )
    source = timeline_svg(many, 1300 * MIB)

    assert_harmless(source)
    assert Page(source).ids == []
    assert not re.findall(r"(?:fill|stroke): #", source)
    assert len(source) < 40_000


def test_the_other_process_draws_the_same() -> None:
    """Everything that is drawn reaches the process that draws."""
    assert drawer.timeline_svg(measured(), 4 * GIB) == timeline_svg(measured(), 4 * GIB)


@given(marks=MARKS, culprit=st.integers(1, 40))
def test_stretches_cover_the_time(marks: list[tuple[float, int]], culprit: int) -> None:
    """Stretches are in order, touch each other, end with the cell, and hold every line that was marked before that."""
    found = stretches(marks, 10.0, {culprit: 5}, culprit)
    lines = {line for at_s, line in marks if at_s < 10.0}

    assert all(one.end_s == after.begin_s for one, after in pairwise(found))
    assert [one.end_s for one in found[-1:]] == [10.0] * bool(lines)
    assert all(any(one.first <= line <= one.last for one in found) for line in lines)


@given(marks=MARKS, width=st.floats(0.05, 3.0))
def test_labels_never_overlap(marks: list[tuple[float, int]], width: float) -> None:
    """Whatever ran when, labels stand apart, within the axis where one fits, and are few."""
    found = stretches(marks, 10.0, {})
    labels = named(found, lambda label: width, 10.0)

    assert all(after - before >= width * 0.999 for (before, _), (after, _) in pairwise(labels))
    assert all(width / 2 <= middle <= 10.0 - width / 2 + 1e-9 for middle, _ in labels)
    assert bool(labels) == bool(found)
    assert len(labels) <= MOST_LABELS


def test_a_tight_loop_is_one_stretch() -> None:
    """Hundreds of visits to three lines stand together under the range of the lines."""
    marks = [(0.0, 1), *((3 + 0.01 * n, 2 + n % 3) for n in range(300)), (6.0, 5)]

    assert [one.label for one in stretches(marks, 10.0, {})] == ["1", "2–4", "5"]


@pytest.mark.parametrize("times", [1, 3])
def test_a_short_culprit_is_seen(times: int) -> None:
    """A line of a millisecond that took the most stands on its own among others as short, and is named."""
    short = [(1 + 0.001 * n, 7 if n in (5, 15, 25)[:times] else 8 + n % 2) for n in range(40)]
    found = stretches([(0.0, 1), *short, (1.04, 3)], 10.0, {7: GIB, 1: MIB}, 7)

    assert "7" in [one.label for one in found]
    assert "7" in [one.label for _, one in named(found, lambda label: 1.0, 10.0)]


def test_the_highest_increment_is_named_first() -> None:
    """Where only one label has room, it is that of the line that took the most, not of the longest."""
    found = [Stretch(0.0, 9.0, 1, 1, 5), Stretch(9.0, 10.0, 2, 2, 9)]

    assert [one.first for _, one in named(found, lambda label: 9.0, 10.0)] == [2]
