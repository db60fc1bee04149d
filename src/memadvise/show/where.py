"""Where the memory went: names, lines, how it was measured; and what rules held back."""

from __future__ import annotations

from collections.abc import Sequence

from memadvise.model import CellReport, HeldBack, Measurement, VariableUse
from memadvise.show import theme, words
from memadvise.show.cards import prose
from memadvise.show.escape import esc
from memadvise.show.kinds import kinds
from memadvise.show.lines import lines
from memadvise.show.tables import FACT, LABEL, NUMBER, QUIET_NUMBER, TEXT, folded, mono, row, table, title
from memadvise.show.units import signed_size, size

_TOP_VARIABLES = 8
_TOP_COLUMNS = 3
_LEAST_ERROR = 0.005  # of a size: below, the digits shown say as much
_TOP_HELD_BACK = 50


def details(report: CellReport) -> str:
    """Return the tables, what has to be known to read them, and how the peak was measured."""
    said = [words.method(report), *words.notes(report)]
    how = "".join(f'<div style="margin-top:6px;{theme.QUIET}">{esc(text, 600)}</div>' for text in said)
    return lines(report) + variables(report.measurement) + kinds(report) + how


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


def held_back(held: Sequence[HeldBack]) -> str:
    """Return, folded, what rules saw but could not prove to be safe."""
    if not held:
        return ""
    held = words.grouped(held)
    items = [
        f"<b>{esc(item.rule, 120)}</b>, {words.cell(item.index)}: {prose(item.reason, 400)}"
        for item in held[:_TOP_HELD_BACK]
    ]
    items += [f"and {len(held) - _TOP_HELD_BACK} more"] if len(held) > _TOP_HELD_BACK else []
    inside = "".join(f'<div style="margin:2px 0 2px 14px">{item}</div>' for item in items)
    return folded(f"Held back ({len(held)}): seen, but not proven to keep the result", inside)
