"""The sentences that the text, the static page and the panel share. Plain text: whoever writes HTML escapes it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from memadvise.model import Applied, CellReport, Costs, HeldBack, PredictedPeak, Recommendation, ResultClass, Technique
from memadvise.show.escape import plain
from memadvise.show.kinds import import_text
from memadvise.show.units import percent, seconds, signed_size, size, size_range, times

_VERDICTS = {
    ResultClass.IDENTICAL: "same result",
    ResultClass.SAME_VALUES: "same result, other dtypes",
    ResultClass.ROUNDING: "same up to rounding",
    ResultClass.DISPLAY: "same result; a peek shows fewer columns",
    ResultClass.APPROXIMATE: "approximately the same result",
    ResultClass.DIFFERENT: "DIFFERENT RESULT",
}
_CHANGES = {
    ResultClass.IDENTICAL: "nothing: same values, dtypes and index",
    ResultClass.SAME_VALUES: "dtypes; the values stay equal",
    ResultClass.ROUNDING: "the last digits of float sums, at most 1e-9 of the value",
    ResultClass.DISPLAY: "only what a peek shows: fewer columns",
    ResultClass.APPROXIMATE: "values become approximate: never chosen for you",
    ResultClass.DIFFERENT: "the result",
}


def verdict(applied: Applied) -> str:
    """Return the verdict in words; nothing compared is never called the same."""
    verification = applied.verification
    if not verification.equal:
        return _VERDICTS[ResultClass.DIFFERENT]
    if not verification.compared:
        return "NOT VERIFIED: nothing could be compared"
    return _VERDICTS[verification.result]


def is_good(applied: Applied) -> bool:
    """Tell whether the verdict is one to be glad of."""
    verification = applied.verification
    return verification.equal and bool(verification.compared) and verification.result is not ResultClass.DIFFERENT


def verdict_details(applied: Applied) -> list[str]:
    """Return what stands below a verdict: the differences, and what was and was not compared."""
    verification = applied.verification
    lines = [f"{plain(item.name, 60)}: {plain(item.found)}" for item in verification.differences[:5]]
    lines += _more(len(verification.differences) - 5)
    if verification.compared:
        lines.append(f"compared: {names(verification.compared)}")
    if verification.not_compared:
        lines.append(f"not compared: {names(verification.not_compared)}")
    return lines


def before_after(applied: Applied) -> str:
    """Return both peaks and what lies between them, and the same above each start: what the cells themselves took."""
    before, after = applied.before, applied.measurement
    whole = (
        f"peak {size(before.peak_bytes)} -> {size(after.peak_bytes)} ({_factor(before.peak_bytes, after.peak_bytes)})"
    )
    own = f"{signed_size(before.increment_bytes)} -> {signed_size(after.increment_bytes)} above the start"
    return f"{whole}, {own}"


def _factor(before: int, after: int) -> str:
    if min(before, after) <= 0 or abs(before - after) <= 0.02 * before:
        return "no lower"
    return f"{times(before / after)} lower" if after < before else f"{times(after / before)} HIGHER"


def speed(applied: Applied) -> str:
    """Return how the time changed, empty where it did not or is not known."""
    ratio = applied.speed_ratio
    if not 0 < ratio < float("inf") or 0.9 < ratio < 1.1:
        return ""
    return f"{times(ratio)} faster" if ratio > 1 else f"takes {times(1 / ratio)} as long"


def status(report: CellReport) -> str:
    """Return what went wrong with the cell, empty when it ran to its end."""
    if report.error is not None:
        stopped = "stopped before it passed its limit" if report.status == "stopped" else "raised"
        return f"The cell {stopped}: {plain(report.error.type, 60)}: {plain(report.error.message, 300)}"
    return {"ok": "", "error": "The cell raised.", "stopped": "The cell was stopped before it passed its limit."}[
        report.status
    ]


def share(report: CellReport) -> str:
    """Return the peak against the memory that this kernel may really use."""
    peak, limit = report.measurement.peak_bytes, report.machine.limit_bytes
    if limit <= 0:
        return f"{size(peak)}; the memory this kernel may use is not known"
    source = f", {plain(report.machine.limit_source, 60)}" if report.machine.limit_source else ""
    return f"{size(peak)} of the {size(limit)} this kernel may use ({percent(peak, limit)}{source})"


def took(report: CellReport) -> str:
    """Return increment, kept bytes and wall time."""
    measured = report.measurement
    kept = signed_size(measured.retained_bytes)
    return f"{signed_size(measured.increment_bytes)} at the peak, {kept} kept, {seconds(measured.wall_s)}"


def method(report: CellReport) -> str:
    """Return how the peak was found, and its error bound."""
    measured = report.measurement
    parts = [f"{plain(measured.method, 80)}, off by at most {size(measured.error_bound_bytes)}"]
    if measured.children_peak_bytes:
        parts.append(f"child processes up to {size(measured.children_peak_bytes)}")
    if measured.anonymous_peak_bytes is not None:
        parts.append(f"anonymous memory at least {size(measured.anonymous_peak_bytes)}")
    return "; ".join(parts)


def notes(report: CellReport) -> list[str]:
    """Return what has to be known to read the numbers: imports in them, kinds of memory that disagree, what is missing.

    One sentence each.
    """
    imported = import_text(report.measurement)
    return [*([imported] if imported else []), *(plain(note, 400) for note in report.measurement.notes)]


def predicted(peak: PredictedPeak) -> str:
    """Return a predicted peak: never a point without its range, unless it was measured."""
    if peak.low_bytes == peak.high_bytes:
        return f"{'' if peak.basis == 'measured' else '~'}{size(peak.likely_bytes)} ({peak.basis})"
    return f"~{size(peak.likely_bytes)} ({size_range(peak.low_bytes, peak.high_bytes)}, {peak.basis})"


def changes(card: Recommendation) -> str:
    """Return what a card changes in the result."""
    if card.technique is Technique.MACHINE:
        return "nothing: the code stays as it is"
    if card.result is ResultClass.DISPLAY and not card.fewer_columns:
        return "only what a peek shows: other types"
    return _CHANGES[card.result]


def absences(card: Recommendation) -> list[str]:
    """Return what will no longer be there as it was after a card: columns of frames, and names."""
    lines = [f"{plain(frame, 60)} no longer has {names(columns)}" for frame, columns in card.fewer_columns if columns]
    lines += [
        f"{plain(frame, 60)} holds other values in {names(columns)}" for frame, columns in card.retyped if columns
    ]
    if card.gone:
        lines.append(f"no longer defined: {names(card.gone)}")
    if card.unkept:
        lines.append(f"shown as before, but no longer kept in Out[]: {len(card.unkept)} displayed")
    return lines


def costs(asked: Costs) -> str:
    """Return what a card costs beside memory, empty where it costs nothing."""
    parts = []
    if asked.wall_s:
        parts.append(f"{seconds(asked.wall_s)} once")
    if asked.disk_bytes:
        parts.append(f"{size(asked.disk_bytes)} on disk")
    if asked.usd_per_hour:
        parts.append(f"${asked.usd_per_hour:.2f} per hour")
    return ", ".join(parts)


def grouped(held: Iterable[HeldBack]) -> list[HeldBack]:
    """Return what was held back with the rules that give the same reason for the same cell as one."""
    found: dict[tuple[int, str], list[HeldBack]] = {}
    for item in held:
        found.setdefault((item.index, item.reason), []).append(item)
    return [replace(group[0], rule=", ".join(item.rule for item in group)) for group in found.values()]


def names(many: tuple[str, ...], most: int = 6) -> str:
    """Return a list of names, cut after ``most``.

    >>> names(("a", "b", "c"), most=2)
    'a, b and 1 more'
    """
    shown = ", ".join(plain(name, 40) for name in many[:most])
    return shown if len(many) <= most else f"{shown} and {len(many) - most} more"


def cell(index: int) -> str:
    """Name a code cell, counted from 0 as on the command line and in the JSON report."""
    return f"code cell {index}" if index >= 0 else "this cell"


def _more(left: int) -> list[str]:
    return [f"and {left} more"] if left > 0 else []
