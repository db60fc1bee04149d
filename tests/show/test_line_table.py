"""The lines that took the memory, in the text and on the page."""

from __future__ import annotations

from dataclasses import replace

import made_up

from memadvise.model import CallUse, CellReport, LineUse
from memadvise.show.html import summary_html
from memadvise.show.lines import line_texts, lines, worth_telling
from memadvise.show.text import summary_text

MIB = 2**20


def report(*uses: LineUse, source: str = "a = 1\nb = 2\nc = 3\nd = 4\ne = 5") -> CellReport:
    """Return a report whose cell has these lines."""
    made = made_up.report(recommendations=(), held_back=())
    return replace(made, source=source, measurement=replace(made.measurement, lines=uses))


def use(line: int, mib: int, kept: int = 0, hits: int = 1, sampled: bool = False) -> LineUse:
    """Return a line that went so many MiB above its beginning."""
    return LineUse(line, 900 * MIB, kept * MIB, hits, mib * MIB, sampled)


def test_the_most_telling_lines_stand_in_the_order_of_the_cell() -> None:
    """At most three, those with the largest growth or the most that they left or freed."""
    actual = worth_telling(report(use(1, 5), use(2, 90), use(3, 0, -50), use(4, 70), use(5, 6)), most=3)

    assert [one.line for one in actual] == [2, 3, 4]


def test_lines_that_explain_nothing_are_not_told() -> None:
    """Below 1 MiB, or below 2 % of the largest, a line is noise."""
    actual = worth_telling(report(use(1, 0), use(2, 400), use(3, 7), use(4, 9)), most=9)

    assert [one.line for one in actual] == [2, 4]


def test_text_says_line_bytes_and_code() -> None:
    """A line of text: number, growth, what was left, the visits where there are several, the code."""
    actual = line_texts(report(use(2, 90, 40), use(3, 8, 8, hits=12)))

    assert actual == [
        "  line 2: +90 MiB at its peak, +40 MiB kept | b = 2",
        "  line 3: +8.0 MiB at its peak, +8.0 MiB kept (12 visits) | c = 3",
    ]


def test_sampled_lines_say_so() -> None:
    """A line that ran more often than it was looked at says how often it was, in the text and on the page."""
    told = report(use(2, 90, hits=30, sampled=True))

    assert "(sampled: 30 visits looked at)" in line_texts(told)[0]
    assert "30 x+" in lines(told)
    assert "ran more often than it was looked at" in lines(told)


def test_calls_stand_below_their_line() -> None:
    """Functions of other cells are opened one level down: cell, function, line, code, bytes."""
    call = CallUse("load", "In [4]", 3, "return big()", 900 * MIB, 80 * MIB, 0, 1)
    html = lines(report(replace(use(2, 90), calls=(call,))))

    assert html.index("b = 2") < html.index("In [4] load, line 3") < html.index("return big()")
    assert "+80 MiB" in html


def test_hostile_code_is_escaped() -> None:
    """Code and names of functions are text wherever they stand."""
    evil = "<img src=x onerror=alert(1)>"
    call = CallUse(evil, evil, 1, evil, 900 * MIB, 80 * MIB, 0, 1)
    told = report(replace(use(1, 90), calls=(call,)), source=f"x = '{evil}'\x1b[31m")

    assert "<img" not in summary_html(told)
    assert "\x1b" not in summary_text(told)


def test_no_lines_no_table() -> None:
    """Where lines were not looked at, nothing is said of them."""
    assert lines(report()) == ""
    assert line_texts(report()) == []
