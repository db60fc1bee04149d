"""Where the memory went: names, lines, how it was measured; and what rules held back."""

from __future__ import annotations

from memadvise.model import CellReport, HeldBack, LineUse, Measurement, VariableUse
from memadvise.show import theme, words
from memadvise.show.cards import prose
from memadvise.show.escape import esc, esc_code
from memadvise.show.tables import FACT, LABEL, NUMBER, QUIET_NUMBER, TEXT, folded, mono, row, table, title
from memadvise.show.units import signed_size, size

_TOP_VARIABLES = 8
_TOP_COLUMNS = 3
_TOP_LINES = 6
_LEAST_ERROR = 0.005  # of a size: below, the digits shown say as much
_TOP_HELD_BACK = 50


def details(report: CellReport) -> str:
    """Return the tables, and how the peak was measured."""
    how = f'<div style="margin-top:8px;{theme.QUIET}">{esc(words.method(report), 600)}</div>'
    return variables(report.measurement) + lines(report) + how


def variables(measured: Measurement) -> str:
    """Return the largest names that the cell made, changed or deleted, and the largest columns of frames among them."""
    ranked = sorted(measured.variables, key=lambda variable: -max(variable.nbytes, abs(variable.change_bytes)))
    rows = "".join(_variable(variable) for variable in ranked[:_TOP_VARIABLES])
    left = len(ranked) - _TOP_VARIABLES
    rest = f'<div style="{theme.QUIET}">and {left} smaller</div>' if left > 0 else ""
    return title("Names that the cell made or changed") + table(rows) + rest if rows else ""


def _variable(variable: VariableUse) -> str:
    columns = ", ".join(f"{mono(esc(name, 24))} {size(nbytes)}" for name, nbytes in variable.columns[:_TOP_COLUMNS])
    return row(
        (LABEL, mono(esc(variable.name, 40))),
        (FACT, esc(variable.type, 24)),
        (f"{TEXT};{theme.QUIET};overflow-wrap:anywhere", ", ".join(filter(None, (*_facts(variable), columns)))),
        (NUMBER, size(variable.nbytes)),
        (QUIET_NUMBER, signed_size(variable.change_bytes)),
    )


def _facts(variable: VariableUse) -> tuple[str, ...]:
    """Return what is told of a variable beside its size, where it is not the usual."""
    return (
        esc(variable.state, 12) if variable.state != "new" else "",
        f"&plusmn;{size(variable.error_bytes)}" if variable.error_bytes >= _LEAST_ERROR * variable.nbytes > 0 else "",
        f"{size(variable.device_bytes)} on a device" if variable.device_bytes else "",
    )


def lines(report: CellReport) -> str:
    """Return the lines with the highest exact peaks, in the order of the cell."""
    source = report.source.split("\n")
    highest = sorted(report.measurement.lines, key=lambda use: -use.peak_bytes)[:_TOP_LINES]
    rows = "".join(_line(use, source) for use in sorted(highest, key=lambda use: use.line))
    return title("Lines, by their exact peak") + table(rows) if rows else ""


def _line(use: LineUse, source: list[str]) -> str:
    text = source[use.line - 1] if 0 < use.line <= len(source) else ""
    return row(
        (FACT, str(use.line)),
        (f"{TEXT};{theme.MONO};overflow-wrap:anywhere", esc_code(text, 100)),
        (NUMBER, signed_size(use.peak_bytes)),
        (QUIET_NUMBER, f"{signed_size(use.retained_bytes)} kept"),
    )


def held_back(held: tuple[HeldBack, ...]) -> str:
    """Return, folded, what rules saw but could not prove to be safe."""
    if not held:
        return ""
    items = [
        f"<b>{esc(item.rule, 60)}</b>, {words.cell(item.index)}: {prose(item.reason, 400)}"
        for item in held[:_TOP_HELD_BACK]
    ]
    items += [f"and {len(held) - _TOP_HELD_BACK} more"] if len(held) > _TOP_HELD_BACK else []
    inside = "".join(f'<div style="margin:2px 0 2px 14px">{item}</div>' for item in items)
    return folded(f"Held back ({len(held)}): seen, but not proven to keep the result", inside)
