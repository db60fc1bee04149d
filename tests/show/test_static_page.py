"""The static page and the timeline in it."""

from __future__ import annotations

import re
from dataclasses import replace

import made_up
import matplotlib
import pytest
from made_up import MIB
from pages import Page, assert_harmless

from memadvise.model import CellReport, Measurement
from memadvise.show import escape, peaks, summary_html, timeline_svg, units

REPORTS = {
    "ordinary": made_up.report(),
    "small": made_up.small(),
    "raised": made_up.raised(),
    "applied": made_up.report(applied=made_up.applied()),
    "hostile": made_up.hostile(),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_nothing_of_the_persons_becomes_markup(report: CellReport) -> None:
    """Names, paths, errors and code reach the page as text only."""
    source = summary_html(report)

    assert_harmless(source)
    assert "<img" not in source


def test_hostile_text_is_still_readable() -> None:
    """Escaping shows the name as it is."""
    assert made_up.HOSTILE in Page(summary_html(made_up.hostile())).text


def test_the_page_needs_no_style_sheet_and_no_script() -> None:
    """Nothing stands in the page that an untrusted notebook would lose, or that would reach beyond the report."""
    page = Page(summary_html(REPORTS["applied"]))

    assert not page.tags & {"style", "script", "link", "iframe", "img"}
    assert "class" not in page.attributes


def test_the_verdict_stands_first() -> None:
    """After an apply the reader meets the verdict before the measurement, and the error before both."""
    text = Page(summary_html(made_up.hostile())).text

    assert text.index("The cell raised") < text.index("DIFFERENT RESULT") < text.index("Peak ")


def test_the_page_names_what_was_measured() -> None:
    """Peak, limit, cards, names, lines, method and what was held back are all there."""
    text = Page(summary_html(REPORTS["ordinary"])).text
    expected = [
        "1.2 GiB",
        "4.0 GiB",
        "Read only the 3 columns",
        "410-560 MiB",
        "comment",
        "off by at most",
        "Held back",
    ]

    assert [part for part in expected if part not in text] == []


def test_eight_names_and_no_more() -> None:
    """A cell that made thirty names shows the largest eight and counts the rest."""
    assert "and 22 smaller" in Page(summary_html(made_up.hostile())).text


def test_plain_colours_stand_before_the_themes() -> None:
    """Every colour of the theme has a plain twin before it, for sanitisers that drop variables."""
    source = re.sub(r"<svg.*?</svg>", "", summary_html(REPORTS["applied"]), flags=re.DOTALL)
    themed = re.findall(r"(\w[\w-]*):var\((--jp-[\w-]+),(#\w+)\)", source)

    assert themed
    assert [one for one in themed if f"{one[0]}:{one[2]};{one[0]}:var({one[1]}" not in source] == []


def test_a_broken_matplotlib_costs_only_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """When drawing fails the page says so in one line."""

    def broken(*_: object) -> str:
        raise RuntimeError(made_up.HOSTILE)

    monkeypatch.setattr(peaks, "timeline_svg", broken)
    source = summary_html(made_up.report())

    assert "No timeline: RuntimeError" in source
    assert_harmless(source)


def test_the_timeline_has_nothing_that_two_figures_could_share() -> None:
    """No ids, references or style sheets: any number of figures may stand on a page."""
    page = Page(timeline_svg(made_up.measurement(), 4 * made_up.GIB))

    assert page.ids == []
    assert not page.tags & {"style", "use", "defs", "metadata"}
    assert not page.attributes & {"clip-path", "id"}


def test_the_timeline_takes_the_themes_colours() -> None:
    """No colour of the drawing is left, and text is text in the reader's colour."""
    source = timeline_svg(made_up.measurement(), 4 * made_up.GIB)

    assert "currentColor" in source
    assert not re.findall(r"(?:fill|stroke): #", source)
    assert "peak 1.2 GiB" in Page(source).text


def test_the_timeline_says_in_words_what_it_shows() -> None:
    """A reader who can't see it gets start, peak and end."""
    source = timeline_svg(made_up.measurement(), 0)
    expected = 'role="img" aria-label="Memory over 1.4 s: 310 MiB at the start, peak 1.2 GiB, 552 MiB at the end"'

    assert expected in source


@pytest.mark.parametrize("count", [0, 1, 2, 50_000])
def test_any_number_of_samples_gives_a_small_picture(count: int) -> None:
    """From no sample to an hour of them: the figure stays under 25 kB."""
    samples = tuple((i / 10, (300 + i * 7919 % 900) * MIB) for i in range(count))
    source = timeline_svg(replace(made_up.measurement(), samples=samples), 0)

    assert len(source) < 25_000
    assert_harmless(source)


def test_thinning_keeps_the_highest_sample() -> None:
    """A spike of one sample among thousands still reaches its height in the drawing."""
    flat = tuple((i / 100, 310 * MIB) for i in range(10_000))
    spiked = (*flat[:4321], (43.21, 1200 * MIB), *flat[4322:])
    measured = replace(made_up.measurement(wall_s=100.0), samples=spiked)

    assert timeline_svg(measured, 0) != timeline_svg(replace(measured, samples=flat), 0)


def test_the_limit_is_drawn_when_the_peak_came_near() -> None:
    """A far limit would flatten the curve, so it is left out."""
    measured = made_up.measurement()

    assert "limit 1.3 GiB" in Page(timeline_svg(measured, 1300 * MIB)).text
    assert "limit" not in Page(timeline_svg(measured, 64 * made_up.GIB)).text


def test_a_cell_of_no_time_and_no_memory_draws() -> None:
    """Zeros everywhere are no reason to fail."""
    assert timeline_svg(Measurement(0, 0, 0, "", 0, 0.0), 0).startswith("<svg")


def test_drawing_leaves_the_persons_settings_alone() -> None:
    """Settings of theirs change neither the drawing nor are they changed by it."""
    measured = made_up.measurement(wall_s=2.22)
    plain = timeline_svg.__wrapped__(measured, 0)
    with matplotlib.rc_context({"text.usetex": True, "axes.facecolor": "red", "font.size": 40}):
        theirs = dict(matplotlib.rcParams)
        drawn = timeline_svg.__wrapped__(measured, 0)

        assert dict(matplotlib.rcParams) == theirs
    assert drawn == plain


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (2**20 - 1, "1.0 MiB"),
        (190 * MIB, "190 MiB"),
        (-MIB, "-1.0 MiB"),
    ],
)
def test_sizes_are_binary_and_say_so(number: int, written: str) -> None:
    """Rounding never shows 1024 of a unit."""
    assert units.size(number) == written


def test_plain_text_is_bounded_and_visible() -> None:
    """Control characters, reordering marks and surrogates are shown, not sent."""
    assert escape.plain("a\x00\u202e\ud800b\n") == r"a\x00\u202e\ud800b\n"
    assert len(escape.plain("x" * 10_000)) == 200
