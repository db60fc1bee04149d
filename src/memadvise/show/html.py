"""The static page: HTML and inline SVG that stay readable with no kernel, no style sheet and no script."""

from __future__ import annotations

from memadvise.model import CellReport
from memadvise.show import theme, words
from memadvise.show.cards import card_rows
from memadvise.show.peaks import figure, heading, status, verdict
from memadvise.show.tables import folded
from memadvise.show.units import size
from memadvise.show.where import details, held_back


def summary_html(report: CellReport) -> str:
    """Return the report of one cell; the verdict stands first when something was applied."""
    outcome = verdict(report)
    blocks = [
        status(report),
        f'<div style="border-bottom:1px solid {theme.RULE};margin:0 0 10px;padding-bottom:8px">{outcome}</div>'
        if outcome
        else "",
        heading(report),
        figure(report),
        card_rows(report),
        details(report),
        held_back(report.held_back),
    ]
    return f'<div style="{theme.FONT};max-width:760px;padding:4px 0">{"".join(blocks)}</div>'


def summary_folded(report: CellReport) -> str:
    """Return the same below one line: beside a panel it would say everything twice."""
    outcome = f", {words.verdict(report.applied)}" if report.applied is not None else ""
    line = f"Report: peak {size(report.measurement.peak_bytes)}{outcome} (still here when the kernel is gone)"
    return f'<div style="{theme.FONT};max-width:760px">{folded(line, summary_html(report))}</div>'
