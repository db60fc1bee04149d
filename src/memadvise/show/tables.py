"""Tables that look the same in a notebook, whose own style sheet stripes and aligns them, and on a bare page."""

from __future__ import annotations

from memadvise.show import theme
from memadvise.show.escape import esc

_RESET = "border:none;background:transparent;vertical-align:top;line-height:1.5"
TEXT = f"{_RESET};text-align:left;padding:2px 12px 2px 0"
LABEL = f"{TEXT};white-space:nowrap;width:1%"
NUMBER = f"{_RESET};text-align:right;padding:2px 0 2px 12px;white-space:nowrap;width:1%"
FACT = f"{LABEL};{theme.QUIET}"
QUIET_NUMBER = f"{NUMBER};{theme.QUIET}"


def table(rows: str) -> str:
    """Return rows as a table over the whole width, empty without any."""
    # notebooks lay tables out as "fixed", which would ignore the widths of the cells
    style = (
        "table-layout:auto;border-collapse:collapse;border:none;width:100%;margin:4px 0;font-size:13px;line-height:1.5"
    )
    return f'<table style="{style}">{rows}</table>' if rows else ""


def row(*cells: tuple[str, str]) -> str:
    """Return a row of (style, HTML) cells."""
    inside = "".join(f'<td style="{style}">{value}</td>' for style, value in cells)
    return f'<tr style="background:transparent">{inside}</tr>'


def title(text: str) -> str:
    """Return the line above a table."""
    return f'<div style="margin-top:8px;{theme.QUIET}">{esc(text)}</div>'


def mono(escaped: str) -> str:
    """Return text that was escaped before in code's type."""
    style = f"{theme.MONO};background:transparent;color:inherit;padding:0;white-space:inherit"
    return f'<code style="{style}">{escaped}</code>'


def folded(summary: str, inside: str) -> str:
    """Return a part that opens at a click, without any script."""
    opener = f'<summary style="cursor:pointer;{theme.QUIET}">{esc(summary)}</summary>'
    return f'<details style="margin-top:6px">{opener}{inside}</details>'
