"""A recommendation as a card of the panel, and as rows of the static page."""

from __future__ import annotations

import re

from memadvise.model import CellReport, PredictedPeak, Recommendation
from memadvise.show import theme, words
from memadvise.show.escape import esc
from memadvise.show.tables import FACT, NUMBER, TEXT, mono, row, table, title
from memadvise.show.units import size, size_range


def card(asked: Recommendation, current_peak: int) -> str:
    """Return a card: technique, title, why, the predicted peak, what changes, what it costs, what it writes."""
    facts = [("peak", f"{_prediction(asked.predicted_peak)}; now {size(current_peak)}"), ("changes", _changes(asked))]
    price = words.costs(asked.costs)
    if price:
        facts.append(("costs", esc(price)))
    if asked.files:
        facts.append(("writes", ", ".join(mono(esc(file.path)) for file in asked.files)))
    rows = "".join(row((FACT, label), (TEXT, value)) for label, value in facts)
    return (
        f'<div style="overflow:hidden"><span style="float:right">{badge(asked)}</span>'
        f'<span style="{theme.QUIET}">{asked.number}</span> &nbsp;<b>{prose(asked.title, 200)}</b></div>'
        f'<div style="margin:2px 0">{prose(asked.why, 600)}</div>{table(rows)}'
    )


def card_rows(report: CellReport) -> str:
    """Return all cards as one table, empty when there are none."""
    rows = "".join(_card_row(asked) for asked in report.recommendations)
    return title("Ways to a lower peak") + table(rows) if rows else ""


def _card_row(asked: Recommendation) -> str:
    """Return what a card is and the peak it will have, then why and what changes."""
    price = words.costs(asked.costs)
    last = f"changes: {_changes(asked)}" + (f" &middot; costs: {esc(price)}" if price else "")
    middle = (
        f"<b>{prose(asked.title, 200)}</b> {badge(asked)}<br>{prose(asked.why, 400)}"
        f'<br><span style="{theme.QUIET}">{last}</span>'
    )
    down = ";padding-top:8px"
    number, peak = str(asked.number), _prediction(asked.predicted_peak, "<br>")
    return row((FACT + down, number), (TEXT + down, middle), (NUMBER + down, peak))


def badge(asked: Recommendation) -> str:
    """Return the technique's name as a small outlined label."""
    shape = f"border:1px solid {theme.RULE};border-radius:9px;padding:0 8px;margin-left:4px"
    style = f"{shape};font-size:11px;white-space:nowrap"
    return f'<span style="{style};{theme.QUIET}">{esc(asked.technique.value)}</span>'


def prose(text: str, limit: int) -> str:
    """Return a rule's sentence, its `code` in code's type.

    >>> prose("no `a<b`", 99)[:11]
    'no <code st'
    """
    parts = re.split(r"`([^`]*)`", esc(text, limit))
    return "".join(mono(part) if at % 2 else part for at, part in enumerate(parts))


def _changes(asked: Recommendation) -> str:
    return "; ".join(esc(line, 300) for line in (words.changes(asked), *words.absences(asked)))


def _prediction(peak: PredictedPeak, between: str = " ") -> str:
    """Return the likely peak strongly, then, more quietly, the range and the basis."""
    about = "" if peak.basis == "measured" else "~"
    span = "" if peak.low_bytes == peak.high_bytes else f"{size_range(peak.low_bytes, peak.high_bytes)}, "
    return (
        f'<b>{about}{size(peak.likely_bytes)}</b>{between}<span style="{theme.QUIET}">({span}{esc(peak.basis)})</span>'
    )
