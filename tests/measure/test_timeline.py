"""The timeline stays short and keeps every maximum."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from memadvise.measure.combine import combined
from memadvise.measure.timeline import Timeline
from memadvise.model import Measurement

SERIES = st.lists(st.tuples(st.floats(0.001, 2.0), st.integers(0, 10**12)), min_size=1, max_size=200)


@given(steps=SERIES, most=st.integers(2, 40))
def test_bounded_and_true(steps: list[tuple[float, int]], most: int) -> None:
    """However many samples come in, few points remain, each is a sample, the maximum is one, and time runs forward."""
    timeline, samples, now = Timeline(most), [], 1000.0
    for step, value in steps:
        now += step
        samples.append((now, value))
        timeline.add(now, value)

    points = timeline.points()

    assert len(points) <= most
    assert set(points) <= set(samples)
    assert max(value for _, value in points) == max(value for _, value in samples)
    assert points == sorted(points)


def test_nothing_is_lost_while_there_is_room() -> None:
    """Samples at the usual distance are all kept as long as they fit."""
    timeline = Timeline(100)
    for number in range(50):
        timeline.add(number * 0.0102, number)

    assert [value for _, value in timeline.points()] == list(range(50))


def test_a_spike_survives_an_hour() -> None:
    """One high sample among a hundred thousand is still there."""
    timeline = Timeline()
    for number in range(100_000):
        timeline.add(number * 0.05, 7000 if number == 777 else number % 10)

    assert max(timeline.points(), key=lambda point: point[1])[1] == 7000
    assert len(timeline.points()) <= 396


def test_both_curves_of_a_chain_run_on() -> None:
    """Of two cells taken together, the second's curves begin where the first ended; marks are those of the peak's."""
    first = Measurement(1, 5, 2, "", 0, 2.0, samples=((0.0, 1),), children=((1.0, 7),), marks=((0.5, 1),))
    second = Measurement(2, 9, 2, "", 0, 3.0, samples=((1.0, 9),), children=((2.0, 8),), marks=((0.5, 2),))

    both = combined((first, second))

    assert both.samples == ((0.0, 1), (3.0, 9))
    assert both.children == ((1.0, 7), (4.0, 8))
    assert both.marks == ((2.5, 2),)
