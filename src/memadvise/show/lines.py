"""The lines that took the memory: as a few lines of text, and as a table with bars."""

from __future__ import annotations

from memadvise.model import CallUse, CellReport, LineUse
from memadvise.show import theme
from memadvise.show.escape import esc, esc_code, plain
from memadvise.show.tables import FACT, NUMBER, QUIET_NUMBER, TEXT, row, table, title
from memadvise.show.units import percent, signed_size

MOST_IN_TEXT = 3
MOST_IN_TABLE = 8
MOST_CALLS = 4
LEAST_BYTES = 1 << 20
LEAST_SHARE = 0.02  # of the largest line: what is smaller explains nothing


def worth_telling(report: CellReport, most: int) -> list[LineUse]:
    """Return the lines that explain the peak or what was kept, at most so many, in the order of the cell."""
    uses = report.measurement.lines
    least = max(LEAST_BYTES, LEAST_SHARE * max((_weight(use) for use in uses), default=0))
    ranked = sorted((use for use in uses if _weight(use) >= least), key=lambda use: -_weight(use))
    return sorted(ranked[:most], key=lambda use: use.line)


def _weight(use: LineUse) -> int:
    return max(use.increment_bytes, abs(use.retained_bytes))


def line_texts(report: CellReport) -> list[str]:
    """Return one text line for each of the most telling lines of the cell, their code last."""
    return [_text(use, report) for use in worth_telling(report, MOST_IN_TEXT)]


def _text(use: LineUse, report: CellReport) -> str:
    code = plain(_source(report, use.line).strip(), 80)
    return f"  line {use.line}: {took(use)}{_visits(use)} | {code}"


def took(use: LineUse | CallUse) -> str:
    """Return what a line took: how far it went above its beginning, and what it left."""
    return f"{signed_size(use.increment_bytes)} at its peak, {signed_size(use.retained_bytes)} kept"


def _visits(use: LineUse) -> str:
    if use.sampled:
        return f" (sampled: {use.hits} visits looked at)"
    return f" ({use.hits} visits)" if use.hits > 1 else ""


def lines(report: CellReport) -> str:
    """Return the table of the most telling lines; below each, the lines of other cells' functions that it called."""
    told = worth_telling(report, MOST_IN_TABLE)
    top = max((_weight(use) for use in told), default=1)
    rows = "".join(_row(use, report, top) + "".join(map(_call, _calls(use))) for use in told)
    if not rows:
        return ""
    heading = "Lines: how far each went above its beginning at its highest, and what it left"
    return title(heading) + table(rows) + _sampled(told)


def _row(use: LineUse, report: CellReport, top: int) -> str:
    return row(
        (FACT, str(use.line)),
        (f"{TEXT};{theme.MONO};overflow-wrap:anywhere;white-space:pre-wrap", esc_code(_source(report, use.line), 120)),
        (f"{FACT};text-align:right", _times(use)),
        (f"{TEXT};width:110px;min-width:60px", _bar(_weight(use), top)),
        (NUMBER, signed_size(use.increment_bytes)),
        (QUIET_NUMBER, f"{signed_size(use.retained_bytes)} kept"),
    )


def _times(use: LineUse | CallUse) -> str:
    return f"{use.hits} x{'+' if use.sampled else ''}" if use.hits > 1 or use.sampled else ""


def _calls(use: LineUse) -> list[CallUse]:
    """Return the largest, in the order in which they stand."""
    return sorted(use.calls[:MOST_CALLS], key=lambda call: (call.cell, call.function, call.line))


def _call(call: CallUse) -> str:
    """Return a line of a function of another cell, set back below the line that called it."""
    place = f"{esc(call.cell, 20)} {esc(call.function, 40)}, line {call.line}: "
    code = f'<span style="{theme.MONO}">{esc_code(call.text, 80)}</span>'
    return row(
        (FACT, ""),
        (f"{TEXT};{theme.QUIET};padding-left:16px;overflow-wrap:anywhere", f"{place}{code}"),
        (FACT, _times(call)),
        (TEXT, ""),
        (QUIET_NUMBER, signed_size(call.increment_bytes)),
        (QUIET_NUMBER, f"{signed_size(call.retained_bytes)} kept"),
    )


def _bar(part: int, whole: int) -> str:
    """Return a bar; its length is written in a title, too, for those who can't see it."""
    width = max(1, round(100 * part / whole)) if whole > 0 else 0
    style = f"height:8px;margin-top:6px;width:{width}%;background:var(--jp-brand-color1,#1976d2);opacity:0.55"
    return f'<div title="{percent(part, whole)} of the largest" style="{style}"></div>'


def _sampled(told: list[LineUse]) -> str:
    calls = [call for use in told for call in use.calls[:MOST_CALLS]]
    if not any(use.sampled for use in told) and not any(call.sampled for call in calls):
        return ""
    text = "+ ran more often than it was looked at: the rest of its memory counts with the loop or call around it"
    return f'<div style="{theme.QUIET}">{text}</div>'


def _source(report: CellReport, line: int) -> str:
    source = report.source.split("\n")
    return source[line - 1] if 0 < line <= len(source) else ""
