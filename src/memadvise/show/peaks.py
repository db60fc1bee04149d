"""The blocks about the peak: the answer at the top, what went wrong, the verdict on what was applied, the timeline."""

from __future__ import annotations

from memadvise.model import CellReport, Measurement
from memadvise.show import theme, words
from memadvise.show.drawer import timeline_svg
from memadvise.show.escape import esc
from memadvise.show.tables import LABEL, NUMBER, QUIET_NUMBER, TEXT, row, table
from memadvise.show.units import seconds, size


def heading(report: CellReport) -> str:
    """Return the answer to "how close was it": the peak against the limit, as words and as a bar."""
    measured, limit = report.measurement, report.machine.limit_bytes
    tone = theme.pressure(measured.peak_bytes, limit)
    share = words.share(report).removeprefix(size(measured.peak_bytes))
    name = f" &middot; {esc(report.name, 60)}" if report.name else ""
    bar = memory_bar(measured, max(limit, measured.peak_bytes, 1), tone)
    before = f"{_swatch(f'background:{theme.REST}')} {size(measured.start_bytes)} was there before"
    took = f"{_swatch(theme.colour('background', tone))} {esc(words.took(report))}"
    return (
        f'<div style="font-size:15px">Peak <b>{size(measured.peak_bytes)}</b>{esc(share)}{name}</div>'
        f'{bar}<div style="{theme.QUIET}">{before} &nbsp; {took}</div>'
    )


def memory_bar(measured: Measurement, whole: int, tone: tuple[str, str]) -> str:
    """Return a bar of a peak: grey for what was there before, coloured for what the cell added."""
    start = 100 * min(max(measured.start_bytes, 0), measured.peak_bytes) / whole
    added = max(100 * measured.peak_bytes / whole - start, 0.0)
    part = "float:left;height:10px"
    return (
        f'<div style="background:{theme.TRACK};height:10px;border-radius:3px;overflow:hidden;margin:5px 0">'
        f'<div style="{part};width:{start:.2f}%;background:{theme.REST}"></div>'
        f'<div style="{part};width:{added:.2f}%;{theme.colour("background", tone)}"></div></div>'
    )


def _swatch(background: str) -> str:
    """Return a square of a bar's colour, which ties a number to its part of the bar."""
    return f'<span style="display:inline-block;width:9px;height:9px;border-radius:2px;{background}"></span>'


def status(report: CellReport) -> str:
    """Return what went wrong with the cell, empty when nothing did."""
    said = words.status(report)
    style = theme.colour("color", theme.BAD)
    return f'<div style="{style};font-weight:600;margin-bottom:4px">{esc(said, 400)}</div>' if said else ""


def verdict(report: CellReport) -> str:
    """Return the verdict on what was applied, the two peaks as bars on one scale, and what the verdict rests on."""
    applied = report.applied
    if applied is None:
        return ""
    good = words.is_good(applied)
    tone, mark = (theme.GOOD, "&#10003;") if good else (theme.BAD, "&#10007;")
    said = words.verdict(applied)
    whole = max(applied.before.peak_bytes, applied.measurement.peak_bytes, 1)
    rows = _bar("before", applied.before, whole, theme.BRAND) + _bar("after", applied.measurement, whole, tone)
    facts = ", ".join(fact for fact in (words.before_after(applied), words.speed(applied)) if fact)
    details = "".join(f"<div>{esc(line, 300)}</div>" for line in words.verdict_details(applied))
    return (
        f'<div style="font-size:15px;font-weight:600;{"" if good else theme.colour("color", tone)}">'
        f'<span style="{theme.colour("color", tone)}">{mark}</span> {esc(said[:1].upper() + said[1:])}</div>'
        f"<div>Applied {applied.number}, {esc(applied.rule, 60)}: {esc(facts.replace('->', '→'))}</div>"
        f'{table(rows)}<div style="{theme.QUIET}">{details}</div>'
    )


def _bar(label: str, measured: Measurement, whole: int, tone: tuple[str, str]) -> str:
    bar = memory_bar(measured, whole, tone)
    took = (QUIET_NUMBER, seconds(measured.wall_s))
    return row((LABEL, label), (TEXT, bar), (NUMBER, size(measured.peak_bytes)), took)


def figure(report: CellReport) -> str:
    """Return the timeline, or one line on why there is none: a picture must never cost the person the report."""
    if len(report.measurement.samples) < 2:
        return ""  # a cell of a few milliseconds: two points are no curve
    try:
        drawn = timeline_svg(report.measurement, report.machine.limit_bytes)
    except Exception as error:  # noqa: BLE001 - matplotlib may be broken, missing or of another major version
        return f'<div style="{theme.QUIET}">No timeline: {esc(f"{type(error).__name__}: {error}")}</div>'
    return f'<div style="{theme.FIGURE}">{drawn}</div>'
