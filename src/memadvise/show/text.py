"""The summary as plain text: for a terminal, for nbclient, and for a notebook reopened where nothing renders HTML."""

from __future__ import annotations

from collections.abc import Sequence

from memadvise.model import CellReport, HeldBack, Recommendation
from memadvise.show import words
from memadvise.show.escape import plain
from memadvise.show.lines import line_texts
from memadvise.show.units import seconds, signed_size, size

MOST_HELD_BACK = 5


def summary_text(report: CellReport) -> str:
    """Return a few lines: what went wrong, what an apply brought, what the cell took, and the cards one line each."""
    lines = [words.status(report)] if report.status != "ok" else []
    lines += _applied(report)
    lines += [
        f"memadvise{_name(report)}: peak {words.share(report)}",
        f"  {words.took(report)} ({words.method(report)})",
        *(f"  {note}" for note in words.notes(report)),
        *line_texts(report),
        *(card_line(card) for card in report.recommendations),
        *_held_back(report.held_back),
    ]
    return "\n".join(lines)


def one_line(report: CellReport) -> str:
    """Return one line: peak, increment, kept, time, and the first card."""
    measured = report.measurement
    parts = [
        f"peak {size(measured.peak_bytes)} ({signed_size(measured.increment_bytes)})",
        f"kept {signed_size(measured.retained_bytes)}",
        seconds(measured.wall_s),
    ]
    if report.recommendations:
        best = report.recommendations[0]
        parts.append(f"{best.number}: {plain(best.title, 80)} {words.predicted(best.predicted_peak)}")
    state = "" if report.status == "ok" else f" [{report.status}]"
    return f"memadvise{_name(report)}{state}: " + ", ".join(parts)


def _name(report: CellReport) -> str:
    return f" {plain(report.name, 60)}" if report.name else ""


def _applied(report: CellReport) -> list[str]:
    """Return the verdict first, then what it rests on."""
    applied = report.applied
    if applied is None:
        return []
    outcome = [words.before_after(applied), words.speed(applied), words.verdict(applied)]
    head = f"applied {applied.number} {plain(applied.rule, 60)}: " + ", ".join(part for part in outcome if part)
    return [head, *(f"  {line}" for line in words.verdict_details(applied))]


def card_line(card: Recommendation) -> str:
    """Return a card as one line; what it changes stands last, and is never left out."""
    price = words.costs(card.costs)
    parts = [
        f"  {card.number}. {card.technique.value}: {plain(card.title, 160)}",
        f"peak {words.predicted(card.predicted_peak)}",
        *([f"costs {price}"] if price else []),
        f"changes {'; '.join([words.changes(card), *words.absences(card)])}",
    ]
    return " | ".join(parts)


def _held_back(held: Sequence[HeldBack]) -> list[str]:
    held = words.grouped(held)
    lines = [
        f"  held back {plain(item.rule, 60)} ({words.cell(item.index)}): {plain(item.reason, 160)}"
        for item in held[:MOST_HELD_BACK]
    ]
    left = len(held) - MOST_HELD_BACK
    return [*lines, f"  and {left} more held back"] if left > 0 else lines
