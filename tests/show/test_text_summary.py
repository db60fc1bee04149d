"""The summary as text."""

from __future__ import annotations

from dataclasses import replace

import made_up
import pytest
from made_up import MIB

from memadvise.model import HeldBack, PredictedPeak, ResultClass, Verification
from memadvise.show import one_line, summary_text, words


def test_a_report_with_nothing_but_numbers_is_two_lines() -> None:
    """A cell without cards gives the peak against the limit, and how it was measured."""
    expected = (
        "memadvise: peak 150 MiB of the 8.0 GiB this kernel may use (2 %)\n"
        "  +50 MiB at the peak, +10 MiB kept, 12 ms (sampled, off by at most 0 B)"
    )

    assert summary_text(made_up.small()) == expected


def test_each_card_is_one_line_that_says_what_changes() -> None:
    """A card's line holds number, technique, title, the predicted range with its basis, cost and change."""
    lines = summary_text(made_up.report(recommendations=(made_up.CHUNKS,), held_back=())).splitlines()
    expected = (
        "  2. chunking: Sum `amount` while reading, 200,000 rows at a time | peak ~350 MiB (330-380 MiB, trial) | "
        "costs 400 ms once | changes the last digits of float sums, at most 1e-9 of the value; "
        "no longer defined: orders"
    )

    assert lines[-1:] == [expected]


def test_an_applied_card_comes_first() -> None:
    """After an apply the first line holds before, after, ratio and verdict."""
    lines = summary_text(made_up.report(applied=made_up.applied())).splitlines()
    expected = [
        "applied 1 unused-columns: peak 1.2 GiB -> 441 MiB (2.8x lower), "
        "+919 MiB -> +131 MiB above the start, 2.4x faster, "
        "same result; a peek shows fewer columns",
        "  compared: top, Out",
        "  not compared: fig",
    ]

    assert lines[:3] == expected


def test_an_error_stands_before_everything() -> None:
    """A cell that raised says so first, in one line that a terminal does not act on."""
    first = summary_text(made_up.raised()).splitlines()[0]

    assert first == r"The cell raised: KeyError: '<img src=x onerror=alert(1)>'\n\x1b[31mred"


def test_a_stopped_cell_says_so_even_without_an_error() -> None:
    """Status alone is enough for a sentence."""
    first = summary_text(made_up.report(status="stopped")).splitlines()[0]

    assert first == "The cell was stopped before it passed its limit."


def test_at_most_five_held_back() -> None:
    """The sixth line and those after it are only counted."""
    held = tuple(HeldBack("repeated-strings", "a", 1, f"reason {i}") for i in range(7))
    lines = summary_text(made_up.report(recommendations=(), held_back=held)).splitlines()

    assert lines[-2:] == ["  held back repeated-strings (code cell 1): reason 4", "  and 2 more held back"]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (ResultClass.IDENTICAL, "same result"),
        (ResultClass.SAME_VALUES, "same result, other dtypes"),
        (ResultClass.ROUNDING, "same up to rounding"),
        (ResultClass.DISPLAY, "same result; a peek shows fewer columns"),
        (ResultClass.APPROXIMATE, "approximately the same result"),
    ],
)
def test_each_class_has_its_verdict(result: ResultClass, said: str) -> None:
    """The verdict names exactly what the class allows."""
    assert words.verdict(made_up.applied(result=result)) == said


def test_a_difference_is_never_called_the_same() -> None:
    """Whatever class stands beside it, a comparison that failed reads DIFFERENT RESULT and says where."""
    found = made_up.applied(equal=False, result=ResultClass.IDENTICAL)

    assert words.verdict(found) == "DIFFERENT RESULT"
    assert not words.is_good(found)
    assert words.verdict_details(found)[0] == "top: row 3: 1204.5 before, 1180.0 after"


def test_nothing_compared_is_not_a_success() -> None:
    """An empty comparison that found no difference is reported as not verified."""
    found = replace(made_up.applied(), verification=Verification(True, ResultClass.IDENTICAL, (), (), ("gen",)))

    assert words.verdict(found) == "NOT VERIFIED: nothing could be compared"
    assert not words.is_good(found)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(900, 300, "3.0x lower"), (300, 900, "3.0x HIGHER"), (900, 890, "no lower"), (0, 10, "no lower")],
)
def test_the_ratio_says_its_direction(before: int, after: int, said: str) -> None:
    """A peak that rose is not written as a saving, nor one within the noise."""
    done = made_up.applied()
    changed = replace(
        done,
        before=replace(done.before, peak_bytes=before * MIB),
        measurement=replace(done.measurement, peak_bytes=after * MIB),
    )

    assert f" ({said}), " in words.before_after(changed)


@pytest.mark.parametrize(
    ("ratio", "said"), [(2.0, "2.0x faster"), (0.5, "takes 2.0x as long"), (1.03, ""), (float("inf"), ""), (0.0, "")]
)
def test_time_is_told_as_a_ratio(ratio: float, said: str) -> None:
    """A ratio near one, or not known, is not mentioned."""
    assert words.speed(replace(made_up.applied(), speed_ratio=ratio)) == said


def test_a_prediction_is_a_range_unless_it_was_measured() -> None:
    """Only a measured peak is written without the sign for about."""
    assert words.predicted(PredictedPeak(150 * MIB, 190 * MIB, 260 * MIB)) == "~190 MiB (150-260 MiB, model)"
    assert words.predicted(PredictedPeak(9 * MIB, 9 * MIB, 9 * MIB, "measured")) == "9.0 MiB (measured)"


def test_one_line_names_the_first_card() -> None:
    """The short form is one line with peak, kept, time and the best card."""
    expected = (
        "memadvise: peak 1.2 GiB (+919 MiB), kept +242 MiB, 1.4 s, "
        "1: Read only the 3 columns that the notebook uses ~450 MiB (410-560 MiB, model)"
    )

    assert one_line(made_up.report()) == expected
    assert "\n" not in one_line(made_up.hostile())


def test_an_unknown_limit_is_said() -> None:
    """Without a limit there is no share."""
    report = made_up.report(machine=replace(made_up.MACHINE, limit_bytes=0))

    assert "1.2 GiB; the memory this kernel may use is not known" in summary_text(report)


def test_hostile_text_stays_short_and_printable() -> None:
    """2,000 columns and control characters give a text of bounded size that a terminal does not act on."""
    text = summary_text(made_up.hostile())

    assert len(text) < 8000
    assert all(character == "\n" or character.isprintable() for character in text)
